// A release by hand: what each verb of the log does, on whole releases played through the engine.
#include <catch2/catch.hpp>

#include "tests/strategies/small_release.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

namespace {

RunResult by_hand(const std::string& actions,
                  const char* release = "bad",
                  std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), "strategies=[{manual: {actions: [" + actions + "]}}]");
  return play_small("manual", release, std::move(overrides));
}

const std::string kDeploy = "{at: 0s, do: deployNew, replicas: 2}, {at: 1s, do: waitReady}, ";

/// Time of the `nth` event with this reason, from 0.
Time time_of(const RunResult& result, std::string_view reason, std::size_t nth = 0) {
  for (const Event& event : result.events)
    if (event.reason == reason && nth-- == 0) return event.time;
  return kNever;
}
Time since_release(std::chrono::seconds s) {
  return kTimeZero + std::chrono::minutes(2) + s;
}

}  // namespace

TEST_CASE("a person promotes what they deployed and tried on a share", "[strategies][manual]") {
  const RunResult good =
      by_hand(kDeploy + "{at: 30s, do: route, share: 10%}, {at: 3m, do: promote}", "good");
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  CHECK(count_events(good, "Action") == 4);
  CHECK(count_events(good, "RouteChanged") == 2);
  CHECK(outcome(good, "excess_failed_requests") == 0);
  // Full size before the switch: 4 old and 4 new pods.
  CHECK(outcome(good, "peak_pods") == 8);
  CHECK(outcome(good, "rollout_duration") > 180);
}

TEST_CASE("a person who rolls back ends the harm and has detected it", "[strategies][manual]") {
  const RunResult bad =
      by_hand(kDeploy + "{at: 30s, do: route, share: 50%}, {at: 4m, do: rollBack}");
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(time_of(bad, "Stopped") == since_release(std::chrono::seconds(240)));
  // Half of 80 requests/s for 210 s, a fifth of which fail: 1680, sd 41.
  CHECK(outcome(bad, "excess_failed_requests") == Approx(1680).epsilon(0.12));
  CHECK(outcome(bad, "detected_fraction") == 1);
}

TEST_CASE("actions happen at their times from the release", "[strategies][manual]") {
  const RunResult bad =
      by_hand(kDeploy + "{at: 30s, do: route, share: 50%}, {at: 4m, do: rollBack}");
  CHECK(time_of(bad, "Action", 0) == since_release(std::chrono::seconds(0)));
  CHECK(time_of(bad, "Action", 1) == since_release(std::chrono::seconds(1)));
  CHECK(time_of(bad, "Action", 2) == since_release(std::chrono::seconds(30)));
  CHECK(time_of(bad, "Action", 3) == since_release(std::chrono::seconds(240)));
}

TEST_CASE("an action waits for the one before it", "[strategies][manual]") {
  // Pods need 40 s: the route that was meant for 10 s comes when they are there.
  const RunResult slow = by_hand(kDeploy + "{at: 10s, do: route, share: 10%}",
                                 "good",
                                 {"service.pod.start={p50: 40s, p99: 41s}"});
  INFO(timeline_of(slow));
  CHECK(time_of(slow, "Action", 2) > since_release(std::chrono::seconds(38)));
  CHECK(time_of(slow, "Action", 2) < since_release(std::chrono::seconds(60)));
}

TEST_CASE("a person who waits in vain goes on, and nothing is promoted without pods",
          "[strategies][manual]") {
  const RunResult bad =
      by_hand(kDeploy + "{at: 2m, do: promote}",
              "bad",
              {"release.faults=[{crashOnStart: {p: 100%}}]", "strategies[manual].readyWithin=30s"});
  INFO(timeline_of(bad));
  CHECK(count_events(bad, "NotReady") == 2);
  CHECK(bad.verdict == Verdict::held);
  CHECK(outcome(bad, "users_exposed") == 0);
}

TEST_CASE("a release nobody decides on is held and has no duration", "[strategies][manual]") {
  const RunResult bad = by_hand(kDeploy + "{at: 30s, do: route, share: 10%}");
  CHECK(bad.verdict == Verdict::held);
  CHECK_FALSE(has_outcome(bad, "rollout_duration"));
  CHECK_FALSE(has_outcome(bad, "time_to_detect"));
  CHECK(outcome(bad, "users_exposed") > 500);
}

TEST_CASE("whoever is on call stays behind a release that is left undecided",
          "[strategies][manual]") {
  const RunResult bad =
      by_hand(kDeploy + "{at: 30s, do: route, share: 50%}", "bad", {"onCall={respond: 30s}"});
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(count_events(bad, "Stopped") == 1);
}

TEST_CASE("the last verb decides: a promotion can be rolled back", "[strategies][manual]") {
  const RunResult bad = by_hand(kDeploy + "{at: 30s, do: promote}, {at: 4m, do: rollBack}");
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::rolled_back);
  CHECK(outcome(bad, "users_exposed") > 1900);
}

TEST_CASE("copies made by hand reach no user", "[strategies][manual]") {
  const RunResult bad = by_hand(kDeploy + "{at: 30s, do: mirror, share: 50%}");
  INFO(timeline_of(bad));
  CHECK(outcome(bad, "users_exposed") == 0);
  CHECK(outcome(bad, "excess_failed_requests") == 0);
  // The first copy met the fault.
  CHECK(has_outcome(bad, "detected_fraction"));
}

TEST_CASE("only users with the header are sent to the new version", "[strategies][manual]") {
  const std::string testers =
      "traffic.segments=[{name: testers, share: 5%, headers: {x-tester: yes}}]";
  const std::string by_header = kDeploy + "{at: 30s, do: routeMatching, header: x-tester";
  const RunResult bad = by_hand(by_header + ", value: yes}", "bad", {testers});
  INFO(timeline_of(bad));
  // 5 % of 2000 users.
  CHECK(outcome(bad, "users_exposed") > 60);
  CHECK(outcome(bad, "users_exposed") < 140);
  CHECK(outcome(by_hand(by_header + "}", "bad", {testers}), "users_exposed") ==
        outcome(bad, "users_exposed"));
  CHECK(outcome(by_hand(by_header + ", value: no}", "bad", {testers}), "users_exposed") == 0);
}

TEST_CASE("scale means the new version's pods unless it says the old ones'",
          "[strategies][manual]") {
  const std::string route = "{at: 20s, do: route, share: 50%}";
  const RunResult more = by_hand(kDeploy + route + ", {at: 30s, do: scale, replicas: 6}", "good");
  CHECK(outcome(more, "peak_pods") == 10);
  const RunResult fewer =
      by_hand(kDeploy + route + ", {at: 30s, do: scale, of: old, replicas: 1}", "good");
  CHECK(outcome(fewer, "peak_pods") == 6);
  CHECK(outcome(fewer, "extra_pod_seconds") < 0);
}

TEST_CASE("the timeline says what the person did in the words of the scenario",
          "[strategies][manual]") {
  const RunResult bad = by_hand(
      kDeploy + "{at: 5s, do: scale, of: old, replicas: 3}, {at: 30s, do: mirror, share: 25%}");
  std::vector<std::string> said;
  for (const Event& event : bad.events)
    if (event.reason == "Action") said.push_back(event.message);
  CHECK(said == std::vector<std::string>{"deployNew replicas: 2",
                                         "waitReady",
                                         "scale replicas: 3 of: old",
                                         "mirror share: 25%"});
}
