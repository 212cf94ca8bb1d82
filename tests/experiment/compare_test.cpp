// Strategies side by side: an answer that hangs on the seed alone, and rows that mean what they
// say.
#include "sim/experiment/compare.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <stop_token>
#include <string>

#include "sim/experiment/outcome_names.h"
#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

constexpr std::size_t kRunsPerReplication = 1 + 2 * 6;  // the control, 6 strategies on 2 releases

std::shared_ptr<const Scenario> scenario_to_compare() {
  return short_scenario({"duration=8m", "traffic.rate=40/s", "onCall=none"});
}

void write(std::ostream& out, const std::map<std::string, OutcomeSummary>& outcomes) {
  const auto number = [&out](std::optional<double> v) {
    if (v)
      out << *v << ' ';
    else
      out << "- ";
  };
  for (const auto& [name, o] : outcomes) {
    out << "  " << name << ' ';
    for (const auto v : {o.mean, o.low, o.high, o.p50, o.p95}) number(v);
    out << o.n << ' ' << o.censored << '\n';
  }
}

/// Every number of a result, to the last bit.
std::string text_of(const CompareResult& result) {
  std::ostringstream out;
  out << std::hexfloat << result.scenario << ' ' << result.seed << ' ' << result.replications
      << '\n';
  for (const ComparedStrategy& row : result.strategies) {
    out << row.strategy << ' ' << row.name << ' ' << row.release << ' ' << row.replications << '\n';
    write(out, row.verdicts);
    write(out, row.outcomes);
    out << " paired\n";
    write(out, row.paired_difference);
  }
  return out.str();
}

CompareResult compare_with(std::size_t replications, int threads, std::uint64_t seed = 7) {
  CompareOptions options;
  options.replications = replications;
  options.threads = threads;
  return compare(scenario_to_compare(), seed, options);
}

const ComparedStrategy& row_of(const CompareResult& result,
                               const std::string& name,
                               const std::string& release) {
  for (const ComparedStrategy& row : result.strategies)
    if (row.name == name && row.release == release) return row;
  FAIL("no row " << name << ", " << release);
  return result.strategies.front();
}

double share(const ComparedStrategy& row, const std::string& verdict) {
  return row.verdicts.at(verdict).mean.value();
}

double mean(const ComparedStrategy& row, const std::string& name) {
  INFO(name << " of " << row.name);
  REQUIRE(row.outcomes.count(name) == 1);
  REQUIRE(row.outcomes.at(name).mean.has_value());
  return *row.outcomes.at(name).mean;
}

}  // namespace

TEST_CASE("a comparison does not depend on the number of threads", "[experiment][compare]") {
  const std::string one = text_of(compare_with(3, 1));
  CHECK(one == text_of(compare_with(3, 2)));
  CHECK(one == text_of(compare_with(3, 2)));
  CHECK(one != text_of(compare_with(3, 2, 8)));
}

TEST_CASE("a comparison lists the bad releases, then the good ones, then the control",
          "[experiment][compare]") {
  const CompareResult result = compare_with(3, 2);
  CHECK(result.scenario == "short");
  CHECK(result.seed == 7);
  CHECK(result.replications == 3);
  CHECK_FALSE(result.interrupted);
  std::string order;
  for (const ComparedStrategy& row : result.strategies) order += row.name + "/" + row.release + " ";
  CHECK(order ==
        "recreate/bad rolling/bad canary/bad blue-green/bad shadow/bad manual/bad recreate/good "
        "rolling/good canary/good blue-green/good shadow/good manual/good control/none ");

  for (const ComparedStrategy& row : result.strategies) {
    INFO(row.name << ", " << row.release);
    CHECK(row.replications == 3);
    if (row.release == "none") {
      CHECK(row.verdicts.empty());
      CHECK(row.paired_difference.empty());
      continue;
    }
    double sum = 0;
    for (const char* verdict : {"promoted", "rolled_back", "aborted", "held"})
      sum += share(row, verdict);
    CHECK(sum == Approx(1));
    CHECK(row.verdicts.count("missed_bad_release") == (row.release == "bad" ? 1 : 0));
    CHECK(row.verdicts.count("wrong_rollback") == (row.release == "good" ? 1 : 0));
    CHECK(row.paired_difference.empty() == (row.name == "recreate"));
    for (const auto& [name, o] : row.outcomes) {
      INFO(name);
      CHECK(o.n <= 3);
      CHECK(o.censored <= o.n);
      CHECK(o.mean.has_value() == (o.n > 0));
      if (!o.low) continue;
      CHECK(*o.low <= *o.mean);
      CHECK(*o.mean <= *o.high);
    }
  }
}

TEST_CASE("a comparison says who misses the bad release and whom it hurts",
          "[experiment][compare]") {
  const CompareResult result = compare_with(3, 2);
  const ComparedStrategy& rolling = row_of(result, "rolling", "bad");
  const ComparedStrategy& canary = row_of(result, "canary", "bad");
  CHECK(share(rolling, "missed_bad_release") == 1);
  CHECK(share(canary, "missed_bad_release") == 0);
  CHECK(mean(canary, "excess_users_affected") < mean(rolling, "excess_users_affected") / 2);
  CHECK(share(row_of(result, "rolling", "good"), "wrong_rollback") == 0);
  // The canary's p99 of some 500 requests is noisy enough to stop a good release now and then.
  const ComparedStrategy& good = row_of(result, "canary", "good");
  CHECK(share(good, "wrong_rollback") ==
        Approx(share(good, "rolled_back") + share(good, "aborted")));

  // Means of pairs: the difference of the means is the mean of the differences.
  const ComparedStrategy& first = row_of(result, "recreate", "bad");
  const OutcomeSummary& difference = canary.paired_difference.at("excess_users_affected");
  CHECK(difference.n == 3);
  CHECK(*difference.mean ==
        Approx(mean(canary, "excess_users_affected") - mean(first, "excess_users_affected")));
  CHECK(*difference.high < 0);
}

TEST_CASE("a time that never comes is censored at the end, not left out", "[experiment][compare]") {
  const CompareResult result = compare_with(3, 2);
  const ComparedStrategy& rolling = row_of(result, "rolling", "bad");
  const OutcomeSummary& detect = rolling.outcomes.at("time_to_detect");
  CHECK(detect.n == 3);
  CHECK(detect.censored == 3);
  CHECK(*detect.mean == Approx(6 * 60));  // the horizon: duration - release.at
  CHECK(row_of(result, "canary", "bad").outcomes.at("time_to_detect").censored == 0);
  // A good release has nothing to detect, the control nothing to roll out.
  CHECK(row_of(result, "rolling", "good").outcomes.at("time_to_detect").n == 0);
  CHECK(row_of(result, "control", "none").outcomes.at("time_to_detect").n == 0);
  CHECK(row_of(result, "control", "none").outcomes.at("rollout_duration").n == 0);
}

TEST_CASE("every row of a comparison has every outcome of the design", "[experiment][compare]") {
  const CompareResult result = compare_with(2, 2);
  for (const ComparedStrategy& row : result.strategies)
    for (const OutcomeName& outcome : kOutcomeNames) {
      INFO(outcome.name << " of " << row.name << ", " << row.release);
      CHECK(row.outcomes.count(std::string(outcome.name)) == 1);
    }
}

TEST_CASE("what is either so or not has Wilson's interval, within 0 and 1",
          "[experiment][compare]") {
  const CompareResult result = compare_with(3, 2);
  const ComparedStrategy& canary = row_of(result, "canary", "bad");
  const ComparedStrategy& rolling = row_of(result, "rolling", "bad");
  // 3 of 3 and 0 of 3: [n / (n + z^2), 1] and its mirror.
  const double edge = 3 / (3 + 1.959964 * 1.959964);
  for (const OutcomeSummary* all :
       {&rolling.verdicts.at("promoted"), &canary.outcomes.at("detected_fraction")}) {
    CHECK(*all->mean == 1);
    CHECK(*all->low == Approx(edge));
    CHECK(*all->high == Approx(1));
  }
  CHECK(*rolling.outcomes.at("detected_fraction").low == Approx(0).margin(1e-12));
  CHECK(*rolling.outcomes.at("detected_fraction").high == Approx(1 - edge));
  CHECK(canary.paired_difference.count("detected_fraction") == 0);
}

TEST_CASE("times are compared pair by pair, cut at the end of the run", "[experiment][compare]") {
  const CompareResult result = compare_with(3, 2);
  const OutcomeSummary& d = row_of(result, "canary", "bad").paired_difference.at("time_to_detect");
  CHECK(d.n == 3);
  CHECK(*d.mean == Approx(mean(row_of(result, "canary", "bad"), "time_to_detect") - 6 * 60));
}

TEST_CASE("a comparison tells the strategy's stops from the human's", "[experiment][compare]") {
  CompareOptions options;
  options.replications = 2;
  const CompareResult result =
      compare(short_scenario({"traffic.rate=40/s", "onCall.respond=10s"}), 7, options);
  const ComparedStrategy& rolling = row_of(result, "rolling", "bad");
  CHECK(share(rolling, "rolled_back") == 1);
  CHECK(share(rolling, "rolled_back_by_on_call") == 1);
  const ComparedStrategy& canary = row_of(result, "canary", "bad");
  CHECK(share(canary, "rolled_back") == 1);
  CHECK(share(canary, "rolled_back_by_on_call") == 0);
}

TEST_CASE("a release without a fault is played as a good one only", "[experiment][compare]") {
  CompareOptions options;
  options.replications = 1;
  const auto scenario = short_scenario({"duration=4m", "traffic.rate=40/s", "release.faults=[]"});
  std::string order, expected;
  for (const char* human : {"/good ", "/good/alone "})
    for (const StrategyChoice& s : scenario->strategies) expected += s.name + human;
  for (const ComparedStrategy& row : compare(scenario, 7, options).strategies)
    order += row.name + "/" + row.release + (row.on_call ? " " : "/alone ");
  CHECK(order == expected + "control/none ");
}

TEST_CASE("one replication has a mean and no interval", "[experiment][compare]") {
  const CompareResult result = compare_with(1, 1);
  const OutcomeSummary& failed = row_of(result, "rolling", "bad").outcomes.at("failed_requests");
  CHECK(failed.n == 1);
  CHECK(failed.mean.has_value());
  CHECK_FALSE(failed.low.has_value());
  CHECK_FALSE(failed.high.has_value());
}

TEST_CASE("a replication of a comparison is the run of the same number", "[experiment][compare]") {
  const CompareResult result = compare_with(1, 1);
  const RunResult alone = play(spec_of(scenario_to_compare(), "canary"));
  const ComparedStrategy& row = row_of(result, "canary", "bad");
  for (const char* name : {"failed_requests", "excess_users_affected", "latency_p99", "peak_pods"})
    CHECK(mean(row, name) == outcome(alone, name));
}

TEST_CASE("progress counts every run once", "[experiment][compare]") {
  CompareOptions options;
  options.replications = 2;
  options.threads = 2;
  std::set<std::size_t> told;
  options.progress = [&told](std::size_t done, std::size_t total) {
    CHECK(total == 2 * kRunsPerReplication);
    told.insert(done);
  };
  compare(scenario_to_compare(), 7, options);
  CHECK(told.size() == 2 * kRunsPerReplication);
  CHECK(*told.begin() == 1);
  CHECK(*told.rbegin() == 2 * kRunsPerReplication);
}

TEST_CASE("an interrupted comparison keeps the replications that were finished",
          "[experiment][compare]") {
  std::stop_source stop;
  CompareOptions options;
  options.replications = 4;
  options.threads = 1;
  options.stop = stop.get_token();
  options.progress = [&stop](std::size_t done, std::size_t) {
    if (done == kRunsPerReplication) stop.request_stop();
  };
  const CompareResult result = compare(scenario_to_compare(), 7, options);
  CHECK(result.interrupted);
  CHECK(result.replications == 1);
  CHECK(result.strategies.size() == kRunsPerReplication);

  // Asked before it began: nothing, and no rows.
  const CompareResult nothing = compare(scenario_to_compare(), 7, options);
  CHECK(nothing.interrupted);
  CHECK(nothing.replications == 0);
  CHECK(nothing.strategies.empty());
}

// Whoever stops by itself does not need the human: the same run with them or without.
TEST_CASE("every row stands there with the human on call and without", "[experiment][compare]") {
  CompareOptions options;
  options.replications = 2;
  const auto scenario = short_scenario({"traffic.rate=20/s"});
  const CompareResult result = compare(scenario, 7, options);
  const auto row = [&](const std::string& name, bool on_call) -> const ComparedStrategy& {
    for (const ComparedStrategy& r : result.strategies)
      if (r.name == name && r.release == "bad" && r.on_call == on_call) return r;
    throw InternalError(name);
  };
  CHECK(share(row("rolling", true), "rolled_back_by_on_call") == 1);
  CHECK(share(row("rolling", false), "promoted") == 1);
  CHECK(*row("rolling", false).outcomes.at("failed_requests").mean >
        *row("rolling", true).outcomes.at("failed_requests").mean);
  CHECK(share(row("canary", true), "rolled_back_by_on_call") == 0);
  CHECK(*row("canary", false).outcomes.at("failed_requests").mean ==
        *row("canary", true).outcomes.at("failed_requests").mean);
}

// Two replications of the mix are the same as those of the releases it drew.
TEST_CASE("a mix plays in each replication the release it draws", "[experiment][compare]") {
  CompareOptions options;
  options.replications = 3;
  const auto scenario = short_scenario({"traffic.rate=20/s",
                                        "strategies=[{rolling: {}}]",
                                        "onCall=none",
                                        "release.mix={good: 50%, bad: 50%}"});
  RunSpec spec = spec_of(scenario, "rolling", "mix");
  double failed = 0;
  std::size_t bad = 0;
  for (spec.replication = 0; spec.replication < 3; ++spec.replication) {
    const RunResult run = play(spec);
    CHECK(run.release == "mix");
    CHECK(run.played == played_release(spec));
    bad += run.played == "bad" ? 1 : 0;
    failed += outcome(run, "failed_requests") / 3;
  }
  REQUIRE(bad > 0);
  REQUIRE(bad < 3);
  const CompareResult result = compare(scenario, 7, options);
  for (const ComparedStrategy& row : result.strategies) {
    if (row.release != "mix") continue;
    CHECK(*row.outcomes.at("failed_requests").mean == Approx(failed));
    CHECK(row.verdicts.at("missed_bad_release").n == bad);
    CHECK(row.verdicts.at("wrong_rollback").n == 3 - bad);
  }
}
