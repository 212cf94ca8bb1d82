// One replication: what it promises (reproducible, fair, nothing lost) and what it measures.
#include "sim/experiment/run.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/experiment/outcome_names.h"
#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

constexpr std::array<const char*, 6> kStrategies{
    "recreate", "rolling", "canary", "blue-green", "shadow", "manual"};

/// Every user request of a run by id; index = id.
std::vector<RequestRecord> trace_of(const std::shared_ptr<const Scenario>& scenario,
                                    std::string_view strategy,
                                    std::string_view release) {
  std::vector<RequestRecord> records;
  Stage stage(scenario, release);
  stage.world.data_plane->trace_to(&records);
  if (strategy != "control") stage.play_strategy(strategy);
  stage.advance_to_end();
  stage.world.data_plane->settle();
  std::sort(records.begin(), records.end(), [](const RequestRecord& a, const RequestRecord& b) {
    return a.id < b.id;
  });
  return records;
}

/// Calls `same` for each request that both runs have finished.
template <class Same>
std::size_t for_each_pair(const std::vector<RequestRecord>& a,
                          const std::vector<RequestRecord>& b,
                          Same same) {
  std::size_t pairs = 0;
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    if (a[i].id != b[k].id) {
      a[i].id < b[k].id ? ++i : ++k;
      continue;
    }
    same(a[i++], b[k++]);
    ++pairs;
  }
  return pairs;
}

/// Events of the human, not those of the alert.
std::size_t count_of_on_call(const RunResult& result, std::string_view reason) {
  std::size_t count = 0;
  for (const Event& e : result.events) count += e.object == "on-call" && e.reason == reason;
  return count;
}

std::set<std::string> names_of(const RunResult& result) {
  std::set<std::string> names;
  for (const auto& [name, value] : result.outcomes) names.insert(name);
  return names;
}

}  // namespace

// ---- reproducible

TEST_CASE("the same seed gives the same run to the last bit", "[experiment][run]") {
  const auto scenario = short_scenario();
  for (const char* strategy : kStrategies) {
    INFO(strategy);
    const RunResult a = play(spec_of(scenario, strategy));
    const RunResult b = play(spec_of(short_scenario(), strategy));
    CHECK(a.fingerprint == b.fingerprint);
    CHECK(a.outcomes == b.outcomes);
    CHECK(a.requests == b.requests);
    CHECK(a.events.size() == b.events.size());
  }
}

TEST_CASE("the fingerprint is the same under every compiler and build type", "[experiment][run]") {
  // Frozen numbers: they change only with the model, and then on purpose. The sanitizer build
  // (clang, Debug) and the release build (g++, -O3) must both give them.
  const auto scenario = short_scenario();
  CHECK(play(spec_of(scenario, "control")).fingerprint == 0xce2f863bc5a2265cULL);
  CHECK(play(spec_of(scenario, "rolling")).fingerprint == 0xbc7b198a93af3072ULL);
  CHECK(play(spec_of(scenario, "canary")).fingerprint == 0xe2068e1377aefca1ULL);
}

TEST_CASE("another seed, replication, strategy or release is another run", "[experiment][run]") {
  const auto scenario = short_scenario();
  std::set<std::uint64_t> seen;
  RunSpec spec = spec_of(scenario, "rolling");
  seen.insert(play(spec).fingerprint);
  spec.replication = 1;
  seen.insert(play(spec).fingerprint);
  seen.insert(play(spec_of(scenario, "rolling", "bad", 8)).fingerprint);
  seen.insert(play(spec_of(scenario, "rolling", "good")).fingerprint);
  seen.insert(play(spec_of(scenario, "canary")).fingerprint);
  seen.insert(play(spec_of(scenario, "control")).fingerprint);
  CHECK(seen.size() == 6);
}

TEST_CASE("a run is told to stop and says so", "[experiment][run]") {
  std::stop_source stop;
  stop.request_stop();
  const RunResult result = play(spec_of(short_scenario(), "rolling"), stop.get_token());
  CHECK(result.interrupted);
  CHECK(result.outcomes.empty());
}

// ---- fair

TEST_CASE("request i arrives at the same instant whatever the strategy", "[experiment][fair]") {
  const auto scenario = short_scenario();
  const auto control = trace_of(scenario, "control", "bad");
  // 11 min of 60 requests/s with the settling minute.
  REQUIRE(control.size() > 38'000);
  for (const char* strategy : kStrategies) {
    INFO(strategy);
    const auto run = trace_of(scenario, strategy, "bad");
    std::size_t different = 0;
    const std::size_t pairs =
        for_each_pair(control, run, [&](const RequestRecord& a, const RequestRecord& b) {
          different += a.arrival != b.arrival;
        });
    CHECK(different == 0);
    // All but the few in flight at the end are finished in both.
    CHECK(pairs > control.size() - 50);
    CHECK(pairs > run.size() - 50);
  }
}

TEST_CASE("until the release begins every strategy's edge is the control's", "[experiment][fair]") {
  const auto scenario = short_scenario();
  const std::int64_t released = scenario->release.at.count();
  const auto before = [released](std::vector<RequestRecord> records) {
    records.erase(std::remove_if(records.begin(),
                                 records.end(),
                                 [&](const RequestRecord& r) { return r.edge_time >= released; }),
                  records.end());
    return records;
  };
  const auto control = before(trace_of(scenario, "control", "bad"));
  REQUIRE(control.size() > 10'000);
  for (const char* strategy : kStrategies) {
    INFO(strategy);
    const auto run = before(trace_of(scenario, strategy, "bad"));
    REQUIRE(run.size() == control.size());
    std::size_t different = 0;
    for_each_pair(control, run, [&](const RequestRecord& a, const RequestRecord& b) {
      different += a.pod != b.pod || a.start != b.start || a.edge_time != b.edge_time ||
                   a.outcome != b.outcome;
    });
    CHECK(different == 0);
  }
}

// Nobody queues here, so the time in service is the request's own demand.
TEST_CASE("request i demands the same whoever serves it", "[experiment][fair]") {
  const auto scenario = short_scenario();
  const auto control = trace_of(scenario, "control", "bad");
  for (const char* strategy : kStrategies) {
    INFO(strategy);
    std::size_t compared = 0, different = 0, elsewhere = 0;
    for_each_pair(control,
                  trace_of(scenario, strategy, "good"),
                  [&](const RequestRecord& a, const RequestRecord& b) {
                    if (a.outcome != Outcome::ok || b.outcome != Outcome::ok) return;
                    ++compared;
                    elsewhere += a.pod != b.pod;
                    different += a.edge_time - a.start != b.edge_time - b.start;
                  });
    CHECK(compared > 25'000);
    CHECK(elsewhere > 1'000);
    CHECK(different == 0);
  }
}

// The fault's coin is (fault, request): whoever reaches the new version under two strategies fares
// the same under both.
TEST_CASE("a request has the same luck with the fault under every strategy", "[experiment][fair]") {
  const auto scenario = short_scenario({"onCall=none"});
  const auto recreate = trace_of(scenario, "recreate", "bad");
  const auto rolling = trace_of(scenario, "rolling", "bad");
  const std::int64_t settled = (scenario->release.at + 3min).count();
  std::size_t failed = 0, different = 0;
  for_each_pair(recreate, rolling, [&](const RequestRecord& a, const RequestRecord& b) {
    if (a.arrival < settled) return;
    failed += a.outcome == Outcome::error;
    different += a.outcome != b.outcome;
  });
  // 5 min of 60 requests/s, 30 % of which fail: 5400, sd 61.
  CHECK(failed > 5'100);
  CHECK(failed < 5'700);
  CHECK(different == 0);
}

// Copies load the shadow and the service called, and there is room for them: nobody waits. Then the
// originals, and the calls made for them, cannot tell that they are copied: they draw what they
// drew, meet the same pods and end at the same instant.
TEST_CASE("mirrored copies do not disturb the draws of their originals", "[experiment][fair]") {
  const auto scenario =
      short_scenario({"service.calls=[{service: db, perRequest: 1.5}]",
                      "services=[{name: db, replicas: 1, pod: {concurrency: 200}, errorRate: 2%, "
                      "response: {p50: 10ms, p99: 50ms}}]",
                      "service.pod.concurrency=200",
                      "service.errorRate=1%",
                      "onCall=none",
                      "strategies[shadow].for=30m"});
  const auto control = trace_of(scenario, "control", "bad");
  const auto run = trace_of(scenario, "shadow", "good");
  std::size_t different = 0, failed = 0;
  const std::size_t pairs =
      for_each_pair(control, run, [&](const RequestRecord& a, const RequestRecord& b) {
        failed += a.outcome != Outcome::ok;
        different += a.arrival != b.arrival || a.pod != b.pod || a.start != b.start ||
                     a.edge_time != b.edge_time || a.outcome != b.outcome;
      });
  // 39 600 originals with 1.5 calls each; of 8 min of copies only the calls have a sender.
  CHECK(pairs > 93'000);
  CHECK(run.size() > control.size() + 35'000);
  CHECK(failed > 1'000);
  CHECK(different == 0);
}

// With an objective that every request breaks, users_affected counts who came at all: one number
// for all strategies only if the same people send the same requests.
TEST_CASE("the same people come whatever the strategy", "[experiment][fair]") {
  const auto scenario =
      short_scenario({"traffic.users=1000000", "objectives=[{latency: 1us, target: 99%}]"});
  const double control = outcome(play(spec_of(scenario, "control")), "users_affected");
  CHECK(control > 20'000);
  for (const char* strategy : kStrategies) {
    INFO(strategy);
    CHECK(outcome(play(spec_of(scenario, strategy, "good")), "users_affected") == control);
  }
}

TEST_CASE("the control has no excess over itself", "[experiment][run]") {
  const auto scenario = short_scenario({"service.errorRate=2%"});
  PlayedRun run = play_alone(spec_of(scenario, "control"));
  const PlayedRun control = run;
  add_excess(run, control, *scenario);
  CHECK(outcome(run.result, "failed_requests") > 0);
  CHECK(outcome(run.result, "excess_failed_requests") == 0);
  CHECK(outcome(run.result, "excess_users_affected") == 0);
  CHECK(outcome(run.result, "excess_error_budget_consumed") == 0);
  CHECK_FALSE(run.result.harmed);
  CHECK_FALSE(run.result.outcomes.at("time_to_restore").has_value());
}

// ---- nothing lost

TEST_CASE("at every instant each request sent is finished or still waited for",
          "[experiment][conservation]") {
  const std::vector<std::string> busy{"service.response.p50=350ms", "service.response.p99=900ms"};
  const auto with = [&busy](std::vector<std::string> more) {
    more.insert(more.begin(), busy.begin(), busy.end());
    return more;
  };
  const std::vector<std::vector<std::string>> worlds{
      {},
      with({}),
      with({"service.pod.discipline=ps", "service.pod.cores=4"}),
      with({"service.pod.discipline=lifo", "service.pod.queue=16"})};
  for (std::size_t w = 0; w < worlds.size(); ++w)
    for (const char* strategy : kStrategies) {
      INFO("world " << w << ", " << strategy);
      Stage stage(short_scenario(worlds[w]));
      stage.play_strategy(strategy);
      DataPlane& plane = *stage.world.data_plane;
      std::size_t broken = 0, ahead = 0;
      for (Duration t = 0s; t < stage.scenario().duration; t += 1237ms) {
        stage.advance_to(t);
        plane.settle();  // finished() counts lazily
        broken += plane.sent() != plane.finished() + plane.unanswered();
        ahead += plane.served() > plane.finished();
      }
      CHECK(broken == 0);
      CHECK(ahead == 0);
      CHECK(plane.sent() > 30'000);
    }
}

// ---- what each strategy does to users

TEST_CASE("recreate turns everybody away for a while even when the release is good",
          "[experiment][recreate]") {
  const auto scenario = short_scenario();
  const RunResult good = play(spec_of(scenario, "recreate", "good"));
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  // Pods start in 3 s at least; 60 requests/s.
  CHECK(outcome(good, "excess_failed_requests") > 3 * 60);
  CHECK(outcome(good, "excess_failed_requests") < 60 * 60);

  const auto records = trace_of(scenario, "recreate", "good");
  const std::int64_t released = scenario->release.at.count();
  std::size_t no_endpoint = 0, out_of_place = 0;
  for (const RequestRecord& r : records) {
    no_endpoint += r.outcome == Outcome::no_endpoint;
    if (r.outcome != Outcome::ok)
      out_of_place += r.arrival < released || r.arrival > released + Duration(1min).count();
  }
  CHECK(no_endpoint > 3 * 60);
  CHECK(out_of_place == 0);
}

TEST_CASE("a rolling update brings a bad version to everybody when nobody watches",
          "[experiment][rolling]") {
  const auto scenario = short_scenario({"onCall=none"});
  const RunResult bad = play(spec_of(scenario, "rolling"));
  INFO(timeline_of(bad));
  CHECK(bad.verdict == Verdict::promoted);
  // Some 7 min of 60 requests/s among 3000 users: 8 each, so e^-8 of them never come.
  CHECK(outcome(bad, "users_exposed") > 2'950);
  CHECK(outcome(bad, "detected_fraction") == 0);
  CHECK_FALSE(bad.outcomes.at("time_to_detect").has_value());
  CHECK_FALSE(bad.outcomes.at("time_to_restore").has_value());
  CHECK(bad.harmed);

  const auto records = trace_of(scenario, "rolling", "bad");
  const std::int64_t last_minute = (scenario->duration - 1min).count();
  double sent = 0, failed = 0;
  for (const RequestRecord& r : records)
    if (r.arrival >= last_minute) {
      ++sent;
      failed += r.outcome == Outcome::error;
    }
  CHECK(failed / sent == Approx(0.3).margin(0.03));
}

TEST_CASE("a canary stops a bad release and harms fewer than a rolling update",
          "[experiment][canary]") {
  const auto scenario = short_scenario({"onCall=none"});
  const RunResult canary = play(spec_of(scenario, "canary"));
  const RunResult rolling = play(spec_of(scenario, "rolling"));
  INFO(timeline_of(canary));
  CHECK(canary.verdict == Verdict::rolled_back);
  CHECK(count_events(canary, "Stopped") == 1);
  CHECK(outcome(canary, "detected_fraction") == 1);
  CHECK(outcome(canary, "excess_users_affected") < outcome(rolling, "excess_users_affected") / 2);
  CHECK(outcome(canary, "excess_failed_requests") < outcome(rolling, "excess_failed_requests") / 4);
  CHECK(outcome(canary, "users_exposed") < outcome(rolling, "users_exposed"));
  CHECK(outcome(canary, "exposure_duration") < outcome(rolling, "exposure_duration"));

  const RunResult good = play(spec_of(scenario, "canary", "good"));
  INFO(timeline_of(good));
  CHECK(good.verdict == Verdict::promoted);
  CHECK(outcome(good, "excess_failed_requests") < 60);
}

// ---- the human behind it

TEST_CASE("the on-call human ends what the strategy does not see", "[experiment][on-call]") {
  const RunResult alone = play(spec_of(short_scenario({"onCall=none"}), "rolling"));
  const RunResult watched = play(spec_of(short_scenario(), "rolling"));
  INFO(timeline_of(watched));
  CHECK(alone.verdict == Verdict::promoted);
  CHECK(watched.verdict == Verdict::rolled_back);
  CHECK(count_of_on_call(alone, "Paged") == 0);
  CHECK(count_of_on_call(watched, "Paged") == 1);
  CHECK(outcome(watched, "detected_fraction") == 1);
  CHECK(outcome(watched, "detected_before_harm") == 0);
  // The page comes first, then the time to respond.
  CHECK(outcome(watched, "time_to_detect") > outcome(watched, "time_to_alert") + 10);
  CHECK(outcome(watched, "excess_failed_requests") < outcome(alone, "excess_failed_requests"));
  // The burn rate is the same alert with nobody to hear it.
  CHECK(outcome(alone, "time_to_alert") == outcome(watched, "time_to_alert"));
}

TEST_CASE("a promotion that the human takes back is no verdict any more", "[experiment][on-call]") {
  const RunResult whole = play(spec_of(short_scenario(), "rolling"));
  const auto stopped = std::find_if(whole.events.begin(), whole.events.end(), [](const Event& e) {
    return e.object == "on-call" && e.reason == "Stopped";
  });
  REQUIRE(stopped != whole.events.end());
  // The run ends a second later: neither version is in charge.
  const Duration end = stopped->time - kTimeZero + 1s;
  const RunResult cut = play(spec_of(
      short_scenario({"duration=" + std::to_string(end / Duration(1ms)) + "ms"}), "rolling"));
  INFO(timeline_of(cut));
  CHECK(cut.verdict == Verdict::held);
  CHECK_FALSE(cut.outcomes.at("rollout_duration").has_value());
}

// The old version's pods crash at every start but the settled ones' before the run.
TEST_CASE("it is a rollback only if the old version is back", "[experiment][on-call]") {
  const RunResult stuck = play(spec_of(
      short_scenario(
          {"duration=45m", "traffic.rate=20/s", "faults=[{crashOnStart: {on: {version: v1}}}]"}),
      "rolling"));
  INFO(timeline_of(stuck));
  CHECK(count_of_on_call(stuck, "Stopped") == 1);
  CHECK(stuck.verdict == Verdict::held);
  CHECK_FALSE(stuck.outcomes.at("rollout_duration").has_value());
}

TEST_CASE("on a good release the human has nothing to do and changes nothing",
          "[experiment][on-call]") {
  for (const char* strategy : {"rolling", "canary"}) {
    INFO(strategy);
    const RunResult alone = play(spec_of(short_scenario({"onCall=none"}), strategy, "good"));
    const RunResult watched = play(spec_of(short_scenario(), strategy, "good"));
    CHECK(alone.fingerprint == watched.fingerprint);
    CHECK(alone.outcomes == watched.outcomes);
  }
}

// ---- what is measured

// Whoever reads the JSON of a run finds every name in every run, null where there is nothing.
TEST_CASE("every run reports the outcomes of the design by their names and no others",
          "[experiment][outcomes]") {
  std::set<std::string> all{"error_budget_consumed_0"};  // one value per objective
  for (const OutcomeName& outcome : kOutcomeNames) all.insert(std::string(outcome.name));
  const auto scenario = short_scenario();
  CHECK(names_of(play(spec_of(scenario, "control"))) == all);
  for (const char* release : {"bad", "good"})
    for (const char* strategy : kStrategies) {
      INFO(strategy << ", " << release);
      CHECK(names_of(play(spec_of(scenario, strategy, release))) == all);
    }
}

TEST_CASE("outcomes cover release.at to the end and agree with each other",
          "[experiment][outcomes]") {
  const auto scenario = short_scenario({"onCall=none"});
  const RunResult run = play(spec_of(scenario, "rolling"));
  const RunResult control = play(spec_of(scenario, "control"));
  // 8 min of 60 requests/s: 28 800, sd 170.
  CHECK(outcome(run, "requests") == Approx(28'800).margin(700));
  CHECK(outcome(run, "availability") ==
        Approx(1 - outcome(run, "failed_requests") / outcome(run, "requests")));
  CHECK(outcome(run, "latency_p50") <= outcome(run, "latency_p90"));
  CHECK(outcome(run, "latency_p90") <= outcome(run, "latency_p99"));
  CHECK(outcome(run, "users_affected") <= 3'000);
  // The budget of a month: 0.1 % of 60/s for 30 days.
  CHECK(outcome(run, "error_budget_consumed") ==
        Approx(outcome(run, "failed_requests") / (0.001 * 60 * 30 * 86'400)));
  CHECK(outcome(run, "excess_failed_requests") ==
        outcome(run, "failed_requests") - outcome(control, "failed_requests"));
  // Nobody was released on in the control, which costs nothing beyond its steady pods.
  CHECK(outcome(control, "users_exposed") == 0);
  CHECK(outcome(control, "peak_pods") == 4);
  CHECK(outcome(control, "extra_pod_seconds") == Approx(0).margin(1e-6));
  CHECK_FALSE(control.outcomes.at("time_to_detect").has_value());
  CHECK_FALSE(control.outcomes.at("detected_fraction").has_value());
  CHECK_FALSE(control.outcomes.at("rollout_duration").has_value());
  CHECK_FALSE(control.outcomes.at("latency_p50_new").has_value());
  // 25 % of 4 pods more, and terminating ones beside them.
  CHECK(outcome(run, "peak_pods") > 4);
  CHECK(outcome(run, "extra_pod_seconds") > 0);
}

// Bad events are counted from release.at on, to the request: whatever bin that falls into.
TEST_CASE("budgets count from the release on, wherever in the run it begins",
          "[experiment][outcomes]") {
  const auto scenario = short_scenario({"release.at=128s", "service.errorRate=2%"});
  const RunResult control = play(spec_of(scenario, "control"));
  CHECK(outcome(control, "error_budget_consumed") ==
        Approx(outcome(control, "failed_requests") / (0.001 * 60 * 30 * 86'400)));
}

// Tolerated is a tenth of the default objective's budget share, not a tenth of all requests.
TEST_CASE("without objectives there is no budget, and harm is harm all the same",
          "[experiment][outcomes]") {
  const auto scenario = short_scenario({"objectives=[]", "release.faults=[{errorRate: {p: 5%}}]"});
  const RunResult run = play(spec_of(scenario, "rolling"));
  CHECK_FALSE(run.outcomes.at("error_budget_consumed").has_value());
  CHECK_FALSE(run.outcomes.at("excess_error_budget_consumed").has_value());
  CHECK(run.harmed);
}

TEST_CASE("a page that fires already when the fault reaches users takes no time",
          "[experiment][outcomes]") {
  const RunResult run =
      play(spec_of(short_scenario({"service.errorRate=5%", "onCall=none"}), "rolling"));
  CHECK(count_events(run, "Paged") == 1);
  CHECK(outcome(run, "time_to_alert") == 0);
}

// Five in a thousand requests of a canary that gets 15 a second: too few to tell from luck in a
// minute, and yet some users had a failure each.
TEST_CASE("a decision comes before harm only if nobody had a bad answer by then",
          "[experiment][outcomes]") {
  const std::vector<std::string> strict{"onCall=none",
                                        "strategies[canary].maxErrorRatio=0%",
                                        "strategies[canary].compareWith=none",
                                        "strategies[canary].failureLimit=1"};
  const auto with = [&](const char* faults) {
    auto overrides = strict;
    overrides.emplace_back(faults);
    return short_scenario(overrides);
  };
  const RunResult thin = play(spec_of(with("release.faults=[{errorRate: {p: 0.5%}}]"), "canary"));
  CHECK(thin.verdict == Verdict::rolled_back);
  CHECK_FALSE(thin.harmed);
  CHECK(outcome(thin, "detected_before_harm") == 0);

  // Slower, but within every promise.
  auto slower = strict;
  slower.emplace_back("strategies[canary].maxP99=110ms");
  slower.emplace_back("release.faults=[{latency: {shift: 50ms}}]");
  const RunResult early = play(spec_of(short_scenario(slower), "canary"));
  CHECK(early.verdict == Verdict::rolled_back);
  CHECK(outcome(early, "detected_before_harm") == 1);

  const RunResult good = play(spec_of(short_scenario(), "rolling", "good"));
  CHECK_FALSE(good.outcomes.at("detected_before_harm").has_value());
}

// Requests are recorded from zero on, a few seconds of outage are 4 % of what has been seen by then
// and 0.1 % of what an hour of such traffic has. A page would take the good release back.
TEST_CASE("traffic that is recorded from zero on has a past as well", "[experiment][past]") {
  auto scenario = std::make_shared<Scenario>(*short_scenario());
  scenario->traffic.kind = TrafficSettings::Kind::trace_offsets;
  for (int i = 0; i < 36'000; ++i) scenario->traffic.trace.emplace_back(i * Duration(1s) / 60, 1.0);
  const RunResult good = play(spec_of(scenario, "recreate", "good"));
  INFO(timeline_of(good));
  CHECK(outcome(good, "excess_failed_requests") > 3 * 60);
  CHECK(count_events(good, "Paged") == 0);
  CHECK(good.verdict == Verdict::promoted);
}

// A request a second, one in five hundred of which fails: two errors in a bad minute are not what
// six hours are like.
TEST_CASE("a good day of little traffic pages nobody", "[experiment][past]") {
  const auto scenario = short_scenario({"traffic.rate=1/s", "service.errorRate=0.2%"});
  RunSpec spec = spec_of(scenario, "control");
  for (; spec.replication < 20; ++spec.replication) {
    INFO(spec.replication);
    const RunResult run = play_alone(spec).result;
    const auto page = std::find_if(run.events.begin(), run.events.end(), [](const Event& e) {
      return e.reason == "Paged" && e.time < kTimeZero + 1min;
    });
    CHECK(page == run.events.end());
  }
}

// A coin that never falls harms nobody, so there is nothing to detect and nobody is exposed to it.
TEST_CASE("a fault with probability zero is no exposure", "[experiment][outcomes]") {
  const auto scenario = short_scenario(
      {"onCall=none", "release.faults=[{errorRate: {p: 0%}}, {crashOnStart: {p: 0%}}]"});
  const RunResult run = play(spec_of(scenario, "rolling"));
  CHECK(outcome(run, "users_exposed") > 0);
  CHECK(outcome(run, "exposure_duration") == 0);
  CHECK_FALSE(run.outcomes.at("detected_fraction").has_value());
}
