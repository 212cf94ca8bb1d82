/// What telemetry costs: the same world with and without scrapes and rules, and the counters alone.
/// Compare the times of one run only: machines are shared.

#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/kernel/random.h"
#include "sim/scenario/load.h"
#include "sim/scenario/world.h"
#include "sim/service/instruments.h"
#include "strategies/registry.h"

namespace {

using namespace coalmine;

std::shared_ptr<const Scenario> loaded(const LoadResult& result) {
  if (!result.scenario) throw std::runtime_error(result.diagnostics.text());
  return result.scenario;
}

/// Nobody scrapes, no rule is evaluated: both would first happen after the end.
LoadOptions with_telemetry(bool on) {
  LoadOptions how;
  if (!on) how.overrides = {"telemetry.scrapeInterval=1h", "telemetry.evaluationInterval=1h"};
  return how;
}

void play(benchmark::State& state, const Scenario& scenario) {
  double requests = 0;
  for (auto _ : state) {
    WorldSpec spec;
    spec.sidecars = false;  // as every strategy but shadow has it
    World world(scenario, spec);
    world.simulation.advance_to(kTimeZero + scenario.duration);
    world.data_plane->settle();
    requests += static_cast<double>(world.data_plane->sent());
  }
  state.counters["requests/s"] = benchmark::Counter(requests, benchmark::Counter::kIsRate);
  state.counters["time/request"] =
      benchmark::Counter(requests, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// A day of the main scenario on which nothing is released.
void main_scenario(benchmark::State& state) {
  const std::string file = std::string(COALMINE_SOURCE_DIR) + "/scenarios/checkout.yaml";
  play(state, *loaded(load_scenario(file, all_strategies(), with_telemetry(state.range(0) != 0))));
}
BENCHMARK(main_scenario)->ArgName("telemetry")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// A million requests a second to 200 pods, scraped and watched over as always.
void a_million_requests_a_second(benchmark::State& state) {
  const char* const text = R"(
apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: million}
duration: 45s
service:
  name: shop
  replicas: 200
  pod: {concurrency: 8}
  response: {p50: 0.8ms, p99: 3ms}
traffic: {rate: 1000000/s}
release: {at: 40s}
objectives:
  - {availability: 99.9%, window: 30d}
  - {latency: 10ms, target: 99%, window: 30d}
)";
  play(state,
       *loaded(load_scenario_text(
           "million.yaml", text, ".", all_strategies(), with_telemetry(state.range(0) != 0))));
}
BENCHMARK(a_million_requests_a_second)
    ->ArgName("telemetry")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

/// What a request adds to: a pod's counters and its router's.
void counters_alone(benchmark::State& state) {
  constexpr std::size_t kPods = 200;
  constexpr std::size_t kBuckets = 32;
  struct Seen {
    std::uint32_t pod, bucket;
    std::int64_t latency;
  };
  std::vector<Seen> seen(1 << 16);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::uint64_t bits = draw_bits(RandomKey{1}, i);
    seen[i] = {static_cast<std::uint32_t>(bits % kPods),
               static_cast<std::uint32_t>((bits >> 32) % kBuckets),
               static_cast<std::int64_t>(bits >> 40)};
  }
  std::vector<Instruments> pods(kPods, Instruments(kBuckets));
  Instruments router(kBuckets);
  double requests = 0;
  for (auto _ : state) {
    for (const Seen& s : seen) {
      pods[s.pod].observe(Outcome::ok, s.bucket, s.latency);
      pods[s.pod].busy_ns += s.latency;
      router.observe(Outcome::ok, s.bucket, s.latency);
    }
    requests += static_cast<double>(seen.size());
    benchmark::DoNotOptimize(router.requests[0]);
  }
  state.counters["time/request"] =
      benchmark::Counter(requests, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(counters_alone)->Unit(benchmark::kMicrosecond);

}  // namespace
