// Strategies are honest when a change of the world moves verdict and times in the direction that
// their pages (strategies/*/README.md, "Under mutations") state.
#include <catch2/catch.hpp>

#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

const std::string kSlowScrape = "telemetry.scrapeInterval=60s";
const std::string kNoMetrics = "telemetry.scrapeLoss=100%";

}  // namespace

TEST_CASE("with fewer than two scrapes a window a canary cannot judge and gives up",
          "[strategies][mutation]") {
  for (const char* release : {"good", "bad"}) {
    const RunResult slow = play_small("canary", release, {kSlowScrape});
    INFO(timeline_of(slow));
    CHECK(slow.verdict == Verdict::aborted);
    CHECK(count_events(slow, "CheckInconclusive") == 4);
  }
}

TEST_CASE("slow scrapes in wide windows detect no earlier", "[strategies][mutation]") {
  const std::string wide = "strategies[canary].interval=2m";
  const RunResult fast = play_small("canary", "bad", {wide});
  const RunResult slow = play_small("canary", "bad", {wide, kSlowScrape});
  INFO(timeline_of(slow));
  CHECK(fast.verdict == Verdict::rolled_back);
  CHECK(slow.verdict != Verdict::promoted);
  CHECK(outcome(slow, "time_to_detect") > outcome(fast, "time_to_detect") - 1);
}

TEST_CASE("without metrics a canary gives up, later and with more harm than it would stop",
          "[strategies][mutation]") {
  const RunResult seeing = play_small("canary", "bad");
  const RunResult blind = play_small("canary", "bad", {kNoMetrics});
  INFO(timeline_of(blind));
  CHECK(blind.verdict == Verdict::aborted);
  CHECK(outcome(blind, "time_to_detect") > outcome(seeing, "time_to_detect"));
  CHECK(outcome(blind, "excess_failed_requests") > outcome(seeing, "excess_failed_requests"));
  CHECK(play_small("canary", "good", {kNoMetrics}).verdict == Verdict::aborted);
}

TEST_CASE("recreate and rolling read no metrics, so losing them changes neither",
          "[strategies][mutation]") {
  for (const char* strategy : {"recreate", "rolling"}) {
    const RunResult seeing = play_small(strategy, "bad");
    for (const std::string& mutation : {kNoMetrics, kSlowScrape}) {
      const RunResult mutated = play_small(strategy, "bad", {mutation});
      INFO(strategy << " " << mutation);
      CHECK(mutated.verdict == seeing.verdict);
      CHECK(outcome(mutated, "rollout_duration") == outcome(seeing, "rollout_duration"));
      // A longer scrape interval also begins the settling period elsewhere: other requests, as bad.
      CHECK(outcome(mutated, "failed_requests") ==
            Approx(outcome(seeing, "failed_requests")).epsilon(0.05));
    }
  }
}

TEST_CASE("a human behind a rolling update is paged by metrics, later by slower ones",
          "[strategies][mutation]") {
  const std::vector<std::string> watched{"onCall={respond: 1m}",
                                         "release.faults[0].errorRate.p=50%"};
  const auto with = [&](const std::string& mutation) {
    std::vector<std::string> all = watched;
    if (!mutation.empty()) all.push_back(mutation);
    return play_small("rolling", "bad", all);
  };
  const RunResult seeing = with("");
  const RunResult slow = with(kSlowScrape);
  const RunResult blind = with(kNoMetrics);
  INFO(timeline_of(seeing) << timeline_of(slow));
  CHECK(seeing.verdict == Verdict::rolled_back);
  // To the second: the first exposed request is another one.
  CHECK(outcome(slow, "time_to_detect") > outcome(seeing, "time_to_detect") - 1);
  CHECK(blind.verdict == Verdict::promoted);
  CHECK_FALSE(has_outcome(blind, "time_to_detect"));
}

TEST_CASE("half the fault does about half the harm under rolling and recreate",
          "[strategies][mutation]") {
  const std::string half = "release.faults[0].errorRate.p=10%";
  const double full = outcome(play_small("rolling", "bad"), "excess_failed_requests");
  const double halved = outcome(play_small("rolling", "bad", {half}), "excess_failed_requests");
  CHECK(halved / full > 0.4);
  CHECK(halved / full < 0.6);
  CHECK(outcome(play_small("recreate", "bad", {half}), "excess_failed_requests") <
        outcome(play_small("recreate", "bad"), "excess_failed_requests"));
}

TEST_CASE("a smaller fault harms fewer and is detected no earlier; one below the limit is missed",
          "[strategies][mutation]") {
  const RunResult full = play_small("canary", "bad");
  const RunResult half = play_small("canary", "bad", {"release.faults[0].errorRate.p=10%"});
  CHECK(half.verdict == Verdict::rolled_back);
  CHECK(outcome(half, "time_to_detect") >= outcome(full, "time_to_detect"));
  CHECK(outcome(half, "excess_failed_requests") < outcome(full, "excess_failed_requests"));
  const RunResult faint = play_small("canary", "bad", {"release.faults[0].errorRate.p=0.2%"});
  CHECK(faint.verdict == Verdict::promoted);
}

TEST_CASE("a fault that comes later is met at a later step, and missed after the promotion",
          "[strategies][mutation]") {
  const auto at = [](const std::string& when) {
    return play_small(
        "canary", "bad", {"release.faults=[{errorRate: {p: 20%, at: " + when + "}}]"});
  };
  const RunResult first = play_small("canary", "bad");
  const RunResult second = at("4m");
  INFO(timeline_of(second));
  CHECK(second.verdict == Verdict::rolled_back);
  CHECK(count_events(second, "StepPassed") == 1);
  const auto stopped = [](const RunResult& r) {
    for (const Event& event : r.events)
      if (event.reason == "Stopped") return event.time;
    return kNever;
  };
  CHECK(stopped(second) > stopped(first));
  CHECK(at("9m").verdict == Verdict::promoted);
}
