// A run that has come back to where the control stands is not played on: it is the run it would
// have been all the same.
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "sim/experiment/operator.h"
#include "sim/experiment/run.h"
#include "sim/experiment/strategy.h"
#include "sim/scenario/course.h"
#include "sim/scenario/world.h"
#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

Shared left_by_control(const std::shared_ptr<const Scenario>& scenario) {
  Shared shared;
  play_alone(spec_of(scenario, "control"), {}, nullptr, &shared);
  return shared;
}

/// Plays it both ways, and tells when it joined, if it did.
std::optional<Time> played_both_ways(RunSpec spec, const Shared& shared) {
  const PlayedRun whole = play_alone(spec);
  spec.shared = shared;
  const PlayedRun joined = play_alone(spec);
  CHECK(joined.result.fingerprint == whole.result.fingerprint);
  CHECK(joined.result.requests == whole.result.requests);
  CHECK(joined.result.outcomes == whole.result.outcomes);
  CHECK(joined.edge->bins().size() == whole.edge->bins().size());
  return joined.joined_control;
}

}  // namespace

constexpr const char* kDepot =
    "services=[{name: depot, replicas: 3, pod: {concurrency: 4}, response: {p50: 10ms, p99: "
    "80ms}}]";

TEST_CASE("a run whose release was taken back goes on as the control did", "[experiment][course]") {
  // With users who give up, scrapes that are lost and a good day's errors.
  const auto scenario = short_scenario(
      {"telemetry.scrapeLoss=10%", "traffic.timeout=250ms", "service.errorRate=0.1%"});
  const Shared shared = left_by_control(scenario);
  REQUIRE(shared.course != nullptr);
  for (const char* strategy : {"recreate", "rolling", "canary", "blue-green", "shadow"}) {
    INFO(strategy);
    CHECK(played_both_ways(spec_of(scenario, strategy, "bad"), shared));
  }
}

TEST_CASE("so do requests that call other services, queue, give up and belong to segments",
          "[experiment][course]") {
  const auto scenario =
      short_scenario({kDepot,
                      "service.calls=[{service: depot, perRequest: 1.5, timeout: 90ms}]",
                      "service.pod.concurrency=2",
                      "service.pod.discipline=lifo",
                      "traffic.timeout=250ms",
                      "traffic.segments=[{name: beta, share: 20%}]"});
  const Shared shared = left_by_control(scenario);
  REQUIRE(shared.course != nullptr);
  for (const char* strategy : {"rolling", "canary", "blue-green"}) {
    INFO(strategy);
    CHECK(played_both_ways(spec_of(scenario, strategy, "bad"), shared));
  }
}

TEST_CASE("an experiment that was broken off leaves a run that goes on as the control",
          "[experiment][course]") {
  const auto scenario = short_scenario(
      {"strategies=[{abTest: {split: 50%, interval: 45s}}]", "traffic.conversion=5%"});
  CHECK(played_both_ways(spec_of(scenario, "ab-test", "bad"), left_by_control(scenario)));
}

TEST_CASE("a run in which something is not as in the control plays on", "[experiment][course]") {
  const auto joined =
      [](std::vector<std::string> overrides, const char* strategy, const char* release = "bad") {
        const auto scenario = short_scenario(std::move(overrides));
        const Shared shared = left_by_control(scenario);
        return played_both_ways(spec_of(scenario, strategy, release), shared).has_value();
      };
  SECTION("the new version serves") {
    CHECK_FALSE(joined({}, "blue-green", "good"));
  }
  SECTION("somebody may still act: the release was promoted, or nobody has decided") {
    CHECK_FALSE(joined({}, "manual", "good"));
    CHECK_FALSE(joined({"strategies=[{canary: {steps: [25%], interval: 1h}}]"}, "canary"));
  }
  SECTION("jobs share a processor, which makes all that comes depend on all that was") {
    CHECK_FALSE(joined({"service.pod.discipline=ps"}, "blue-green"));
  }
  SECTION("a fault acts on what stays") {
    CHECK_FALSE(joined({"faults=[{errorRate: {p: 1%}}]"}, "blue-green"));
  }
  SECTION("the requests served so far make a difference: a cache fills") {
    const std::vector<std::string> cached = {
        kDepot, "service.calls=[{service: depot, cache: {hitRatio: 80%, keys: 100}}]"};
    CHECK(joined(cached, "blue-green"));  // its old pods have always been there
    CHECK_FALSE(joined(cached, "recreate"));
  }
  SECTION("a gauge is read") {
    CHECK_FALSE(joined({"service.metrics=[micrometer-spring]",
                        "alerts={groups: [{name: g, rules: [{record: busy, expr: "
                        "'max(http_server_requests_seconds_max)'}]}]}"},
                       "blue-green"));
  }
  SECTION("single pods are read, and they are others than before") {
    const std::vector<std::string> by_pod = {
        "service.metrics=[micrometer-spring]",
        "alerts={groups: [{name: g, rules: [{record: rate, expr: "
        "'max(rate(http_server_requests_seconds_count[1m]))'}]}]}"};
    CHECK(joined(by_pod, "blue-green"));
    CHECK_FALSE(joined(by_pod, "recreate"));
  }
}

TEST_CASE("requests wait in turn for pods served in turn", "[experiment][course]") {
  const auto scenario = short_scenario({"service.balancer=roundRobin"});
  const Shared shared = left_by_control(scenario);
  // Whether the turns meet again is chance; the run is the same either way.
  for (const char* strategy : {"canary", "blue-green", "rolling"}) {
    INFO(strategy);
    played_both_ways(spec_of(scenario, strategy, "bad"), shared);
  }
}

TEST_CASE("a run whose pods are touched after all is played whole", "[experiment][course]") {
  const auto joined = [](std::vector<std::string> overrides) {
    overrides.push_back("duration=14m");
    const auto scenario = short_scenario(std::move(overrides));
    return played_both_ways(spec_of(scenario, "recreate", "bad"), left_by_control(scenario))
        .has_value();
  };
  SECTION("a probe restarts a container that was told to stop and serves on") {
    CHECK_FALSE(joined({"service.preStop=60s",
                        "service.terminationGrace=90s",
                        "service.liveness={period: 10s}",
                        "service.pod.start=35s"}));
  }
  SECTION("a process that was put back dies some time after its start") {
    CHECK_FALSE(joined({"faults=[{crashOnStart: {after: 4m, on: {version: v1}}}]"}));
  }
}

TEST_CASE("a control whose processes died has no course to go on", "[experiment][course]") {
  const auto scenario = short_scenario({"faults=[{crashOnRequest: {p: 1%, at: 5m, until: 6m}}]"});
  CHECK(left_by_control(scenario).course == nullptr);
}

TEST_CASE("a long course has landmarks further apart", "[experiment][course]") {
  const auto landmarks = [](const char* duration) {
    const auto scenario = short_scenario(
        {std::string("duration=") + duration, "traffic.rate=1/s", "service.replicas=1"});
    const Shared shared = left_by_control(scenario);
    REQUIRE(shared.course != nullptr);
    CHECK(shared.course->landmark_at(shared.course->first - Duration(1)) == 0);
    CHECK_FALSE(shared.course->landmark_at(shared.course->first));
    return shared.course->landmarks.size();
  };
  CHECK(landmarks("10m") == 8);    // of the third to the tenth minute
  CHECK(landmarks("12h") == 359);  // every other minute
}

TEST_CASE("a run told to stop before it could join says so", "[experiment][course]") {
  /// Its release is over before the first landmark.
  struct StopsAtOnce : Strategy {
    explicit StopsAtOnce(std::stop_source& stop) : source(stop) {}
    Task<Verdict> roll_out(Operator& op) const override {
      source.request_stop();
      co_await op.sleep(1s);
      co_return Verdict::promoted;
    }
    std::stop_source& source;
  };
  auto scenario = std::make_shared<Scenario>(*short_scenario());
  RunSpec spec;
  spec.scenario = scenario;
  spec.shared = left_by_control(scenario);
  spec.strategy = 0;
  spec.on_call = false;
  std::stop_source stop;
  scenario->strategies[0].strategy = std::make_shared<StopsAtOnce>(stop);
  CHECK(play_alone(spec, stop.get_token()).result.interrupted);
}
