/// The request engine against the hand-written loop on the reference load, and what one hop of the
/// main scenario costs. Compare the two rates of one run only: machines are shared.

#include <benchmark/benchmark.h>

#include "bench/reference_load.h"

namespace {

using namespace coalmine;
using namespace coalmine::literals;

/// Plays `plane` as a run does: scraped every 15 s.
void play(DataPlane& plane, Duration length) {
  for (Duration t{}; t <= length; t += 15s) {
    plane.run_until(kTimeZero + t);
    plane.settle();
  }
}

void report(benchmark::State& state, double requests, double hops) {
  state.counters["requests/s"] = benchmark::Counter(requests, benchmark::Counter::kIsRate);
  state.counters["time/request"] =
      benchmark::Counter(requests, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["time/hop"] =
      benchmark::Counter(hops, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void reference_engine(benchmark::State& state) {
  bench::ReferenceLoad load;
  load.length = 10min;
  load.always_stepped = state.range(0) != 0;
  double requests = 0;
  double hops = 0;
  for (auto _ : state) {
    const auto plane = bench::reference_load(load);
    play(*plane, load.length);
    requests += static_cast<double>(plane->sent());
    hops += static_cast<double>(plane->hops());
  }
  report(state, requests, hops);
}
BENCHMARK(reference_engine)->ArgName("stepped")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// Where the nanoseconds go: the arrivals and users alone, without routing, queues or counting.
void arrivals_and_users(benchmark::State& state) {
  double requests = 0;
  for (auto _ : state) {
    UserModel model;
    const Users users(std::move(model));
    Arrivals arrivals(constant_rate(2000), kTimeZero, RandomKey{1});
    std::uint64_t sum = 0;
    while (arrivals.next().time < kTimeZero + 10min) {
      sum += users.of_session(arrivals.next().session);
      arrivals.advance();
      requests += 1;
    }
    benchmark::DoNotOptimize(sum);
  }
  report(state, requests, requests);
}
BENCHMARK(arrivals_and_users)->Unit(benchmark::kMillisecond);

/// The main scenario's shape: checkout on 12 pods holds a worker while it calls payment on 6.
void calling_service(benchmark::State& state) {
  double requests = 0;
  double hops = 0;
  for (auto _ : state) {
    const auto plane = bench::calling_load(10min);
    play(*plane, 10min);
    requests += static_cast<double>(plane->sent());
    hops += static_cast<double>(plane->hops());
  }
  report(state, requests, hops);
}
BENCHMARK(calling_service)->Unit(benchmark::kMillisecond);

}  // namespace
