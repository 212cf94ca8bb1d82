#include "sim/experiment/summary.h"

#include <algorithm>
#include <span>

#include "sim/analysis/statistics.h"
#include "sim/experiment/outcome_names.h"

namespace coalmine {
namespace {

/// Whether a censored outcome applies to this run at all: nothing to detect without exposure,
/// nothing to restore without harm.
bool applies(const std::string& name, const RunResult& run) {
  if (name == "time_to_detect" || name == "time_to_alert")
    return run.outcomes.at("detected_fraction").has_value();
  if (name == "time_to_restore") return run.harmed;
  return run.strategy != "control";
}

/// What a run puts into means and differences: a time that did not come counts as the rest of the
/// run. Empty: the outcome does not apply.
std::optional<double> counted(const std::string& name, const RunResult& run, double horizon) {
  const std::optional<double> value = run.outcomes.at(name);
  if (kind_of(name) != OutcomeKind::time) return value;
  if (!applies(name, run)) return std::nullopt;
  return std::min(value.value_or(horizon), horizon);
}

OutcomeSummary summarise_times(std::span<const std::optional<double>> times, double horizon) {
  OutcomeSummary s;
  s.n = times.size();
  if (times.empty()) return s;
  const RestrictedMean m = restricted_mean(times, horizon);
  s.mean = m.estimate.mean;
  if (m.estimate.ci) {
    s.low = m.estimate.ci->low;
    s.high = m.estimate.ci->high;
  }
  s.censored = m.censored;
  std::vector<double> values;
  for (const auto& t : times) values.push_back(t ? std::min(*t, horizon) : horizon);
  s.p50 = quantile(values, 0.5);
  s.p95 = quantile(values, 0.95);
  return s;
}

OutcomeSummary summarise_values(std::span<const double> values) {
  OutcomeSummary s;
  s.n = values.size();
  if (values.empty()) return s;
  const MeanEstimate m = mean_estimate(values);
  s.mean = m.mean;
  if (m.ci) {
    s.low = m.ci->low;
    s.high = m.ci->high;
  }
  s.p50 = quantile(values, 0.5);
  s.p95 = quantile(values, 0.95);
  return s;
}

OutcomeSummary summarise_share(std::ptrdiff_t events, std::size_t trials) {
  OutcomeSummary s;
  s.n = trials;
  if (trials == 0) return s;
  const Interval wilson = wilson_interval(static_cast<std::uint64_t>(events), trials);
  s.mean = static_cast<double>(events) / static_cast<double>(trials);
  s.low = wilson.low;
  s.high = wilson.high;
  return s;
}

OutcomeSummary summarise_difference(std::span<const double> x, std::span<const double> y) {
  OutcomeSummary s;
  s.n = x.size();
  if (x.empty()) return s;
  const PairedEstimate p = paired_difference(x, y);
  s.mean = p.difference.mean;
  if (p.difference.ci) {
    s.low = p.difference.ci->low;
    s.high = p.difference.ci->high;
  }
  return s;
}

OutcomeSummary summarise_outcome(const std::string& name,
                                 std::span<const double> values,
                                 std::span<const std::optional<double>> times,
                                 double horizon) {
  switch (kind_of(name)) {
    case OutcomeKind::yes_or_no:
      return summarise_share(std::count(values.begin(), values.end(), 1.0), values.size());
    case OutcomeKind::time:
      return summarise_times(times, horizon);
    case OutcomeKind::value:
      break;
  }
  return summarise_values(values);
}

std::map<std::string, OutcomeSummary> verdict_shares(const std::vector<const RunResult*>& runs) {
  std::map<std::string, OutcomeSummary> shares;
  const auto add = [&](std::string_view name, const auto& among, const auto& holds) {
    std::size_t trials = 0;
    std::ptrdiff_t events = 0;
    for (const RunResult* run : runs) {
      if (!among(*run)) continue;
      ++trials;
      events += holds(*run) ? 1 : 0;
    }
    if (trials > 0) shares[std::string(name)] = summarise_share(events, trials);
  };
  const auto all = [](const RunResult&) { return true; };
  const auto good = [](const RunResult& r) { return r.played == "good"; };
  const auto bad = [](const RunResult& r) { return r.played != "good"; };
  for (const Verdict v : {Verdict::promoted, Verdict::rolled_back, Verdict::aborted, Verdict::held})
    add(verdict_name(v), all, [v](const RunResult& r) { return r.verdict == v; });
  add("rolled_back_by_on_call", all, [](const RunResult& r) {
    return r.verdict == Verdict::rolled_back && r.stopped_by == kOnCall;
  });
  add("wrong_rollback", good, [](const RunResult& r) {
    return r.verdict == Verdict::rolled_back || r.verdict == Verdict::aborted;
  });
  add("missed_bad_release", bad, [](const RunResult& r) { return r.verdict == Verdict::promoted; });
  return shares;
}

}  // namespace

ComparedStrategy summarise(const std::vector<const RunResult*>& runs,
                           const std::vector<const RunResult*>& first,
                           double horizon) {
  ComparedStrategy row;
  row.strategy = runs.front()->strategy;
  row.name = runs.front()->name;
  row.release = runs.front()->release;
  row.on_call = runs.front()->on_call;
  row.replications = runs.size();
  if (row.release != "none") row.verdicts = verdict_shares(runs);
  for (const auto& named : runs.front()->outcomes) {
    const std::string& name = named.first;
    std::vector<std::optional<double>> times;
    std::vector<double> values, x, y;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::optional<double> mine = counted(name, *runs[i], horizon);
      const std::optional<double> other = counted(name, *first[i], horizon);
      if (!mine) continue;
      values.push_back(*mine);
      times.push_back(runs[i]->outcomes.at(name));
      if (!other) continue;
      x.push_back(*mine);
      y.push_back(*other);
    }
    row.outcomes[name] = summarise_outcome(name, values, times, horizon);
    if (name == "excess_users_affected") row.excess_users_affected = values;
    if (runs.front() != first.front() && !x.empty() && kind_of(name) != OutcomeKind::yes_or_no)
      row.paired_difference[name] = summarise_difference(x, y);
  }
  return row;
}

}  // namespace coalmine
