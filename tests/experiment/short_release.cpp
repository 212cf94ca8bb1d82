#include "tests/experiment/short_release.h"

#include <catch2/catch.hpp>
#include <utility>

#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace coalmine::test {
namespace {

constexpr const char* kText = R"(
apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: short}
duration: 10m
service:
  name: shop
  replicas: 4
  pod: {concurrency: 8, queue: 64, start: {p50: 3s, p99: 6s}}
  response: {p50: 20ms, p99: 100ms}
traffic: {rate: 60/s, users: 3000}
release:
  version: v2
  at: 2m
  faults:
    - errorRate: {p: 30%}
objectives:
  - {availability: 99.9%, window: 30d}
onCall: {respond: {p50: 30s, p99: 60s}}
strategies:
  - recreate: {}
  - rolling: {}
  - canary: {steps: [25%, 50%], interval: 45s, initialDelay: 15s}
)";

std::optional<std::size_t> index_of(const Scenario& scenario, std::string_view strategy) {
  for (std::size_t i = 0; i < scenario.strategies.size(); ++i)
    if (scenario.strategies[i].name == strategy) return i;
  return std::nullopt;
}

OperatorContext context_of(World& world, const Scenario& scenario) {
  return {world.simulation,
          *world.cluster,
          *world.data_plane,
          *world.metrics,
          scenario,
          world.events(),
          [&world](std::string_view purpose) { return world.key(purpose); },
          World::kReleased,
          world.old_version,
          world.new_version,
          world.stable,
          world.service_backend,
          world.workload};
}

}  // namespace

std::shared_ptr<const Scenario> short_scenario(std::vector<std::string> overrides) {
  LoadOptions how;
  how.overrides = std::move(overrides);
  return load_scenario_text("short.yaml", kText, ".", all_strategies(), how).value();
}

RunSpec spec_of(std::shared_ptr<const Scenario> scenario,
                std::string_view strategy,
                std::string release,
                std::uint64_t seed) {
  RunSpec spec;
  spec.scenario = std::move(scenario);
  if (strategy != "control") {
    spec.strategy = index_of(*spec.scenario, strategy);
    REQUIRE(spec.strategy.has_value());
  }
  spec.release = std::move(release);
  spec.seed = seed;
  return spec;
}

double outcome(const RunResult& result, const std::string& name) {
  INFO("outcome " << name << " of " << result.name);
  const auto found = result.outcomes.find(name);
  REQUIRE(found != result.outcomes.end());
  REQUIRE(found->second.has_value());
  return *found->second;
}

std::size_t count_events(const RunResult& result, std::string_view reason) {
  std::size_t count = 0;
  for (const Event& event : result.events) count += event.reason == reason ? 1 : 0;
  return count;
}

std::string timeline_of(const RunResult& result) {
  std::string text;
  for (const Event& event : result.events) {
    const bool decision = event.object.rfind("strategy/", 0) == 0 || event.object == "on-call" ||
                          event.reason == "Stopped";
    if (decision)
      text += std::to_string(to_seconds(event.time)) + " s " + event.object + " " + event.reason +
              ": " + event.message + "\n";
  }
  return text;
}

Stage::Stage(std::shared_ptr<const Scenario> scenario, std::string_view release, std::uint64_t seed)
    : scenario_(std::move(scenario)),
      world(*scenario_, {seed, 0, release != "good"}),
      op(context_of(world, *scenario_)) {}

// The tasks refer to the Operator, which goes before the world.
Stage::~Stage() {
  world.simulation.tasks().cancel_all();
}

void Stage::play_strategy(std::string_view name) {
  const auto index = index_of(*scenario_, name);
  REQUIRE(index.has_value());
  world.simulation.tasks().spawn(
      play_release(world, op, *scenario_->strategies[*index].strategy, progress));
}

void Stage::advance_to(Duration since_start) {
  world.simulation.advance_to(kTimeZero + since_start);
}

void Stage::advance_to_end() {
  advance_to(scenario_->duration);
}

}  // namespace coalmine::test
