// What an SRE expects of each strategy, on whole releases played through the engine.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "sim/experiment/recorder.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_store.h"
#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

namespace {

SeriesStore stored(const Recording& recording) {
  SeriesStore store;
  for (const RecordedSeries& series : recording.series)
    for (std::size_t i = 0; i < series.times.size(); ++i)
      store.append(series.labels, series.times[i], series.values[i]);
  return store;
}

std::optional<double> number_of(const promql::Value& value) {
  if (value.type == promql::ValueType::scalar) return value.scalar.value;
  if (value.series.size() != 1) return std::nullopt;
  return value.series[0].points[0].value;
}

}  // namespace

TEST_CASE("whoever asks the queries of a decision again at its instant gets its numbers",
          "[strategies][recording]") {
  std::size_t asked = 0;
  for (const char* strategy : {"rolling", "canary", "blue-green", "shadow"}) {
    for (const char* release : {"bad", "good"}) {
      RunSpec spec = spec_of(small_scenario({"onCall={respond: 1m}"}), strategy);
      spec.release = release;
      const Recording recording = record(spec);
      const SeriesStore store = stored(recording);
      for (const Event& event : recording.result.events) {
        for (const Evidence& evidence : event.evidence) {
          INFO(strategy << " " << release << ": " << event.reason << ": " << evidence.query);
          const auto value = number_of(
              promql::Query::parse(evidence.query).instant(store, to_timestamp(event.time)));
          CHECK(value == evidence.value);
          ++asked;
        }
      }
    }
  }
  CHECK(asked > 20);
}

TEST_CASE("recreate has an outage even with a good release", "[strategies][recreate]") {
  const RunResult good = play_small("recreate", "good");
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  // All pods are down from their stop until new ones are probed ready: seconds at 80 requests/s.
  CHECK(outcome(good, "excess_failed_requests") > 5 * 80);
  CHECK(outcome(good, "peak_pods") == 4);
}

TEST_CASE("a rolling update has no outage and brings a bad version to everyone",
          "[strategies][rolling]") {
  const RunResult good = play_small("rolling", "good");
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  CHECK(outcome(good, "excess_failed_requests") < 80);

  const RunResult bad = play_small("rolling", "bad");
  CHECK(bad.verdict == Verdict::promoted);
  CHECK_FALSE(has_outcome(bad, "time_to_detect"));
  // Some 9 min of 80 requests/s, a fifth of which fail.
  CHECK(outcome(bad, "excess_failed_requests") > 0.15 * 9 * 60 * 80);
  CHECK(outcome(bad, "users_exposed") > 1900);
}

TEST_CASE("maxSurge 0 keeps a rolling update within its pods", "[strategies][rolling]") {
  const std::vector<std::string> tight{"strategies[rolling].maxSurge=0",
                                       "strategies[rolling].maxUnavailable=1"};
  CHECK(outcome(play_small("rolling", "good"), "peak_pods") > 4);
  CHECK(outcome(play_small("rolling", "good", tight), "peak_pods") <= 5);
  CHECK(outcome(play_small("rolling", "good", tight), "rollout_duration") >
        outcome(play_small("rolling", "good"), "rollout_duration"));
}

TEST_CASE("a canary stops a bad release early and promotes a good one", "[strategies][canary]") {
  const RunResult bad = play_small("canary", "bad");
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(count_events(bad, "CheckFailed") == 2);
  CHECK(count_events(bad, "Stopped") == 1);
  const RunResult rolling = play_small("rolling", "bad");
  CHECK(outcome(bad, "excess_failed_requests") < outcome(rolling, "excess_failed_requests") / 4);
  // 15 s and two intervals of 1 min after the first exposure, and the proxy's delay.
  CHECK(outcome(bad, "time_to_detect") > 130);
  CHECK(outcome(bad, "time_to_detect") < 150);

  const RunResult good = play_small("canary", "good");
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  CHECK(count_events(good, "StepPassed") == 2);
  CHECK(outcome(good, "excess_failed_requests") < 40);
}

TEST_CASE("a canary's decisions carry their evidence", "[strategies][canary]") {
  const RunResult good = play_small("canary", "good");
  for (const Event& event : good.events) {
    if (event.reason != "StepPassed") continue;
    CHECK_THAT(event.message, Contains("weight ") && Contains(" requests in 1 min, limit 1 %"));
    REQUIRE_FALSE(event.evidence.empty());
    CHECK(event.evidence[0].samples > 500);
    CHECK(event.evidence[0].limit.has_value());
  }
}

TEST_CASE("every way to compare and to share reaches the same verdicts", "[strategies][canary]") {
  for (const char* compare : {"baseline", "stable", "none"}) {
    for (const char* by : {"weights", "replicas"}) {
      const std::vector<std::string> how{std::string("strategies[canary].compareWith=") + compare,
                                         std::string("strategies[canary].by=") + by};
      INFO(compare << " by " << by);
      const RunResult bad = play_small("canary", "bad", how);
      INFO(timeline_of(bad));
      CHECK(bad.verdict == Verdict::rolled_back);
      const RunResult good = play_small("canary", "good", how);
      INFO(timeline_of(good));
      CHECK(good.verdict == Verdict::promoted);
      CHECK(outcome(good, "excess_failed_requests") < 80);
    }
  }
}

TEST_CASE("a canary by weights never has fewer pods than before", "[strategies][canary]") {
  // stable 4 + canary 2 + baseline 2 at 50 %, then canary 4 at the promotion.
  const RunResult good = play_small("canary", "good");
  CHECK(outcome(good, "peak_pods") == 10);
  CHECK(outcome(good, "extra_pod_seconds") > 0);
}

TEST_CASE("a version that never becomes ready is given up by rolling and canary",
          "[strategies][rolling][canary]") {
  const std::vector<std::string> crash{"release.faults=[{crashOnStart: {p: 100%}}]",
                                       "strategies[canary].readyWithin=1m"};
  for (const char* strategy : {"rolling", "canary"}) {
    const RunResult bad = play_small(strategy, "bad", crash);
    INFO(timeline_of(bad));
    CHECK(bad.verdict == Verdict::aborted);
    CHECK(count_events(bad, "Stopped") == 1);
    CHECK(outcome(bad, "excess_failed_requests") < 40);
  }
}

TEST_CASE("errors that both versions have do not stop a canary that compares",
          "[strategies][canary]") {
  const std::string both = "faults=[{errorRate: {p: 5%, at: 90s}}]";
  const RunResult compared = play_small("canary", "good", {both});
  INFO(timeline_of(compared));
  CHECK(compared.verdict == Verdict::promoted);
  const RunResult blind =
      play_small("canary", "good", {both, "strategies[canary].compareWith=none"});
  CHECK(blind.verdict == Verdict::rolled_back);
}

TEST_CASE("a release is the same when played again", "[strategies]") {
  for (const char* strategy : {"recreate", "rolling", "canary"})
    CHECK(play_small(strategy, "bad").fingerprint == play_small(strategy, "bad").fingerprint);
}
