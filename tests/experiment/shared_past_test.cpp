// The runs of a replication share what they have in common before the release: whoever goes on from
// it is the run it would have been.
#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "sim/experiment/run.h"
#include "sim/scenario/world.h"
#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

std::shared_ptr<const WorldPast> past_of(const std::shared_ptr<const Scenario>& scenario) {
  Shared shared;
  play_alone(spec_of(scenario, "control"), {}, nullptr, &shared);
  return shared.past;
}

std::uint64_t fingerprint(RunSpec spec, std::shared_ptr<const WorldPast> past) {
  spec.shared.past = std::move(past);
  return play_alone(spec).result.fingerprint;
}

}  // namespace

TEST_CASE("a run that goes on from the common past is the run played from the start",
          "[experiment][past]") {
  // With users who give up and scrapes that are lost.
  const auto scenario = short_scenario({"telemetry.scrapeLoss=10%", "traffic.timeout=250ms"});
  const auto past = past_of(scenario);
  REQUIRE(past != nullptr);
  for (const char* strategy : {"recreate", "rolling", "canary", "blue-green", "shadow", "manual"}) {
    for (const char* release : {"bad", "good"}) {
      INFO(strategy << ", " << release);
      const RunSpec spec = spec_of(scenario, strategy, release);
      CHECK(fingerprint(spec, past) == fingerprint(spec, nullptr));
    }
  }
}

TEST_CASE("there is no common past where requests have had a say in what happened",
          "[experiment][past]") {
  SECTION("a page fired before the release") {
    CHECK(past_of(short_scenario({"service.errorRate=20%"})) == nullptr);
  }
  SECTION("a request killed a process before the release") {
    CHECK(past_of(short_scenario({"faults=[{crashOnRequest: {p: 1%, at: 30s, until: 60s}}]"})) ==
          nullptr);
  }
  SECTION("a scrape that saw requests has not arrived yet") {
    CHECK(past_of(short_scenario({"faults=[{metricsLate: {by: 40s, at: 0s, until: 5m}}]"})) ==
          nullptr);
  }
}

TEST_CASE("a past in which the control plane went another way is not gone on from",
          "[experiment][past]") {
  const auto scenario = short_scenario();
  auto other = std::make_shared<WorldPast>(*past_of(scenario));
  ++other->control_plane.events;
  const RunSpec spec = spec_of(scenario, "canary");
  CHECK(fingerprint(spec, other) == fingerprint(spec, nullptr));
}

TEST_CASE("requests that know their user's segment play their own past", "[experiment][past]") {
  const auto scenario = short_scenario();
  auto other = std::make_shared<WorldPast>(*past_of(scenario));
  other->segments = !other->segments;
  other->traffic.sent_ = 0;  // would show, were it used
  const RunSpec spec = spec_of(scenario, "canary");
  CHECK(fingerprint(spec, other) == fingerprint(spec, nullptr));
}

TEST_CASE("who reads pods plays its own past where nobody stored what they show",
          "[experiment][past]") {
  const auto scenario = short_scenario();
  auto other = std::make_shared<WorldPast>(*past_of(scenario));
  REQUIRE(other->sidecars);  // shadow asks for them
  other->sidecars = false;
  other->traffic.sent_ = 0;  // would show, were it used
  const RunSpec spec = spec_of(scenario, "shadow");
  CHECK(fingerprint(spec, other) == fingerprint(spec, nullptr));
}

TEST_CASE("who stores less of what is scraped goes on from the past as well",
          "[experiment][past]") {
  // The control stores all that shadow reads; the canary's query keeps some of it, by its name.
  const auto scenario = short_scenario(
      {"strategies=[{shadow: {for: 1m, bake: 1m, interval: 45s}}, {canary: {steps: [50%], "
       "interval: "
       "45s, queries: [{name: q, query: 'sum(rate(istio_requests_total[1m]))', min: 0}]}}]"});
  const auto past = past_of(scenario);
  REQUIRE(past != nullptr);
  for (const char* strategy : {"shadow", "canary"}) {
    const RunSpec spec = spec_of(scenario, strategy);
    CHECK(fingerprint(spec, past) == fingerprint(spec, nullptr));
  }
}

TEST_CASE("what pods' sidecars show is stored for those who ask", "[experiment][past]") {
  const auto scenario = short_scenario();
  const auto seen_by = [&](bool sidecars) {
    WorldSpec spec;
    spec.sidecars = sidecars;
    World world(*scenario, spec);
    world.simulation.advance_to(kTimeZero + std::chrono::minutes(1));
    std::set<std::string> reporters;
    for (std::uint32_t i = 0; i < world.store.size(); ++i)
      reporters.insert(std::string(world.store.at(SeriesId{i}).labels->get("reporter")));
    reporters.erase("");  // the experiment's counters have none
    return reporters;
  };
  CHECK(seen_by(true) == std::set<std::string>{"source", "destination"});
  CHECK(seen_by(false) == std::set<std::string>{"source"});
}

TEST_CASE("what is shared of a past is its end, not what came after", "[experiment][past]") {
  const auto scenario = short_scenario();
  const auto past = past_of(scenario);
  REQUIRE(past != nullptr);
  Stage stage(scenario);
  stage.world.simulation.advance_to(stage.world.past_ends());
  CHECK(stage.world.data_plane->sent() == past->traffic.sent_);
  CHECK(stage.world.data_plane->finished() == past->traffic.finished_);
}
