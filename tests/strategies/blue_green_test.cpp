// What an SRE expects of blue-green, on whole releases played through the engine.
#include <catch2/catch.hpp>

#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

TEST_CASE("blue-green brings a good version to everybody without harm",
          "[strategies][blue-green]") {
  const RunResult good = play_small("blue-green", "good");
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  CHECK(count_events(good, "RouteChanged") == 1);
  CHECK(outcome(good, "excess_failed_requests") == 0);
  // Pods in seconds, 15 s, checks after 1, 2 and 3 min (3 min of bake are over then), 2 min more.
  CHECK(outcome(good, "rollout_duration") > 315 + 2);
  CHECK(outcome(good, "rollout_duration") < 315 + 40);
}

TEST_CASE("blue-green hurts everybody for the time it takes to see, and is back at once",
          "[strategies][blue-green]") {
  const RunResult bad = play_small("blue-green", "bad");
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(count_events(bad, "Stopped") == 1);
  // 15 s and two checks a minute apart.
  const double detect = outcome(bad, "time_to_detect");
  CHECK(detect > 134);
  CHECK(detect < 137);
  // Of 80 requests/s a fifth fail: 2160 in 135 s, sd 42; and a proxy's delay of a second or two.
  CHECK(outcome(bad, "excess_failed_requests") == Approx(0.2 * 80 * detect).epsilon(0.1));
  // 135 s of 80 requests/s among 2000 users: 5.4 each, so e^-5.4 of them never come.
  CHECK(outcome(bad, "users_exposed") > 1980);
  // Going back needs no pod to start: the new version answers for no more than the proxy's delay.
  CHECK(outcome(bad, "exposure_duration") < detect + 5);
}

TEST_CASE("blue-green runs twice the pods", "[strategies][blue-green]") {
  for (const char* release : {"good", "bad"})
    CHECK(outcome(play_small("blue-green", release), "peak_pods") == 8);
}

TEST_CASE("blue-green hurts more than a canary that sees as soon", "[strategies][blue-green]") {
  // Both see after 15 s and two checks a minute apart: the one on everybody, the other on a
  // quarter.
  const RunResult bad = play_small("blue-green", "bad");
  const RunResult canary = play_small("canary", "bad");
  CHECK(outcome(bad, "users_exposed") > outcome(canary, "users_exposed"));
  CHECK(outcome(bad, "excess_failed_requests") > 3 * outcome(canary, "excess_failed_requests"));
}

TEST_CASE("blue-green's decisions carry their evidence", "[strategies][blue-green]") {
  const RunResult good = play_small("blue-green", "good");
  std::size_t decisions = 0;
  for (const Event& event : good.events) {
    if (event.reason != "CheckPassed" && event.reason != "BakePassed") continue;
    ++decisions;
    CHECK_THAT(event.message, Contains(" requests in 1 min, limit 1 %; p99 "));
    REQUIRE_FALSE(event.evidence.empty());
    CHECK(event.evidence[0].samples > 3000);
    CHECK(event.evidence[0].limit.has_value());
  }
  CHECK(decisions == 3);
}

TEST_CASE("green is held against what blue measured before the switch",
          "[strategies][blue-green]") {
  // 5 % under both versions: above the fixed limit, below 1.5 times what blue measured.
  const std::string both = "faults=[{errorRate: {p: 5%, at: 30s}}]";
  const RunResult compared = play_small("blue-green", "good", {both});
  INFO(timeline_of(compared));
  CHECK(compared.verdict == Verdict::promoted);
  const RunResult blind =
      play_small("blue-green", "good", {both, "strategies[blue-green].compareWith=none"});
  CHECK(blind.verdict == Verdict::rolled_back);
}

TEST_CASE("without a measurement of blue nothing is switched", "[strategies][blue-green]") {
  // 20 requests a minute, minSamples 50.
  const RunResult quiet = play_small("blue-green", "bad", {"traffic.rate=20/m"});
  INFO(timeline_of(quiet));
  CHECK(quiet.verdict == Verdict::aborted);
  CHECK(count_events(quiet, "CheckInconclusive") == 4);
  CHECK(outcome(quiet, "users_exposed") == 0);
}

TEST_CASE("green pods that never become ready leave the traffic where it is",
          "[strategies][blue-green]") {
  const RunResult bad = play_small(
      "blue-green",
      "bad",
      {"release.faults=[{crashOnStart: {p: 100%}}]", "strategies[blue-green].readyWithin=1m"});
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::aborted);
  CHECK(outcome(bad, "users_exposed") == 0);
  CHECK(outcome(bad, "excess_failed_requests") == 0);
}

TEST_CASE("a preview lets a warm-up pass before users come", "[strategies][blue-green]") {
  const std::string slow_start = "service.pod.warmup={for: 60s, slowdown: 8}";
  const RunResult cold = play_small("blue-green", "good", {slow_start});
  const RunResult warm =
      play_small("blue-green", "good", {slow_start, "strategies[blue-green].previewFor=70s"});
  INFO(timeline_of(warm));
  CHECK(warm.verdict == Verdict::promoted);
  CHECK(outcome(warm, "worst_minute_p99") < 0.3);
  CHECK(outcome(cold, "worst_minute_p99") > 2 * outcome(warm, "worst_minute_p99"));
}

TEST_CASE("pods that crash during the preview are not switched to", "[strategies][blue-green]") {
  // Ready after seconds, dead 30 s later, again and again.
  const RunResult bad = play_small("blue-green",
                                   "bad",
                                   {"release.faults=[{crashOnStart: {p: 100%, after: 30s}}]",
                                    "strategies[blue-green].previewFor=3m",
                                    "strategies[blue-green].readyWithin=5s"});
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::aborted);
  CHECK(outcome(bad, "users_exposed") == 0);
}

TEST_CASE("the old version kept makes going back a matter of seconds after the bake too",
          "[strategies][blue-green]") {
  // The fault begins when the bake is over (some 6 min); the on-call human is paged and decides.
  const std::vector<std::string> late{"release.faults=[{errorRate: {p: 50%, at: 7m}}]",
                                      "service.pod.start={p50: 40s, p99: 50s}",
                                      "onCall={respond: 30s}",
                                      "duration=20m"};
  const auto with = [&](const char* keep) {
    std::vector<std::string> all = late;
    all.push_back(std::string("strategies[blue-green].keepOld=") + keep);
    return play_small("blue-green", "bad", all);
  };
  const RunResult kept = with("15m");
  const RunResult gone = with("0s");
  INFO(timeline_of(kept) << timeline_of(gone));
  CHECK(kept.verdict == Verdict::rolled_back);
  CHECK(gone.verdict == Verdict::rolled_back);
  CHECK(count_events(kept, "BakePassed") == 1);
  // The one waits for the proxy, the other for pods that start in 40 s.
  const auto back_after = [](const RunResult& r) {
    return outcome(r, "exposure_duration") - outcome(r, "time_to_detect");
  };
  CHECK(back_after(kept) < 5);
  CHECK(back_after(gone) > 30);
}

TEST_CASE("the switch onto cold caches shows in the p99, worse than under a canary",
          "[strategies][blue-green]") {
  // Warm, 95 % of the calls are answered from each pod's own cache: 4 calls/s of the 53/s that db
  // can bear. Switched at once, all pods are cold and 80/s of the requests ask db; a canary's one
  // cold pod in four adds 20/s.
  const std::vector<std::string> cached{
      "service.calls=[{service: db, cache: {hitRatio: 95%, keys: 400}}]",
      "service.pod.concurrency=64",
      "services=[{name: db, replicas: 1, pod: {concurrency: 8}, response: 150ms}]",
      "strategies[canary].steps=[25%]"};
  const RunResult switched = play_small("blue-green", "good", cached);
  const RunResult stepped = play_small("canary", "good", cached);
  const RunResult control = play_small("control", "good", cached);
  INFO(timeline_of(switched));
  CHECK(outcome(control, "worst_minute_p99") < 0.3);
  CHECK(outcome(switched, "worst_minute_p99") > 3 * outcome(control, "worst_minute_p99"));
  CHECK(outcome(switched, "worst_minute_p99") > 1.5 * outcome(stepped, "worst_minute_p99"));
}

TEST_CASE("a release under blue-green is the same when played again", "[strategies][blue-green]") {
  for (const char* release : {"good", "bad"})
    CHECK(play_small("blue-green", release).fingerprint ==
          play_small("blue-green", release).fingerprint);
}
