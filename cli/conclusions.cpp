#include "cli/conclusions.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cli/numbers.h"
#include "sim/analysis/statistics.h"
#include "sim/kernel/diagnostics.h"

namespace coalmine::cli {
namespace {

using Row = const ComparedStrategy*;
using Rows = std::vector<Row>;

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}
std::string names_of(const Rows& rows) {
  std::vector<std::string> names;
  for (const Row row : rows) names.push_back(row->name);
  return listed(names);
}

const OutcomeSummary* outcome(Row row, const std::string& name) {
  const auto found = row->outcomes.find(name);
  return found == row->outcomes.end() || found->second.n == 0 ? nullptr : &found->second;
}

double share(Row row, const std::string& verdict) {
  const auto found = row->verdicts.find(verdict);
  return found == row->verdicts.end() ? 0 : found->second.mean.value_or(0);
}
std::string share_with_interval(Row row, const std::string& verdict) {
  const OutcomeSummary& s = row->verdicts.at(verdict);
  return share_text(*s.mean, *s.low, *s.high);
}

std::string users(const MeanEstimate& e) {
  const auto half = e.ci ? std::optional((e.ci->high - e.ci->low) / 2) : std::nullopt;
  return estimate_text(Unit::count, e.mean, half);
}

/// A manual log is a person's: what it stops, no strategy does.
const char* const kByHand = "by whoever releases by hand";
bool by_hand(Row row) {
  return row->strategy == "manual";
}

// ---- who is harmed

/// How many more users `other` harms than `best` does, in the same worlds. `of`: how many such
/// comparisons are made, so that all of them together are wrong in 5 % of cases (Bonferroni).
MeanEstimate more_harmed(Row other, Row best, std::size_t of = 1) {
  const double alpha = kDefaultAlpha / static_cast<double>(of);
  return paired_difference(other->excess_users_affected, best->excess_users_affected, alpha)
      .difference;
}

bool nobody_harmed(Row row) {
  return std::all_of(row->excess_users_affected.begin(),
                     row->excess_users_affected.end(),
                     [](double n) { return n == 0; });
}

/// What it would take to tell two strategies apart; empty where that would be a guess.
std::string replications_needed(const MeanEstimate& difference) {
  constexpr double kWorthSaying = 10'000;
  if (!difference.ci || difference.mean == 0) return "";
  const double half = (difference.ci->high - difference.ci->low) / 2;
  const double ratio = half / difference.mean;
  const double needed = static_cast<double>(difference.n) * ratio * ratio;
  // Told apart alone, though not among so many comparisons: more of them is all that can be said.
  if (needed > kWorthSaying || needed <= static_cast<double>(difference.n)) return "";
  return "; about " + grouped(needed) + " would be needed";
}

std::string who_is_harmed(Rows rows) {
  const std::string replications = counted(rows.front()->replications, "replication");
  if (std::all_of(rows.begin(), rows.end(), nobody_harmed))
    return "When the release is bad, nobody is harmed who would have been fine without it, in " +
           replications + ".";
  const auto mean = [](Row row) { return mean_estimate(row->excess_users_affected).mean; };
  std::stable_sort(rows.begin(), rows.end(), [&](Row a, Row b) { return mean(a) < mean(b); });
  const Row best = rows.front();
  if (rows.size() == 1)
    return fmt::format(
        "When the release is bad, {} harms {} users who would have been fine without it.",
        best->name,
        users(mean_estimate(best->excess_users_affected)));
  Rows tied{best};
  Rows worse;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto ci = more_harmed(rows[i], best, rows.size() - 1).ci;
    (ci && ci->low > 0 ? worse : tied).push_back(rows[i]);
  }
  std::string text = "When the release is bad, ";
  if (tied.size() == 1)
    text += fmt::format("{} harms the fewest users: {}",
                        best->name,
                        users(mean_estimate(best->excess_users_affected)));
  else
    text += fmt::format(
        "{} cannot be told apart {}at {}{}",
        worse.empty() ? "the strategies" : names_of(tied),
        worse.empty() ? "by the users they harm " : "as those that harm the fewest users ",
        replications,
        replications_needed(more_harmed(tied[1], best)));
  if (!worse.empty())
    text += fmt::format("; the next, {}, harms {} more in the same worlds",
                        worse.front()->name,
                        users(more_harmed(worse.front(), best)));
  return text + ".";
}

// ---- who notices

/// "canary after 2 min 30 s", with what the mean hides.
std::string when_stopped(Row row, const OutcomeSummary& detect) {
  const std::size_t seen = detect.n - detect.censored;
  std::string text = row->name;
  if (seen > 0)
    text +=
        fmt::format(" after {}{}", seen < detect.n ? "at least " : "", human_seconds(*detect.mean));
  if (seen > 0 && seen < detect.n) text += fmt::format(" (in {} of {} runs)", seen, detect.n);
  if (detect.n < row->replications)
    text += fmt::format(" (exposed in {} of {} runs)", detect.n, row->replications);
  return text;
}

/// Whatever else happened, no stop was the strategy's own.
bool only_human_stops(Row row) {
  const double human = share(row, "rolled_back_by_on_call");
  return human > 0 && human >= share(row, "rolled_back") + share(row, "aborted");
}

/// A release that ends without having met anybody: "aborted 100 % after 12 min 03 s".
std::string how_ended(Row row) {
  std::string text;
  for (const char* verdict : {"promoted", "rolled_back", "aborted", "held"})
    if (share(row, verdict) > 0)
      text +=
          fmt::format("{}{} {}", text.empty() ? "" : ", ", verdict, percent(share(row, verdict)));
  const OutcomeSummary* lasted = outcome(row, "rollout_duration");
  if (lasted && lasted->censored < lasted->n) text += " after " + human_seconds(*lasted->mean);
  return row->name + " (" + text + ")";
}

std::string who_notices(const Rows& bad, double horizon) {
  std::vector<std::string> by_itself, by_hands, by_human, by_nobody, untouched;
  for (const Row row : bad) {
    const OutcomeSummary* detect = outcome(row, "time_to_detect");
    if (!detect)
      untouched.push_back(how_ended(row));
    else if (detect->censored == detect->n)
      by_nobody.push_back(when_stopped(row, *detect));
    else if (only_human_stops(row))
      by_human.push_back(when_stopped(row, *detect));
    else
      (by_hand(row) ? by_hands : by_itself).push_back(when_stopped(row, *detect));
  }
  std::vector<std::string> clauses;
  if (!by_itself.empty()) clauses.push_back("by the strategy itself under " + listed(by_itself));
  if (!by_hands.empty()) clauses.push_back(std::string(kByHand) + " under " + listed(by_hands));
  if (!by_human.empty()) clauses.push_back("by the on-call human under " + listed(by_human));
  if (!by_nobody.empty())
    clauses.push_back(
        fmt::format("by nobody within {} under {}", human_seconds(horizon), listed(by_nobody)));
  std::string text;
  if (!clauses.empty())
    text = "From the first request that met the fault, on average, the release is stopped " +
           join(clauses, "; ") + ".";
  if (!untouched.empty())
    text +=
        (text.empty() ? "" : " ") + ("No request met the fault under " + listed(untouched) + ".");
  return text;
}

// ---- what good releases pay

/// By verdict and by who decided: "canary 15 % (5-36): 5 % by its checks and 10 % given up...".
std::string stops_of(Row row) {
  std::vector<std::pair<double, std::string>> ways;
  const auto add = [&ways](double share, const char* how) {
    if (share > 1e-9) ways.emplace_back(share, how);
  };
  const double human = share(row, "rolled_back_by_on_call");
  add(share(row, "rolled_back") - human, by_hand(row) ? kByHand : "by its checks");
  add(human, "by the on-call human, who was paged");
  add(share(row, "aborted"), "given up for want of ready pods or of data");
  std::string text = row->name + " stops " + share_with_interval(row, "wrong_rollback");
  if (ways.size() == 1) return text + ", " + ways.front().second;
  std::vector<std::string> parts;
  parts.reserve(ways.size());
  for (const auto& [share, how] : ways) parts.push_back(percent(share) + " " + how);
  return text + ": " + listed(parts);
}

std::string what_good_releases_pay(const Rows& good) {
  std::string stopped;
  for (const Row row : good)
    if (share(row, "wrong_rollback") > 0) stopped += (stopped.empty() ? "" : "; ") + stops_of(row);
  if (!stopped.empty()) return "Of the good releases, " + stopped + ".";
  const Row any = good.front();
  return fmt::format(
      "No good release was stopped in {}: with 95 % confidence a strategy stops fewer than {} of "
      "them.",
      counted(any->replications, "replication"),
      percent(*any->verdicts.at("wrong_rollback").high));
}

}  // namespace

std::vector<std::string> conclusions(const CompareResult& result, const Scenario& scenario) {
  Rows bad, good;
  for (const ComparedStrategy& row : result.strategies) {
    if (row.on_call != scenario.on_call.present) continue;
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
