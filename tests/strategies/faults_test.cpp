// Faults that tell strategies apart: who notices which, and who is hurt meanwhile.
#include <catch2/catch.hpp>

#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

namespace {

std::string faults(const std::string& list) {
  return "release.faults=[" + list + "]";
}

/// Of all events of that reason; kNever without one.
Time first_of(const RunResult& result, std::string_view reason) {
  for (const Event& event : result.events)
    if (event.reason == reason) return event.time;
  return kNever;
}
Time last_of(const RunResult& result, std::string_view reason) {
  Time last = kNever;
  for (const Event& event : result.events)
    if (event.reason == reason) last = event.time;
  return last;
}

/// 4 pods that each call a service beside them.
const std::vector<std::string> kCallsPay{
    "services=[{name: pay, replicas: 2, response: {p50: 10ms, p99: 40ms}}]",
    "service.calls=[{service: pay}]"};

std::vector<std::string> with(std::vector<std::string> some, const std::string& more) {
  some.push_back(more);
  return some;
}

}  // namespace

TEST_CASE("a leak whose out-of-memory comes after the canary's window is promoted and hurts later",
          "[strategies][faults]") {
  // 5120 requests a process, of 20 a second each: 4 min and 16 s. The canary takes less than 3 min.
  const RunResult run =
      play_small("canary", "bad", {faults("{memoryLeak: {perRequest: 20Ki, limit: 100Mi}}")});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
  CHECK(count_events(run, "CheckFailed") == 0);
  CHECK(count_events(run, "OOMKilled") >= 4);
  CHECK(first_of(run, "OOMKilled") > last_of(run, "RouteChanged"));
  CHECK(outcome(run, "detected_fraction") == 0);
  CHECK(outcome(run, "excess_failed_requests") > 100);
}

TEST_CASE("a leak that kills within the canary's window is stopped", "[strategies][faults]") {
  // 512 requests: 26 s.
  const RunResult run =
      play_small("canary", "bad", {faults("{memoryLeak: {perRequest: 200Ki, limit: 100Mi}}")});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::rolled_back);
}

TEST_CASE("a bug that needs load passes at 5 % and fails at 50 %", "[strategies][faults]") {
  // 80 requests/s: 4/s to the one pod of 5 %, 20/s to each of the two of 50 %.
  const std::string bug = faults("{loadBug: {aboveRate: 10/s, p: 30%}}");
  const RunResult both = play_small("canary", "bad", {bug, "strategies[canary].steps=[5%, 50%]"});
  INFO(timeline_of(both));
  CHECK(both.verdict == Verdict::rolled_back);
  CHECK(count_events(both, "StepPassed") == 1);
  CHECK(count_events(both, "CheckFailed") == 2);
  const RunResult timid = play_small("canary", "bad", {bug, "strategies[canary].steps=[5%]"});
  INFO(timeline_of(timid));
  CHECK(timid.verdict == Verdict::promoted);
  CHECK(outcome(timid, "excess_failed_requests") > 4 * outcome(both, "excess_failed_requests"));
}

TEST_CASE("a bug of one segment is seen by a canary that looks at segments, and only by that",
          "[strategies][faults]") {
  // 10 % of 4 % of the users: 0.4 % of all, where 1 % passes.
  const auto run = [](const std::string& release, const std::string& per_segment) {
    return play_small("canary",
                      release,
                      {"traffic.segments=[{name: free, share: 50%}, {name: premium, share: 4%}]",
                       "traffic.rate=200/s",
                       faults("{errorRate: {p: 10%, on: {segment: premium}}}"),
                       "strategies[canary].perSegment=" + per_segment,
                       // The p99 of some 120 requests is the second slowest of them.
                       "strategies[canary].latencyTolerance=4"});
  };
  const RunResult blind = run("bad", "false");
  INFO(timeline_of(blind));
  CHECK(blind.verdict == Verdict::promoted);
  CHECK(outcome(blind, "excess_failed_requests") > 200);

  const RunResult seeing = run("bad", "true");
  INFO(timeline_of(seeing));
  CHECK(seeing.verdict == Verdict::rolled_back);
  CHECK(outcome(seeing, "excess_failed_requests") < outcome(blind, "excess_failed_requests") / 3);
  for (const Event& event : seeing.events) {
    if (event.reason != "CheckFailed") continue;
    REQUIRE_FALSE(event.evidence.empty());
    CHECK_THAT(event.evidence[0].query, Contains("segment=\"premium\""));
    CHECK_THAT(event.message, Contains("segment premium: error ratio"));
  }
  CHECK(run("good", "true").verdict == Verdict::promoted);
}

TEST_CASE("segments with too few requests are passed over", "[strategies][faults]") {
  // 20 requests/s to the canary, of which 4 % are 48 in a minute: fewer than minSamples.
  const RunResult run = play_small(
      "canary",
      "good",
      {"traffic.segments=[{name: premium, share: 4%}]", "strategies[canary].perSegment=true"});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
  CHECK(count_events(run, "CheckInconclusive") == 0);
}

TEST_CASE("where versions cannot live together, recreate hurts fewer than rolling and canary",
          "[strategies][faults]") {
  const auto affected = [](const std::string& strategy, const std::string& of_release) {
    const RunResult run = play_small(strategy,
                                     of_release,
                                     {faults("{incompatibleSchema: {writes: migration}}"),
                                      "traffic.users=20000",
                                      "strategies[rolling].maxSurge=1",
                                      "strategies[rolling].maxUnavailable=0"});
    INFO(timeline_of(run));
    CHECK(run.verdict == Verdict::promoted);
    return outcome(run, "excess_users_affected");
  };
  const double recreate = affected("recreate", "bad");
  CHECK(affected("rolling", "bad") > 1.5 * recreate);
  CHECK(affected("canary", "bad") > 5 * recreate);
  // With a good release it is the other way round.
  CHECK(affected("rolling", "good") < recreate / 10);
}

TEST_CASE("a schema outlives the version that brought it: the rollback does not restore",
          "[strategies][faults]") {
  const std::vector<std::string> stopped{"strategies[canary].compareWith=none"};
  const std::string errors = "{errorRate: {p: 20%}}";
  const RunResult plain = play_small("canary", "bad", with(stopped, faults(errors)));
  const RunResult schema =
      play_small("canary", "bad", with(stopped, faults(errors + ", {incompatibleSchema: {}}")));
  INFO(timeline_of(schema));
  CHECK(plain.verdict == Verdict::rolled_back);
  CHECK(schema.verdict == Verdict::rolled_back);
  CHECK(has_outcome(plain, "time_to_restore"));
  CHECK_FALSE(has_outcome(schema, "time_to_restore"));
  CHECK(outcome(schema, "excess_failed_requests") > 10 * outcome(plain, "excess_failed_requests"));
}

TEST_CASE("a canary that compares with the old version forgives what it broke there itself",
          "[strategies][faults]") {
  // A fifth of the new version's requests fail, but more of the old one's: its data was rewritten.
  const RunResult run =
      play_small("canary", "bad", {faults("{errorRate: {p: 20%}}, {incompatibleSchema: {}}")});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
}

TEST_CASE("a dependency that is down fails both versions: only a fixed limit notices",
          "[strategies][faults]") {
  const auto down = with(kCallsPay, "faults=[{dependencyDown: {service: pay, p: 10%, at: 90s}}]");
  const RunResult relative = play_small("canary", "good", down);
  INFO(timeline_of(relative));
  CHECK(relative.verdict == Verdict::promoted);
  CHECK(count_events(relative, "CheckFailed") == 0);
  const RunResult fixed =
      play_small("canary", "good", with(down, "strategies[canary].compareWith=none"));
  INFO(timeline_of(fixed));
  CHECK(fixed.verdict == Verdict::rolled_back);
  CHECK(outcome(fixed, "failed_requests") > 1000);
  CHECK(outcome(fixed, "exposure_duration") == 0);
}

TEST_CASE("a canary whose metrics are lost cannot judge and gives up", "[strategies][faults]") {
  const std::string errors = "{errorRate: {p: 20%}}";
  const RunResult seeing = play_small("canary", "bad", {faults(errors)});
  for (const std::string release : {"bad", "good"}) {
    const RunResult blind = play_small(
        "canary", release, {faults(errors), "faults=[{metricsLost: {on: {version: v2}}}]"});
    INFO(timeline_of(blind));
    CHECK(blind.verdict == Verdict::aborted);
    CHECK(count_events(blind, "CheckInconclusive") == 4);
    if (release == "bad")
      CHECK(outcome(blind, "time_to_detect") > outcome(seeing, "time_to_detect"));
  }
}

TEST_CASE("late metrics page the human as much later as they are", "[strategies][faults]") {
  const auto detected = [](const std::string& by) {
    const RunResult run = play_small("rolling",
                                     "bad",
                                     {faults("{errorRate: {p: 50%}}"),
                                      "faults=[{metricsLate: {by: " + by + "}}]",
                                      "onCall={respond: 1m}"});
    INFO(timeline_of(run));
    CHECK(run.verdict == Verdict::rolled_back);
    return outcome(run, "time_to_detect");
  };
  // Rules are evaluated each 30 s.
  const double prompt = detected("0s");
  CHECK(detected("60s") - prompt == Approx(60).margin(30.001));
  CHECK(detected("120s") - prompt == Approx(120).margin(30.001));
}

TEST_CASE("later than the canary's window, metrics are as good as lost", "[strategies][faults]") {
  const RunResult run =
      play_small("canary", "bad", {faults("{errorRate: {p: 20%}}, {metricsLate: {by: 1m}}")});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::aborted);
}

TEST_CASE("pods that answer no scrape in time leave nothing to judge a shadow by",
          "[strategies][faults]") {
  const auto verdict = [](const char* takes) {
    return play_small(
               "shadow", "bad", {faults(std::string("{metricsSlow: {takes: ") + takes + "}}")})
        .verdict;
  };
  CHECK(verdict("1s") == Verdict::promoted);
  CHECK(verdict("11s") == Verdict::aborted);
}

TEST_CASE("a version that starts slowly is stopped by who does not wait for it",
          "[strategies][faults]") {
  const std::string slow = faults("{slowStart: {for: 90s, slowdown: 10}}");
  const RunResult hasty = play_small("canary", "bad", {slow});
  INFO(timeline_of(hasty));
  CHECK(hasty.verdict == Verdict::rolled_back);
  const RunResult patient =
      play_small("canary", "bad", {slow, "strategies[canary].initialDelay=100s"});
  INFO(timeline_of(patient));
  CHECK(patient.verdict == Verdict::promoted);
}

TEST_CASE("a fault that cannot harm is no exposure", "[strategies][faults]") {
  for (const char* none : {"{errorRate: {p: 0%}}", "{metricsLate: {by: 1s}}"}) {
    const RunResult run = play_small("rolling", "bad", {faults(none)});
    INFO(none);
    CHECK(run.verdict == Verdict::promoted);
    CHECK(outcome(run, "exposure_duration") == 0);
    CHECK_FALSE(has_outcome(run, "detected_fraction"));
  }
}
