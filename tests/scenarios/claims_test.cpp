// What each shipped scenario says it shows, held against what happens in it: outcomes and verdicts,
// never its words. Seeds are the scenarios' own; two or three replications each.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <vector>

#include "sim/scenario/load.h"
#include "strategies/registry.h"
#include "tests/experiment/played_run.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

std::shared_ptr<const Scenario> shipped(const std::string& name,
                                        std::vector<std::string> overrides = {}) {
  const std::filesystem::path file =
      std::filesystem::path(COALMINE_SOURCE_DIR) / "scenarios" / (name + ".yaml");
  return load_scenario(file, all_strategies(), {std::move(overrides), false}).value();
}

constexpr std::uint32_t kReplications = 2;

/// The replications of one strategy.
std::vector<RunResult> played(const std::shared_ptr<const Scenario>& scenario,
                              const std::string& strategy,
                              const std::string& release = "bad") {
  std::vector<RunResult> runs;
  for (std::uint32_t i = 0; i < kReplications; ++i) {
    RunSpec spec = spec_of(scenario, strategy, release, scenario->seed);
    spec.replication = i;
    runs.push_back(play(spec));
  }
  return runs;
}

bool all(const std::vector<RunResult>& runs, Verdict verdict) {
  return std::all_of(
      runs.begin(), runs.end(), [&](const RunResult& r) { return r.verdict == verdict; });
}

double mean(const std::vector<RunResult>& runs, const std::string& name) {
  double sum = 0;
  for (const RunResult& r : runs) sum += outcome(r, name);
  return sum / static_cast<double>(runs.size());
}

double harmed(const std::vector<RunResult>& runs) {
  return mean(runs, "excess_users_affected");
}

}  // namespace

TEST_CASE(
    "checkout: whoever measures stops the release by itself; whoever does not waits for the "
    "human",
    "[scenarios]") {
  const auto s = shipped("checkout");
  const auto rolling = played(s, "rolling");
  for (const RunResult& r : rolling) CHECK(r.stopped_by == kOnCall);
  for (const char* strategy : {"blue-green", "canary", "shadow", "ab-test"}) {
    INFO(strategy);
    const auto runs = played(s, strategy);
    CHECK(all(runs, Verdict::rolled_back));
    CHECK(runs[0].stopped_by != kOnCall);
    CHECK(mean(runs, "time_to_detect") < 300);
    CHECK(harmed(runs) < harmed(rolling) / 5);
    CHECK(all(played(s, strategy, "good"), Verdict::promoted));
  }
}

TEST_CASE("podinfo: the canary is done before the burst that hurts everybody else", "[scenarios]") {
  const auto s = shipped("podinfo");
  const auto canary = played(s, "canary");
  CHECK(all(canary, Verdict::rolled_back));
  CHECK(harmed(canary) * 10 < harmed(played(s, "rolling")));
}

TEST_CASE("leak-after-the-window: every canary promotes a version that dies of memory later",
          "[scenarios]") {
  const auto s = shipped("leak-after-the-window");
  for (const char* strategy : {"rolling", "canary", "patient"}) {
    INFO(strategy);
    const auto runs = played(s, strategy);
    CHECK(all(runs, Verdict::promoted));
    for (const RunResult& r : runs) {
      CHECK(count_events(r, "OOMKilled") >= 4);
      CHECK(count_events(r, "BackOff") > 0);
    }
    CHECK(harmed(runs) > 50);
  }
  // The short canary had decided long before the first pod ran out of memory.
  for (const RunResult& r : played(s, "canary")) {
    const auto killed = std::find_if(
        r.events.begin(), r.events.end(), [](const Event& e) { return e.reason == "OOMKilled"; });
    CHECK(to_seconds(killed->time) > 120 + outcome(r, "rollout_duration") + 60);
  }
}

TEST_CASE("cold-cache-switch: moving everybody at once shows as a p99 spike, steps do not",
          "[scenarios]") {
  const auto s = shipped("cold-cache-switch");
  const auto switched = played(s, "blue-green", "good");
  const auto stepped = played(s, "canary", "good");
  CHECK(mean(switched, "worst_minute_p99") > 0.9);
  CHECK(mean(stepped, "worst_minute_p99") < 0.3);
  CHECK(harmed(switched) > 1000);
  CHECK(harmed(stepped) < 100);
}

TEST_CASE("load-only-bug: it passes at 5 % and fails at 50 %", "[scenarios]") {
  const auto s = shipped("load-only-bug");
  const auto small = played(s, "five-percent");
  const auto half = played(s, "to-a-half");
  CHECK(all(small, Verdict::promoted));
  CHECK(all(half, Verdict::rolled_back));
  CHECK(harmed(half) * 4 < harmed(small));
}

TEST_CASE("segment-bug: it hides in the aggregate and shows by label", "[scenarios]") {
  const auto s = shipped("segment-bug");
  const auto aggregate = played(s, "aggregate");
  const auto by_label = played(s, "by-segment");
  CHECK(all(aggregate, Verdict::promoted));
  CHECK(all(by_label, Verdict::rolled_back));
  CHECK(harmed(by_label) * 4 < harmed(aggregate));
  CHECK(all(played(s, "by-segment", "good"), Verdict::promoted));
}

TEST_CASE(
    "incompatible-schema: recreate wins where versions cannot coexist, and going back is no "
    "way back",
    "[scenarios]") {
  const auto s = shipped("incompatible-schema");
  const auto recreate = played(s, "recreate");
  CHECK(harmed(recreate) * 2 < harmed(played(s, "rolling")));
  CHECK(harmed(recreate) * 10 < harmed(played(s, "canary")));
  const auto undone = played(s, "undone");
  CHECK(all(undone, Verdict::rolled_back));
  for (const RunResult& r : undone) {
    CHECK(outcome(r, "availability") < 0.2);
    CHECK_FALSE(has_outcome(r, "time_to_restore"));
  }
}

TEST_CASE("shadow-overload: mirroring a good release harms users of the old version",
          "[scenarios]") {
  const auto s = shipped("shadow-overload");
  const auto shadow = played(s, "shadow", "good");
  CHECK(harmed(shadow) > 10'000);
  CHECK(harmed(played(s, "two-percent", "good")) < 500);
  CHECK(harmed(played(s, "blue-green", "good")) < 500);
  // Before the cut-over nobody but the old version answers: they time out there.
  for (const RunResult& r : shadow) CHECK(outcome(r, "latency_p99_old") > 0.99);
}

TEST_CASE("crash-loop: readiness saves rolling, recreate is an outage", "[scenarios]") {
  const auto s = shipped("crash-loop");
  const auto recreate = played(s, "recreate");
  const auto rolling = played(s, "rolling");
  CHECK(all(recreate, Verdict::aborted));
  CHECK(all(rolling, Verdict::aborted));
  CHECK(mean(recreate, "availability") < 0.8);
  CHECK(mean(rolling, "availability") > 0.99);
  CHECK(harmed(played(s, "canary")) == 0);
}

TEST_CASE("late-metrics: a window shorter than the delay sees nothing", "[scenarios]") {
  const auto late = played(shipped("late-metrics"), "canary");
  const auto prompt = played(shipped("late-metrics", {"faults=[]"}), "canary");
  CHECK(all(late, Verdict::aborted));
  CHECK(all(prompt, Verdict::rolled_back));
  CHECK(mean(late, "time_to_detect") > mean(prompt, "time_to_detect") + 600);
  CHECK(harmed(late) > 4 * harmed(prompt));
  // A window longer than the delay still judges.
  CHECK(all(played(shipped("late-metrics"), "blue-green"), Verdict::rolled_back));
}

TEST_CASE("ab-conversion: only the experiment sees a version that works and sells less",
          "[scenarios]") {
  const auto s = shipped("ab-conversion");
  CHECK(all(played(s, "canary"), Verdict::promoted));
  CHECK(all(played(s, "ab-test"), Verdict::rolled_back));
}

TEST_CASE("dependency-down: a relative check passes, a fixed limit blames the release",
          "[scenarios]") {
  const auto s = shipped("dependency-down");
  CHECK(all(played(s, "relative", "good"), Verdict::promoted));
  CHECK(all(played(s, "absolute", "good"), Verdict::rolled_back));
}

TEST_CASE("releases-as-they-come: each replication draws one, bad ones are stopped by the canaries",
          "[scenarios]") {
  const auto s = shipped("releases-as-they-come");
  // In half an hour the human comes late, if at all.
  const auto rolling = played(s, "rolling", "errors");
  CHECK(harmed(rolling) > 10 * harmed(played(s, "canary", "errors")));
  for (const char* strategy : {"canary", "careful"}) {
    INFO(strategy);
    CHECK(all(played(s, strategy, "errors"), Verdict::rolled_back));
    CHECK(all(played(s, strategy, "slow"), Verdict::rolled_back));
    CHECK(all(played(s, strategy, "good"), Verdict::promoted));
  }
  CHECK(harmed(played(s, "careful", "errors")) < harmed(played(s, "canary", "errors")));
}
