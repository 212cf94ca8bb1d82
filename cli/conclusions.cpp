#include "cli/conclusions.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/table.h"

namespace coalmine::cli {
namespace {

using Row = const ComparedStrategy*;

const OutcomeSummary* outcome(Row row, const std::string& name) {
  const auto found = row->outcomes.find(name);
  return found == row->outcomes.end() ? nullptr : &found->second;
}

double mean(Row row, const std::string& name) {
  const OutcomeSummary* o = outcome(row, name);
  return o && o->mean ? *o->mean : 0;
}

/// Whether the difference of two rows is more than chance: by the paired interval where one of them
/// is the first strategy, else by intervals that do not overlap.
bool distinct(Row a, Row b, Row first, const std::string& name) {
  if (a == first || b == first) {
    const Row other = a == first ? b : a;
    const auto d = other->paired_difference.find(name);
    if (d == other->paired_difference.end() || !d->second.low) return false;
    return *d->second.low > 0 || *d->second.high < 0;
  }
  const OutcomeSummary* x = outcome(a, name);
  const OutcomeSummary* y = outcome(b, name);
  if (!x || !y || !x->low || !y->low) return false;
  return *x->high < *y->low || *y->high < *x->low;
}

std::string who_is_harmed(const std::vector<Row>& bad) {
  const std::string name = "excess_users_affected";
  const auto [least, most] = std::minmax_element(
      bad.begin(), bad.end(), [&](Row a, Row b) { return mean(a, name) < mean(b, name); });
  if (bad.size() == 1)
    return fmt::format(
        "When the release is bad, {} harms {} users who would have been fine without it.",
        (*least)->name,
        grouped(mean(*least, name)));
  if (!distinct(*least, *most, bad.front(), name))
    return fmt::format(
        "When the release is bad, the strategies cannot be told apart by the users they harm at {} "
        "replications; more are needed.",
        (*least)->replications);
  return fmt::format(
      "When the release is bad, {} harms the fewest users: {}, against {} under {}; the "
      "difference is more than chance (95 %).",
      (*least)->name,
      grouped(mean(*least, name)),
      grouped(mean(*most, name)),
      (*most)->name);
}

std::string who_notices(const std::vector<Row>& bad, double horizon) {
  std::string text;
  for (const Row row : bad) {
    const OutcomeSummary* detect = outcome(row, "time_to_detect");
    if (!detect || detect->n == 0) continue;
    const std::size_t seen = detect->n - detect->censored;
    if (!text.empty()) text += "; ";
    if (seen == 0)
      text += fmt::format("{} is not stopped within {}", row->name, human_seconds(horizon));
    else if (seen == detect->n)
      text +=
          fmt::format("{} is stopped after {} on average", row->name, human_seconds(*detect->mean));
    else
      text += fmt::format(
          "{} is stopped in {} of {} runs, with the others cut at the end after {} on average",
          row->name,
          seen,
          detect->n,
          human_seconds(*detect->mean));
  }
  return text.empty() ? "The release's fault never reached a user in these runs."
                      : "From the first request that met the fault, " + text + ".";
}

std::string what_good_releases_pay(const std::vector<Row>& good) {
  std::string stopped;
  for (const Row row : good) {
    const auto wrong = row->verdicts.find("wrong_rollback");
    if (wrong == row->verdicts.end() || wrong->second <= 0) continue;
    if (!stopped.empty()) stopped += ", ";
    stopped += fmt::format("{} stops {} of the good ones", row->name, percent(wrong->second));
  }
  const std::size_t n = good.front()->replications;
  if (stopped.empty())
    return fmt::format(
        "No good release was stopped in {} replications (with 95 % confidence that is fewer than "
        "{} "
        "of them): the checks' limits lie well above what a good day measures.",
        n,
        percent(3.84 / (static_cast<double>(n) + 3.84)));
  return "The price of watching: " + stopped + ", because a good day's noise reaches its limits.";
}

}  // namespace

std::vector<std::string> conclusions(const CompareResult& result, const Scenario& scenario) {
  std::vector<Row> bad, good;
  for (const ComparedStrategy& row : result.strategies) {
    if (row.release == "bad") bad.push_back(&row);
    if (row.release == "good") good.push_back(&row);
  }
  std::vector<std::string> lines;
  if (!bad.empty()) {
    lines.push_back(who_is_harmed(bad));
    lines.push_back(who_notices(bad, to_seconds(scenario.duration - scenario.release.at)));
  }
  if (!good.empty()) lines.push_back(what_good_releases_pay(good));
  return lines;
}

}  // namespace coalmine::cli
