#include "tests/strategies/small_release.h"

#include <utility>

#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace coalmine::test {
namespace {

constexpr const char* kText = R"(
apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: small}
duration: 12m
service:
  name: shop
  replicas: 4
  pod: {concurrency: 8, queue: 64, start: {p50: 3s, p99: 6s}}
  response: {p50: 20ms, p99: 100ms}
  errorRate: 0.05%
  progressDeadline: 1m
traffic: {rate: 80/s, users: 2000}
release:
  version: v2
  at: 2m
  faults:
    - errorRate: {p: 20%}
objectives:
  - {availability: 99.9%, window: 30d}
onCall: none
strategies:
  - recreate: {}
  - rolling: {}
  - canary: {steps: [25%, 50%], interval: 1m, initialDelay: 15s}
  - blueGreen: {bake: 3m, keepOld: 2m, interval: 1m, initialDelay: 15s}
  - shadow: {for: 3m, bake: 1m, keepOld: 1m, interval: 1m, initialDelay: 15s}
)";

}  // namespace

std::shared_ptr<const Scenario> small_scenario(std::vector<std::string> overrides) {
  const LoadResult loaded = load_scenario_text(
      "small.yaml", kText, ".", all_strategies(), {.overrides = std::move(overrides)});
  return loaded.value();
}

RunResult play_small(const std::string& strategy,
                     const std::string& release,
                     std::vector<std::string> overrides,
                     std::uint64_t seed) {
  return play(spec_of(small_scenario(std::move(overrides)), strategy, release, seed));
}

}  // namespace coalmine::test
