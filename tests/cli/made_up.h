/// A comparison made by hand, for the tests of what is printed.
#pragma once

#include <string>
#include <vector>

#include "sim/analysis/statistics.h"
#include "sim/experiment/compare.h"
#include "sim/scenario/scenario.h"

namespace coalmine::test {

inline constexpr std::size_t kRuns = 20;

/// 12 min, released at 2 min, with a fault (which nobody looks into).
inline Scenario made_up_scenario() {
  Scenario s;
  s.name = "small";
  s.title = "A small release";
  s.duration = std::chrono::minutes(12);
  s.release.at = std::chrono::minutes(2);
  s.release.faults.emplace_back();
  return s;
}

inline OutcomeSummary summary(double mean, double half_width, std::size_t n = kRuns) {
  OutcomeSummary o;
  o.mean = mean;
  o.low = mean - half_width;
  o.high = mean + half_width;
  o.p50 = mean;
  o.p95 = mean + half_width;
  o.n = n;
  return o;
}

inline OutcomeSummary never(double horizon, std::size_t n = kRuns) {
  OutcomeSummary o = summary(horizon, 0, n);
  o.censored = n;
  return o;
}

/// `events` of `n` runs.
inline OutcomeSummary share(std::size_t events, std::size_t n = kRuns) {
  const Interval wilson = wilson_interval(events, n);
  OutcomeSummary o;
  o.mean = static_cast<double>(events) / static_cast<double>(n);
  o.low = wilson.low;
  o.high = wilson.high;
  o.n = n;
  return o;
}

/// Runs by verdict; the mistake that goes with the release follows from them.
struct Verdicts {
  std::size_t promoted = 0, rolled_back = 0, by_on_call = 0, aborted = 0, held = 0;
};

inline ComparedStrategy row(const std::string& name,
                            const std::string& release,
                            const Verdicts& verdicts) {
  ComparedStrategy r;
  r.strategy = r.name = name;
  r.release = release;
  r.replications = kRuns;
  r.verdicts["promoted"] = share(verdicts.promoted);
  r.verdicts["rolled_back"] = share(verdicts.rolled_back);
  r.verdicts["rolled_back_by_on_call"] = share(verdicts.by_on_call);
  r.verdicts["aborted"] = share(verdicts.aborted);
  r.verdicts["held"] = share(verdicts.held);
  if (release == "good")
    r.verdicts["wrong_rollback"] = share(verdicts.rolled_back + verdicts.aborted);
  else
    r.verdicts["missed_bad_release"] = share(verdicts.promoted);
  return r;
}

/// Users harmed, replication by replication: above and below the mean in a rhythm of its own, so
/// that no two differ by a constant.
inline void harm(ComparedStrategy& r, double mean, double spread, std::size_t rhythm = 1) {
  r.excess_users_affected.clear();
  for (std::size_t i = 0; i < kRuns; ++i)
    r.excess_users_affected.push_back(mean + ((i / rhythm) % 2 == 0 ? spread : -spread));
  r.outcomes["excess_users_affected"] = summary(mean, spread / 2);
}

/// Rolling harms 2000 and is never stopped; the canary harms 150 and is stopped after 182 s, in 18
/// of 20 runs. Of the good releases, rolling lets all pass and the canary stops one.
inline CompareResult made_up() {
  CompareResult result;
  result.scenario = "small";
  result.seed = 7;
  result.replications = kRuns;

  ComparedStrategy rolling = row("rolling", "bad", {.promoted = 20});
  harm(rolling, 2000, 60);
  rolling.outcomes["excess_failed_requests"] = summary(7654321, 1000);
  rolling.outcomes["time_to_detect"] = never(600);
  rolling.outcomes["time_to_restore"] = never(600);
  result.strategies.push_back(rolling);

  ComparedStrategy canary = row("canary", "bad", {.promoted = 2, .rolled_back = 18});
  harm(canary, 150, 20, 2);
  canary.outcomes["excess_failed_requests"] = summary(200, 20);
  canary.outcomes["time_to_detect"] = summary(182, 60);
  canary.outcomes["time_to_detect"].p50 = 135;
  canary.outcomes["time_to_detect"].censored = 2;
  canary.outcomes["time_to_restore"] = summary(184, 52, 5);
  canary.outcomes["latency_p99"] = summary(0.1234567890123, 0);
  canary.paired_difference["excess_users_affected"] = summary(-1850, 35);
  canary.paired_difference["time_to_detect"] = summary(-418, 60);
  result.strategies.push_back(canary);

  ComparedStrategy good = row("rolling", "good", {.promoted = 20});
  harm(good, 0, 0);
  good.outcomes["rollout_duration"] = summary(65, 1);
  result.strategies.push_back(good);
  good = row("canary", "good", {.promoted = 19, .rolled_back = 1});
  harm(good, 1, 1);
  result.strategies.push_back(good);

  ComparedStrategy control = row("control", "none", {});
  control.verdicts.clear();
  control.outcomes["availability"] = summary(0.9995, 0.0001);
  result.strategies.push_back(control);
  return result;
}

}  // namespace coalmine::test
