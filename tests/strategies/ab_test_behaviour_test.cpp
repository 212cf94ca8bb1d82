// Whole A/B tests through the engine: who wins, who is stopped, what is never finished; and, from
// strategies/ab_test/README.md, what changes of the world do to that.
//
// 80 requests/s of 20 000 users, a fifth of whom convert. Finding a fifth more or less takes 1 683
// users in each arm: a minute and a half.
#include <algorithm>
#include <catch2/catch.hpp>

#include "sim/telemetry/promql/query.h"
#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

namespace {

const std::string kTest = "baseline: 20%, interval: 1m, initialDelay: 15s";
const std::string kBetter = "release.conversion=26%";
const std::string kWorse = "release.conversion=14%";
/// An effect so small that the sample takes more users than ever come.
const std::string kHuge = "minimumRelativeEffect: 3%, " + kTest;

RunResult play_test(const std::string& release,
                    const std::vector<std::string>& overrides,
                    const std::string& settings = kTest) {
  std::vector<std::string> all{
      "traffic.users=20000", "traffic.conversion=20%", "strategies=[{abTest: {" + settings + "}}]"};
  all.insert(all.end(), overrides.begin(), overrides.end());
  return play_small("ab-test", release, all);
}

const Event& event_of(const RunResult& run, std::string_view reason) {
  const auto found = std::find_if(
      run.events.begin(), run.events.end(), [&](const Event& e) { return e.reason == reason; });
  INFO(reason << " in\n" << timeline_of(run));
  REQUIRE(found != run.events.end());
  return *found;
}

double minutes_until(const RunResult& run, std::string_view reason) {
  return to_seconds(event_of(run, reason).time - kTimeZero) / 60;
}

}  // namespace

// ---- verdicts

TEST_CASE("a version that converts more users wins and is promoted", "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kBetter});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
  CHECK(count_events(run, "Stopped") == 0);
  const Event& winner = event_of(run, "Winner");
  CHECK_THAT(winner.message, Contains("B wins: A ") && Contains("planned 1 683 + 1 683 users"));
  REQUIRE_FALSE(winner.evidence.empty());
  // Users of A and of B, conversions of A and of B, each as a question that can be asked again.
  REQUIRE(winner.evidence.size() == 4);
  for (const Evidence& one : winner.evidence) CHECK_NOTHROW(promql::Query::parse(one.query));
  CHECK_THAT(winner.evidence[1].query, Contains("experiment_users_total{deployment=\"shop-b\"}"));
  CHECK_THAT(winner.evidence[2].query, Contains("experiment_conversions_total{"));
  CHECK(winner.evidence[0].value.value() + winner.evidence[1].value.value() >= 2 * 1683);
  CHECK(outcome(run, "excess_failed_requests") < 40);
  // 4 + 2 pods while both have users, then B at full size beside A.
  CHECK(outcome(run, "peak_pods") == 8);
}

TEST_CASE("a version that converts fewer users loses and is rolled back", "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kWorse});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::rolled_back);
  const Event& stopped = event_of(run, "Stopped");
  CHECK(stopped.object == "ab-test");
  CHECK_THAT(stopped.message, Contains("A wins: "));
}

TEST_CASE("a fault that no request shows is detected by the users who stay away",
          "[strategies][ab-test]") {
  const std::string loss = "release.faults=[{conversionLoss: {factor: 0.7}}]";
  const RunResult run = play_test("bad", {loss});
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::rolled_back);
  CHECK_THAT(event_of(run, "Stopped").message, Contains("A wins: "));
  CHECK(count_events(run, "CheckFailed") == 0);
  // 15 s of initialDelay and two looks: the sample is complete at the second.
  CHECK(outcome(run, "time_to_detect") > 60);
  CHECK(outcome(run, "time_to_detect") < 150);
  // It would have been promoted by a watch on errors and latency.
  CHECK(play_small("canary", "bad", {"traffic.conversion=20%", loss}).verdict == Verdict::promoted);
}

TEST_CASE("without a difference the old version stays, or the new one comes if the plan says so",
          "[strategies][ab-test]") {
  const RunResult kept = play_test("good", {});
  INFO(timeline_of(kept));
  CHECK(kept.verdict == Verdict::aborted);
  CHECK(count_events(kept, "NoWinner") == 1);
  // Nothing was found against the new version: that is no detection.
  CHECK(count_events(kept, "Stopped") == 0);
  const RunResult promoted = play_test("good", {}, "whenEqual: promote, " + kTest);
  INFO(timeline_of(promoted));
  CHECK(promoted.verdict == Verdict::promoted);
  CHECK(count_events(promoted, "NoWinner") == 1);
}

TEST_CASE("a broken version is stopped by the guardrails long before the sample is there",
          "[strategies][ab-test]") {
  // It would win: more users convert.
  const RunResult run = play_test("bad", {kBetter}, kHuge);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::rolled_back);
  CHECK(count_events(run, "CheckFailed") == 2);
  CHECK(count_events(run, "Sampling") == 0);
  CHECK_THAT(event_of(run, "Stopped").message, Contains("split -> 0 %: error ratio"));
  // 15 s and two intervals after the first exposure, and the proxy's delay.
  CHECK(outcome(run, "time_to_detect") > 130);
  CHECK(outcome(run, "time_to_detect") < 150);
}

TEST_CASE("a slow version is stopped by the guardrails", "[strategies][ab-test]") {
  const RunResult run =
      play_test("bad", {"release.faults=[{latency: {factor: 3}}]", kBetter}, kHuge);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::rolled_back);
  CHECK_THAT(event_of(run, "Stopped").message, Contains("p99"));
}

TEST_CASE("with too little traffic a test is still running at the end", "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kBetter}, kHuge);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::held);
  CHECK(count_events(run, "Winner") == 0);
  CHECK_FALSE(has_outcome(run, "rollout_duration"));
}

TEST_CASE("a version that never becomes ready gets no users", "[strategies][ab-test]") {
  const RunResult run =
      play_test("bad", {"release.faults=[{crashOnStart: {p: 100%}}]"}, "readyWithin: 1m, " + kTest);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::aborted);
  CHECK_THAT(event_of(run, "Stopped").message, Contains("not begun"));
  CHECK(outcome(run, "users_exposed") == 0);
}

// ---- how it is set up

TEST_CASE("a baseline that is not given is measured in the test", "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kBetter}, "interval: 1m, initialDelay: 15s");
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
  // Of both arms together: between 20 % and 26 %.
  CHECK_THAT(event_of(run, "SamplePlanned").message, Contains("the measured baseline of 2"));
  CHECK(minutes_until(run, "SamplePlanned") > 3);
}

TEST_CASE("an unequal split gives each arm its share and finds the same winner",
          "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kBetter}, "split: 20%, " + kTest);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
  CHECK(count_events(run, "Winner") == 1);
  // 4 + 1 pods meanwhile; the sample is larger and takes longer.
  CHECK(minutes_until(run, "Winner") > minutes_until(play_test("good", {kBetter}), "Winner"));
}

TEST_CASE("users can be split by a header that somebody else sets", "[strategies][ab-test]") {
  const std::string header = "header: {name: x-arm, value: b}, ";
  const auto segment = [](const std::string& share) {
    return "traffic.segments=[{name: beta, share: " + share + ", headers: {x-arm: b}}]";
  };
  const RunResult run = play_test("good", {kBetter, segment("50%")}, header + kTest);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::promoted);
  CHECK_THAT(event_of(run, "RouteChanged").message, Contains("requests with x-arm: b to shop-b"));

  // The plan believes in half of the users: no result of such arms is to be trusted.
  const RunResult broken = play_test("good", {kBetter, segment("40%")}, header + kTest);
  INFO(timeline_of(broken));
  CHECK(broken.verdict == Verdict::aborted);
  CHECK_THAT(event_of(broken, "Stopped").message, Contains("sample-ratio mismatch"));
}

TEST_CASE("a one-sided test does not find a worse version worse", "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kWorse}, "alternative: greater, " + kTest);
  INFO(timeline_of(run));
  CHECK(run.verdict == Verdict::aborted);
  CHECK(count_events(run, "NoWinner") == 1);
}

TEST_CASE("progress tells how many users there are, not what they say", "[strategies][ab-test]") {
  const RunResult run = play_test("good", {kBetter}, "minimumRelativeEffect: 10%, " + kTest);
  INFO(timeline_of(run));
  CHECK(count_events(run, "Sampling") >= 2);
  for (const Event& event : run.events) {
    if (event.reason != "Sampling") continue;
    CHECK_THAT(event.message, Contains("% of the planned sample"));
    CHECK_THAT(event.message, !Contains("convert"));
  }
}

TEST_CASE("a test that peeks looks at every interval and may end before its sample",
          "[strategies][ab-test]") {
  const std::string small = "minimumRelativeEffect: 7%, " + kTest;
  const RunResult patient = play_test("good", {kBetter}, small);
  const RunResult peeking = play_test("good", {kBetter}, "peek: true, " + small);
  INFO(timeline_of(peeking));
  CHECK(peeking.verdict == Verdict::promoted);
  CHECK_THAT(event_of(peeking, "Winner").message, Contains("peeked at "));
  CHECK(minutes_until(peeking, "Winner") < 5);
  CHECK(patient.verdict == Verdict::held);
}

TEST_CASE("an A/B test is the same when played again", "[strategies][ab-test]") {
  CHECK(play_test("good", {kBetter}).fingerprint == play_test("good", {kBetter}).fingerprint);
}

// ---- under mutations

TEST_CASE("slow scrapes decide no earlier; with one scrape a window an A/B test gives up",
          "[strategies][ab-test][mutation]") {
  const std::string slow = "telemetry.scrapeInterval=60s";
  const std::string wide = "baseline: 20%, interval: 2m, initialDelay: 15s";
  const RunResult seeing = play_test("good", {kBetter}, wide);
  const RunResult late = play_test("good", {kBetter, slow}, wide);
  INFO(timeline_of(late));
  CHECK(late.verdict == Verdict::promoted);
  CHECK(minutes_until(late, "Winner") >= minutes_until(seeing, "Winner"));

  const RunResult narrow = play_test("good", {kBetter, slow});
  INFO(timeline_of(narrow));
  CHECK(narrow.verdict == Verdict::aborted);
  CHECK(count_events(narrow, "CheckInconclusive") == 4);
}

TEST_CASE("without metrics an A/B test gives up, good or bad, later than it would stop",
          "[strategies][ab-test][mutation]") {
  const std::string blind = "telemetry.scrapeLoss=100%";
  CHECK(play_test("good", {kBetter, blind}).verdict == Verdict::aborted);
  const RunResult seeing = play_test("bad", {}, kHuge);
  const RunResult lost = play_test("bad", {blind}, kHuge);
  INFO(timeline_of(lost));
  CHECK(lost.verdict == Verdict::aborted);
  CHECK(outcome(lost, "time_to_detect") > outcome(seeing, "time_to_detect"));
  CHECK(outcome(lost, "excess_failed_requests") > outcome(seeing, "excess_failed_requests"));
}

TEST_CASE("half the fault harms fewer, one below the limits is not the guardrails' business",
          "[strategies][ab-test][mutation]") {
  const RunResult full = play_test("bad", {}, kHuge);
  const RunResult half = play_test("bad", {"release.faults[0].errorRate.p=10%"}, kHuge);
  CHECK(half.verdict == Verdict::rolled_back);
  CHECK(outcome(half, "time_to_detect") >= outcome(full, "time_to_detect"));
  CHECK(outcome(half, "excess_failed_requests") < outcome(full, "excess_failed_requests"));
  const RunResult faint = play_test("bad", {"release.faults[0].errorRate.p=0.2%", kBetter});
  CHECK(faint.verdict == Verdict::promoted);
}

TEST_CASE("a fault that comes later is stopped later, and missed after the winner is promoted",
          "[strategies][ab-test][mutation]") {
  const auto at = [](const std::string& when, const std::string& settings) {
    return play_test(
        "bad", {kBetter, "release.faults=[{errorRate: {p: 20%, at: " + when + "}}]"}, settings);
  };
  const RunResult first = play_test("bad", {kBetter}, kHuge);
  const RunResult later = at("6m", kHuge);
  INFO(timeline_of(later));
  CHECK(later.verdict == Verdict::rolled_back);
  CHECK(minutes_until(later, "Stopped") > minutes_until(first, "Stopped"));
  CHECK(at("9m", kTest).verdict == Verdict::promoted);
}

TEST_CASE("half the difference in conversion is more often missed",
          "[strategies][ab-test][mutation]") {
  // Planned for a fifth, found at 80 %; a tenth is found at 29 %. The law is tested in
  // ab_test_error_rates_test.cpp; here the seed's world, in which the large one is found.
  const RunResult half = play_test("good", {"release.conversion=22%"});
  INFO(timeline_of(half));
  CHECK(half.verdict == Verdict::aborted);
  CHECK(play_test("good", {"release.conversion=24%"}).verdict == Verdict::promoted);
}

TEST_CASE("a lower conversion makes a measured plan ask for more users",
          "[strategies][ab-test][mutation]") {
  const std::string measured = "interval: 1m, initialDelay: 15s";
  const RunResult usual = play_test("good", {}, measured);
  const RunResult lower = play_test("good", {"traffic.conversion=5%"}, measured);
  INFO(timeline_of(usual) << timeline_of(lower));
  // About 1 700 users an arm against 8 200, at 40 new ones a second and arm, later fewer.
  CHECK(minutes_until(lower, "NoWinner") > minutes_until(usual, "NoWinner") + 2);
}
