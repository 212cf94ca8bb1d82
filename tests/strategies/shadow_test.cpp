// What an SRE expects of a shadow release, on whole releases played through the engine. That it
// harms nobody is not scripted: copies are load, and who calls the same services feels it.
#include <catch2/catch.hpp>

#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

namespace {

/// shop calls db once a request; its own workers are plenty. db's `replicas` pods of 8 workers take
/// 95 ms a call: 80 calls/s keep 7.6 workers busy, 95 % of one pod. By default nobody leaves
/// the phase of mirroring before the end of the run.
std::vector<std::string> calling_db(int replicas, const std::string& mirror_for = "30m") {
  return {"service.pod.concurrency=64",
          "service.errorRate=0%",
          "service.calls=[{service: db}]",
          "services=[{name: db, replicas: " + std::to_string(replicas) +
              ", pod: {concurrency: 8, queue: 64}, "
              "response: {mean: 95ms, distribution: exponential}}]",
          "strategies[shadow].for=" + mirror_for,
          "strategies[shadow].failureLimit=1000"};
}

double deployed_as_shadow(const RunResult& result) {
  return outcome(result, "peak_pods") - 4;
}

}  // namespace

TEST_CASE("a shadow stops a bad version before any user has an answer of it",
          "[strategies][shadow]") {
  const RunResult bad = play_small("shadow", "bad");
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(count_events(bad, "CheckFailed") == 2);
  // 15 s and two checks a minute apart after the first copy met the fault.
  CHECK(outcome(bad, "time_to_detect") > 134);
  CHECK(outcome(bad, "time_to_detect") < 137);
  CHECK(outcome(bad, "users_exposed") == 0);
  CHECK(outcome(bad, "excess_users_affected") == 0);
  CHECK(outcome(bad, "excess_failed_requests") == 0);
  CHECK(outcome(bad, "detected_before_harm") == 1);
}

TEST_CASE("a shadow that passes is cut over to as blue-green does", "[strategies][shadow]") {
  const RunResult good = play_small("shadow", "good");
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  CHECK(count_events(good, "MirrorPassed") == 1);
  CHECK(count_events(good, "BakePassed") == 1);
  CHECK(count_events(good, "RouteChanged") == 2);
  CHECK(outcome(good, "excess_failed_requests") == 0);
  CHECK(outcome(good, "peak_pods") == 8);
  CHECK(outcome(good, "users_exposed") > 1900);
}

TEST_CASE("what copies do not show is seen in the bake and taken back", "[strategies][shadow]") {
  // The switch is at some 5.5 min.
  const RunResult bad =
      play_small("shadow", "bad", {"release.faults=[{errorRate: {p: 20%, at: 340s}}]"});
  INFO(timeline_of(bad));
  CHECK(count_events(bad, "MirrorPassed") == 1);
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(outcome(bad, "users_exposed") > 1900);
}

TEST_CASE("a shadow of a share of the requests has pods for that share", "[strategies][shadow]") {
  const std::string quarter = "strategies[shadow].mirror=25%";
  const RunResult bad = play_small("shadow", "bad", {quarter});
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(deployed_as_shadow(bad) == 1);
  const RunResult good = play_small("shadow", "good", {quarter});
  CHECK(good.verdict == Verdict::promoted);
  CHECK(deployed_as_shadow(good) == 4);
  CHECK(outcome(good, "excess_failed_requests") == 0);
}

TEST_CASE("a shadow's evidence is what the pods counted", "[strategies][shadow]") {
  const RunResult bad = play_small("shadow", "bad");
  for (const Event& event : bad.events) {
    if (event.reason != "CheckFailed") continue;
    REQUIRE_FALSE(event.evidence.empty());
    CHECK_THAT(
        event.evidence[0].query,
        Contains("reporter=\"destination\"") && Contains("destination_workload=\"shop-shadow\""));
    CHECK(*event.evidence[0].value == Approx(0.2).margin(0.03));
  }
}

TEST_CASE("copies that never reach a pod are not seen while mirroring", "[strategies][shadow]") {
  // Every process dies 20 s after it began to listen, so most copies find nobody. What is answered
  // is answered well: the pods' own counters are clean. The router, which counts users' requests
  // after the switch and under a canary, sees all that are refused.
  const std::vector<std::string> crashing{"release.faults=[{crashOnStart: {p: 100%, after: 20s}}]",
                                          "service.readiness.period=1s"};
  const RunResult bad = play_small("shadow", "bad", crashing);
  INFO(timeline_of(bad));
  CHECK(count_events(bad, "MirrorPassed") == 1);
  for (const Event& event : bad.events) {
    if (event.reason == "MirrorPassed") break;
    CHECK(event.reason != "CheckFailed");
  }
  CHECK(bad.verdict != Verdict::promoted);
  const RunResult canary = play_small("canary", "bad", crashing);
  INFO(timeline_of(canary));
  CHECK(count_events(canary, "CheckFailed") == 2);
  CHECK(canary.verdict == Verdict::rolled_back);
}

TEST_CASE("shadow pods that never become ready get no copies", "[strategies][shadow]") {
  const RunResult bad = play_small(
      "shadow",
      "bad",
      {"release.faults=[{crashOnStart: {p: 100%}}]", "strategies[shadow].readyWithin=1m"});
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::aborted);
  CHECK(outcome(bad, "excess_failed_requests") == 0);
}

// db bears 84 calls/s. With every request copied it is asked for 160, turns about half away, and
// cannot tell whose: users of the old version fail, though they never met the new one, which is
// good.
TEST_CASE(
    "mirroring overloads a called service that has no room, and users of the old version "
    "pay for it",
    "[strategies][shadow]") {
  const RunResult good = play_small("shadow", "good", calling_db(1));
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::held);
  CHECK(outcome(good, "users_exposed") == 0);
  // Of some 9.5 min of 80 requests/s a third at least.
  CHECK(outcome(good, "excess_failed_requests") > 0.33 * 9.5 * 60 * 80);
  CHECK(outcome(good, "excess_users_affected") > 1000);
  CHECK(good.harmed);
}

TEST_CASE("mirroring harms nobody while the called service has room to spare",
          "[strategies][shadow]") {
  for (const char* release : {"good", "bad"}) {
    const RunResult roomy = play_small("shadow", release, calling_db(4));
    INFO(release << "\n" << timeline_of(roomy));
    CHECK(roomy.verdict == Verdict::held);
    CHECK(outcome(roomy, "users_exposed") == 0);
    CHECK(outcome(roomy, "excess_failed_requests") == 0);
    CHECK(outcome(roomy, "excess_users_affected") == 0);
  }
}

TEST_CASE("what mirroring did to the old version is no excuse for the new one after the switch",
          "[strategies][shadow]") {
  // More than half of all calls fail while everything is copied. The bake compares with what the
  // old version measured before.
  const RunResult good = play_small("shadow", "good", calling_db(1, "1m"));
  INFO(timeline_of(good));
  REQUIRE(count_events(good, "BakePassed") == 1);
  for (const Event& event : good.events) {
    if (event.reason == "MirrorPassed") CHECK(*event.evidence[0].limit > 0.5);
    if (event.reason == "BakePassed") CHECK(*event.evidence[0].limit == 0.01);
  }
}

TEST_CASE("less mirroring is less load on the called service", "[strategies][shadow]") {
  const auto harm = [](const char* share) {
    std::vector<std::string> how = calling_db(1);
    how.push_back(std::string("strategies[shadow].mirror=") + share);
    return outcome(play_small("shadow", "good", how), "excess_failed_requests");
  };
  const double tenth = harm("10%"), half = harm("50%"), all = harm("100%");
  CHECK(tenth > 0);
  CHECK(half > 2 * tenth);
  CHECK(all > 1.3 * half);
}

TEST_CASE("a release under shadow is the same when played again", "[strategies][shadow]") {
  for (const char* release : {"good", "bad"})
    CHECK(play_small("shadow", release).fingerprint == play_small("shadow", release).fingerprint);
}
