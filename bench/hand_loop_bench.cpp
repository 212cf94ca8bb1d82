// Speed of the yardstick. Compare only with what ran in the same minute on the same core.
#include <benchmark/benchmark.h>

#include "bench/hand_loop.h"

namespace {

void w3_hand_loop(benchmark::State& state) {
  coalmine::bench::HandLoopConfig config;
  config.seconds = 600;
  std::uint64_t requests = 0;
  coalmine::bench::HandLoopResult last;
  for ([[maybe_unused]] auto _ : state) {
    last = coalmine::bench::run_hand_loop(config);
    requests += last.arrivals;
  }
  const auto n = static_cast<double>(requests);
  state.counters["requests/s"] = benchmark::Counter(n, benchmark::Counter::kIsRate);
  state.counters["time/request"] =
      benchmark::Counter(n, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["mean_s"] = last.stable.mean;
  state.counters["p50_s"] = last.stable.p50;
  state.counters["p99_s"] = last.stable.p99;
}
BENCHMARK(w3_hand_loop)->Unit(benchmark::kMillisecond)->MinTime(2);

}  // namespace
