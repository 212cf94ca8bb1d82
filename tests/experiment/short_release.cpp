#include "tests/experiment/short_release.h"

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
  - blueGreen: {bake: 90s, keepOld: 30s, interval: 45s, initialDelay: 15s}
  - shadow: {for: 1m, bake: 1m, keepOld: 30s, interval: 45s, initialDelay: 15s}
  - manual:
      actions:
        - {at: 0s, do: deployNew, replicas: 2}
        - {at: 1s, do: waitReady}
        - {at: 30s, do: mirror, share: 50%}
        - {at: 1m, do: route, share: 30%}
        - {at: 3m, do: promote}
)";

}  // namespace

std::shared_ptr<const Scenario> short_scenario(std::vector<std::string> overrides) {
  LoadOptions how;
  how.overrides = std::move(overrides);
  return load_scenario_text("short.yaml", kText, ".", all_strategies(), how).value();
}

Stage::Stage(std::shared_ptr<const Scenario> scenario, std::string_view release, std::uint64_t seed)
    : scenario_(std::move(scenario)),
      world(*scenario_, {seed, 0, std::string(release)}),
      op(operator_context(world)) {}

// The tasks refer to the Operator, which goes before the world.
Stage::~Stage() {
  world.simulation.tasks().cancel_all();
}

void Stage::play_strategy(std::string_view name) {
  const std::size_t index = spec_of(scenario_, name).strategy.value();
  world.simulation.tasks().spawn(play_release(
      world, op, *scenario_->strategies[index].strategy, scenario_->on_call.present, progress));
}

void Stage::advance_to(Duration since_start) {
  world.simulation.advance_to(kTimeZero + since_start);
}

void Stage::advance_to_end() {
  advance_to(scenario_->duration);
}

}  // namespace coalmine::test
