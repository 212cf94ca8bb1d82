#include "tests/experiment/played_run.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

namespace coalmine::test {

RunSpec spec_of(std::shared_ptr<const Scenario> scenario,
                std::string_view strategy,
                std::string release,
                std::uint64_t seed) {
  RunSpec spec;
  if (strategy != "control") {
    const auto& choices = scenario->strategies;
    const auto found = std::find_if(choices.begin(), choices.end(), [&](const StrategyChoice& c) {
      return c.name == strategy;
    });
    REQUIRE(found != choices.end());
    spec.strategy = static_cast<std::size_t>(found - choices.begin());
  }
  spec.scenario = std::move(scenario);
  spec.release = std::move(release);
  spec.seed = seed;
  return spec;
}

bool has_outcome(const RunResult& result, const std::string& name) {
  const auto found = result.outcomes.find(name);
  return found != result.outcomes.end() && found->second.has_value();
}

double outcome(const RunResult& result, const std::string& name) {
  INFO("outcome " << name << " of " << result.name);
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
    const bool decision = event.object.rfind("strategy/", 0) == 0 || event.object == "on-call" ||
                          event.reason == "Stopped";
    if (decision)
      text += std::to_string(to_seconds(event.time)) + " s " + event.object + " " + event.reason +
              ": " + event.message + "\n";
  }
  return text;
}

}  // namespace coalmine::test
