// Strategies side by side: an answer that hangs on the seed alone, and rows that mean what they
// say.
#include "sim/experiment/compare.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <stop_token>
#include <string>

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
    for (const auto& [verdict, rate] : row.verdicts) out << "  " << verdict << ' ' << rate << '\n';
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
      sum += row.verdicts.at(verdict);
    CHECK(sum == Approx(1));
    CHECK(row.verdicts.count("missed_bad_release") == (row.release == "bad" ? 1 : 0));
    CHECK(row.verdicts.count("wrong_rollback") == (row.release == "good" ? 1 : 0));
    CHECK(row.paired_difference.empty() == (row.name == "recreate"));
    for (const auto& [name, o] : row.outcomes) {
      INFO(name);
      CHECK(o.n <= 3);
      CHECK(o.censored <= o.n);
      REQUIRE(o.mean.has_value());
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
  CHECK(rolling.verdicts.at("missed_bad_release") == 1);
  CHECK(canary.verdicts.at("missed_bad_release") == 0);
  CHECK(mean(canary, "excess_users_affected") < mean(rolling, "excess_users_affected") / 2);
  CHECK(row_of(result, "rolling", "good").verdicts.at("wrong_rollback") == 0);
  // The canary's p99 of some 500 requests is noisy enough to stop a good release now and then.
  const auto& verdicts = row_of(result, "canary", "good").verdicts;
  CHECK(verdicts.at("wrong_rollback") ==
        Approx(verdicts.at("rolled_back") + verdicts.at("aborted")));

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
  CHECK(row_of(result, "rolling", "good").outcomes.count("time_to_detect") == 0);
  CHECK(row_of(result, "control", "none").outcomes.count("time_to_detect") == 0);
  CHECK(row_of(result, "control", "none").outcomes.count("rollout_duration") == 0);
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
