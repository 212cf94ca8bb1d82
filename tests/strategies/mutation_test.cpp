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

// ---- blue-green and shadow: their pages' rows

TEST_CASE("with fewer than two scrapes a window blue-green and shadow do not even begin",
          "[strategies][mutation]") {
  for (const char* strategy : {"blue-green", "shadow"})
    for (const char* release : {"good", "bad"}) {
      const RunResult slow = play_small(strategy, release, {kSlowScrape});
      INFO(timeline_of(slow));
      CHECK(slow.verdict == Verdict::aborted);
      CHECK(outcome(slow, "users_exposed") == 0);
    }
}

TEST_CASE(
    "in wide windows blue-green and shadow stop a gross fault with slow scrapes too, no sooner",
    "[strategies][mutation]") {
  for (const std::string strategy : {"blue-green", "shadow"}) {
    const std::string wide = "strategies[" + strategy + "].interval=2m";
    const RunResult fast = play_small(strategy, "bad", {wide});
    const RunResult slow = play_small(strategy, "bad", {wide, kSlowScrape});
    INFO(timeline_of(slow));
    CHECK(fast.verdict == Verdict::rolled_back);
    CHECK(slow.verdict == Verdict::rolled_back);
    CHECK(outcome(slow, "time_to_detect") > outcome(fast, "time_to_detect") - 1);
  }
}

TEST_CASE("without metrics blue-green and shadow leave the traffic where it is",
          "[strategies][mutation]") {
  for (const char* strategy : {"blue-green", "shadow"})
    for (const char* release : {"good", "bad"}) {
      const RunResult blind = play_small(strategy, release, {kNoMetrics});
      INFO(timeline_of(blind));
      CHECK(blind.verdict == Verdict::aborted);
      CHECK(outcome(blind, "users_exposed") == 0);
      CHECK(outcome(blind, "excess_failed_requests") == 0);
    }
}

TEST_CASE("with fixed limits alone a blind blue-green gives up later and after more harm",
          "[strategies][mutation]") {
  const std::string alone = "strategies[blue-green].compareWith=none";
  const RunResult seeing = play_small("blue-green", "bad", {alone});
  const RunResult blind = play_small("blue-green", "bad", {alone, kNoMetrics});
  INFO(timeline_of(blind));
  CHECK(seeing.verdict == Verdict::rolled_back);
  CHECK(blind.verdict == Verdict::aborted);
  CHECK(outcome(blind, "time_to_detect") > outcome(seeing, "time_to_detect"));
  CHECK(outcome(blind, "excess_failed_requests") > outcome(seeing, "excess_failed_requests"));
}

TEST_CASE("half the fault is half the harm under blue-green and none under shadow, seen no sooner",
          "[strategies][mutation]") {
  const std::string halved = "release.faults[0].errorRate.p=10%";
  for (const char* strategy : {"blue-green", "shadow"}) {
    const RunResult full = play_small(strategy, "bad");
    const RunResult half = play_small(strategy, "bad", {halved});
    INFO(timeline_of(half));
    CHECK(half.verdict == Verdict::rolled_back);
    CHECK(outcome(half, "time_to_detect") >= outcome(full, "time_to_detect"));
    const double harm = outcome(full, "excess_failed_requests");
    CHECK(outcome(half, "excess_failed_requests") == Approx(harm / 2).epsilon(0.15));
    const RunResult faint = play_small(strategy, "bad", {"release.faults[0].errorRate.p=0.2%"});
    CHECK(faint.verdict == Verdict::promoted);
    CHECK_FALSE(has_outcome(faint, "time_to_detect"));
  }
}

TEST_CASE("a fault that comes later is stopped later, and missed after the bake",
          "[strategies][mutation]") {
  const auto at = [](const char* strategy, const std::string& when) {
    return play_small(
        strategy, "bad", {"release.faults=[{errorRate: {p: 20%, at: " + when + "}}]"});
  };
  for (const char* strategy : {"blue-green", "shadow"}) {
    const RunResult first = play_small(strategy, "bad");
    const RunResult later = at(strategy, "4m");  // bake or mirroring is half over
    INFO(timeline_of(later));
    CHECK(later.verdict == Verdict::rolled_back);
    CHECK(outcome(later, "rollout_duration") > outcome(first, "rollout_duration"));
    CHECK(at(strategy, "9m").verdict == Verdict::promoted);
  }
  // Seen on copies, it hurts nobody; behind the switch, everybody.
  CHECK(outcome(at("shadow", "4m"), "excess_failed_requests") == 0);
  CHECK(outcome(at("shadow", "340s"), "excess_failed_requests") > 1000);
}

TEST_CASE("a person's log reads no metrics and keeps its times whatever happens",
          "[strategies][mutation]") {
  const std::string log =
      "strategies=[{manual: {actions: [{at: 0s, do: deployNew}, {at: 1s, do: waitReady}, "
      "{at: 30s, do: route, share: 50%}, {at: 4m, do: rollBack}]}}]";
  const RunResult plain = play_small("manual", "bad", {log});
  CHECK(plain.verdict == Verdict::rolled_back);
  for (const std::string& mutation : {kNoMetrics,
                                      kSlowScrape,
                                      std::string("release.faults[0].errorRate.p=10%"),
                                      std::string("release.faults[0].errorRate.at=5m")}) {
    const RunResult mutated = play_small("manual", "bad", {log, mutation});
    INFO(mutation << "\n" << timeline_of(mutated));
    CHECK(mutated.verdict == Verdict::rolled_back);
    CHECK(outcome(mutated, "rollout_duration") == outcome(plain, "rollout_duration"));
  }
  const auto harm = [&](const char* mutation) {
    return outcome(play_small("manual", "bad", {log, mutation}), "excess_failed_requests");
  };
  const double full = outcome(plain, "excess_failed_requests");
  CHECK(harm("release.faults[0].errorRate.p=10%") == Approx(full / 2).epsilon(0.15));
  CHECK(harm("release.faults[0].errorRate.at=5m") < full / 2);
}
