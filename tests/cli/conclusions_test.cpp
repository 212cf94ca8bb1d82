// The sentences under the table: what they claim must follow from the numbers.
#include "cli/conclusions.h"

#include <catch2/catch.hpp>

#include "tests/cli/made_up.h"

using namespace coalmine;
using namespace coalmine::cli;
using namespace coalmine::test;
using Catch::Contains;

namespace {

std::vector<std::string> said(const CompareResult& result) {
  return conclusions(result, made_up_scenario());
}

/// Bad rows that harm so many users, a spread of 20 each.
CompareResult harming(const std::vector<std::pair<std::string, double>>& strategies) {
  CompareResult result;
  result.replications = kRuns;
  const std::size_t rhythms[] = {1, 2, 5};  // each as often above its mean as below
  for (const auto& [name, users] : strategies) {
    result.strategies.push_back(row(name, "bad", {.promoted = kRuns}));
    harm(result.strategies.back(),
         users,
         users == 0 ? 0 : 20,
         rhythms[result.strategies.size() - 1]);
  }
  return result;
}

/// A good release under one strategy, with these verdicts.
std::string of_good(const Verdicts& verdicts) {
  CompareResult result;
  result.strategies.push_back(row("canary", "good", verdicts));
  return said(result).at(0);
}

}  // namespace

TEST_CASE("the sentences under the table say what it means", "[cli][conclusions]") {
  const std::vector<std::string> lines = said(made_up());
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], Contains("canary harms the fewest users: 150 ± 10"));
  CHECK_THAT(lines[0], Contains("the next, rolling, harms 1 850 ± "));
  CHECK_THAT(
      lines[1],
      Contains("by the strategy itself under canary after at least 3 min 02 s (in 18 of 20 runs)"));
  CHECK_THAT(lines[1], Contains("by nobody within 10 min 00 s under rolling"));
  CHECK(lines[2] == "Of the good releases, canary stops 5 % (0.9-24), by its checks.");
}

TEST_CASE("the best is held against the next, pair by pair, and ties are named",
          "[cli][conclusions]") {
  // Far from the worst, near the next: 4 users are less than chance.
  const std::string tie =
      said(harming({{"rolling", 2000}, {"canary", 150}, {"shadow", 154}})).at(0);
  CHECK_THAT(
      tie, Contains("canary and shadow cannot be told apart as those that harm the fewest users"));
  CHECK_THAT(tie, Contains("at 20 replications; about ") && Contains(" would be needed"));
  CHECK_THAT(tie, Contains("the next, rolling, harms 1 850"));

  const std::string clear =
      said(harming({{"rolling", 2000}, {"canary", 150}, {"shadow", 250}})).at(0);
  CHECK_THAT(clear,
             Contains("canary harms the fewest users") && Contains("the next, shadow, harms 100"));

  const std::string all = said(harming({{"rolling", 150}, {"canary", 152}})).at(0);
  CHECK_THAT(all, Contains("the strategies cannot be told apart by the users they harm at 20"));
  CHECK_THAT(all, !Contains("the next"));

  // The same in every world: no number of replications would tell them apart.
  CompareResult alike = harming({{"rolling", 150}, {"canary", 150}});
  alike.strategies[1].excess_users_affected = alike.strategies[0].excess_users_affected;
  CHECK_THAT(said(alike).at(0), Contains("cannot be told apart") && !Contains("would be needed"));
}

TEST_CASE("where nobody is harmed no replications are asked for", "[cli][conclusions]") {
  for (const auto& result : {harming({{"rolling", 0}, {"canary", 0}}), harming({{"canary", 0}})})
    CHECK_THAT(said(result).at(0), Contains("nobody is harmed") && !Contains("told apart"));
}

TEST_CASE("a fault no request met is not said to have harmed nobody", "[cli][conclusions]") {
  CompareResult result = harming({{"recreate", 4998}, {"canary", 150}});
  result.strategies[0].verdicts = row("recreate", "bad", {.aborted = kRuns}).verdicts;
  result.strategies[0].outcomes["rollout_duration"] = summary(723, 10);
  result.strategies[1].outcomes["time_to_detect"] = summary(135, 10);
  const std::string line = said(result).at(1);
  CHECK_THAT(line, Contains("under canary after 2 min 15 s"));
  CHECK_THAT(line,
             Contains("No request met the fault under recreate (aborted 100 % after 12 min 03 s)"));
  CHECK_THAT(line, !Contains("never reached a user"));
}

TEST_CASE("who stopped the bad release is told from how long it took", "[cli][conclusions]") {
  CompareResult result = harming({{"rolling", 2000}});
  result.strategies[0].verdicts =
      row("rolling", "bad", {.promoted = 1, .rolled_back = 19, .by_on_call = 19}).verdicts;
  result.strategies[0].outcomes["time_to_detect"] = summary(1592, 116, 18);
  CHECK_THAT(
      said(result).at(1),
      Contains("by the on-call human under rolling after 26 min 32 s (exposed in 18 of 20 runs)"));
}

TEST_CASE("a log of what a person did stops nothing by itself", "[cli][conclusions]") {
  CompareResult result = harming({{"manual", 2000}, {"canary", 150}});
  for (ComparedStrategy& row : result.strategies) {
    row.verdicts = test::row(row.name, "bad", {.rolled_back = kRuns}).verdicts;
    row.outcomes["time_to_detect"] = summary(row.name == "manual" ? 60 : 135, 10);
  }
  result.strategies[0].name = "undone";
  CHECK_THAT(said(result).at(1),
             Contains("by the strategy itself under canary after 2 min 15 s; by whoever releases "
                      "by hand under undone after 1 min 00 s."));
  // Where the human on call was faster than the log, it was them.
  result.strategies[0].verdicts =
      row("manual", "bad", {.rolled_back = kRuns, .by_on_call = kRuns}).verdicts;
  CHECK_THAT(said(result).at(1), Contains("by the on-call human under undone after 1 min 00 s"));
}

TEST_CASE("good releases are stopped by verdict and by who decided", "[cli][conclusions]") {
  CHECK_THAT(of_good({.promoted = 19, .rolled_back = 1}), Contains("by its checks"));
  CHECK_THAT(of_good({.promoted = 12, .aborted = 8}),
             Contains("canary stops 40 % (22-61), given up for want of ready pods or of data"));
  CHECK_THAT(of_good({.promoted = 10, .rolled_back = 10, .by_on_call = 10}),
             Contains("by the on-call human, who was paged") && !Contains("checks"));
  CHECK_THAT(
      of_good({.promoted = 14, .rolled_back = 4, .by_on_call = 1, .aborted = 2}),
      Contains(": 15 % by its checks, 5 % by the on-call human, who was paged and 10 % given"));
}

TEST_CASE("no stop seen is a bound, not a praise of checks", "[cli][conclusions]") {
  CHECK(
      of_good({.promoted = kRuns}) ==
      "No good release was stopped in 20 replications: with 95 % confidence a strategy stops fewer "
      "than 16 % of them.");
  CompareResult once;
  once.strategies.push_back(row("rolling", "good", {.promoted = 1}));
  once.strategies[0].replications = 1;
  once.strategies[0].verdicts["wrong_rollback"] = share(0, 1);
  CHECK_THAT(said(once).at(0),
             Contains("1 replication:") && Contains("79 %") && !Contains("limits"));
}
