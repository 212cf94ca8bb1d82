#include "small_release.h"

#include <catch2/catch.hpp>

#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace coalmine {
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
  RunSpec spec;
  spec.scenario = small_scenario(std::move(overrides));
  for (std::size_t i = 0; i < spec.scenario->strategies.size(); ++i)
    if (spec.scenario->strategies[i].name == strategy) spec.strategy = i;
  REQUIRE(spec.strategy.has_value());
  spec.release = release;
  spec.seed = seed;
  return play(spec);
}

bool has_outcome(const RunResult& result, const std::string& name) {
  const auto found = result.outcomes.find(name);
  return found != result.outcomes.end() && found->second.has_value();
}

double outcome(const RunResult& result, const std::string& name) {
  INFO("outcome " << name << " of " << result.strategy);
  REQUIRE(has_outcome(result, name));
  return *result.outcomes.at(name);
}

std::size_t count_events(const RunResult& result, std::string_view reason) {
  std::size_t count = 0;
  for (const Event& event : result.events) count += event.reason == reason ? 1 : 0;
  return count;
}

std::string timeline_of(const RunResult& result) {
  std::string text;
  for (const Event& event : result.events) {
    const bool decision = event.object.rfind("strategy/", 0) == 0 || event.reason == "Stopped" ||
                          event.object == "on-call";
    if (decision)
      text += std::to_string(to_seconds(event.time)) + " s " + event.object + " " + event.reason +
              ": " + event.message + "\n";
  }
  return text;
}

}  // namespace coalmine
