#include "cli/format_compare.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/conclusions.h"
#include "cli/format_run.h"
#include "cli/table.h"

namespace coalmine::cli {
namespace {

/// A line of the table: what it is called for people, and in the outcomes.
struct Line {
  const char* label;
  const char* outcome;
};
constexpr Line kLines[] = {
    {"users affected, excess", "excess_users_affected"},
    {"failed requests, excess", "excess_failed_requests"},
    {"error budget consumed, excess", "excess_error_budget_consumed"},
    {"latency p50", "latency_p50"},
    {"latency p99", "latency_p99"},
    {"time to detect", "time_to_detect"},
    {"time to restore", "time_to_restore"},
    {"rollout duration", "rollout_duration"},
    {"peak pods", "peak_pods"},
};

/// "1 234 ± 35"; a time that did not come in some runs is at least so long, and says in how many.
/// The intervals are Student's, so they are symmetric.
std::string cell(const ComparedStrategy& row, const Line& line) {
  const auto found = row.outcomes.find(line.outcome);
  if (found == row.outcomes.end() || !found->second.mean) return "-";
  const OutcomeSummary& o = found->second;
  if (o.censored == o.n) return fmt::format("not in {}", outcome_text(line.outcome, o.mean));
  std::string text = (o.censored > 0 ? "≥ " : "") + outcome_text(line.outcome, o.mean);
  if (o.low && *o.high > *o.low) text += " ± " + outcome_text(line.outcome, (*o.high - *o.low) / 2);
  if (o.censored > 0) text += fmt::format(" ({}/{} never)", o.censored, o.n);
  return text;
}

std::string verdicts_text(const ComparedStrategy& row) {
  std::string text;
  for (const auto& [verdict, rate] : row.verdicts) {
    if (verdict == "wrong_rollback" || verdict == "missed_bad_release" || rate <= 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", verdict, percent(rate));
  }
  return text;
}

std::string block(const CompareResult& result,
                  const std::string& release,
                  const char* title,
                  const char* mistake,
                  const char* mistake_label) {
  std::vector<const ComparedStrategy*> rows;
  for (const ComparedStrategy& r : result.strategies)
    if (r.release == release) rows.push_back(&r);
  if (rows.empty()) return "";
  std::vector<std::string> header{title};
  for (const auto* r : rows) header.push_back(r->name);
  TextTable table(header);
  std::vector<std::string> line{"verdicts"};
  for (const auto* r : rows) line.push_back(verdicts_text(*r));
  table.add(line);
  line = {mistake_label};
  for (const auto* r : rows) {
    const auto found = r->verdicts.find(mistake);
    line.push_back(found == r->verdicts.end() ? "-" : percent(found->second));
  }
  table.add(line);
  for (const Line& l : kLines) {
    line = {l.label};
    bool any = false;
    for (const auto* r : rows) {
      line.push_back(cell(*r, l));
      any |= line.back() != "-";
    }
    if (any) table.add(line);
  }
  return table.text() + "\n";
}

std::string as_table(const CompareResult& result, const Scenario& scenario) {
  std::string out = fmt::format(
      "{}: {}\n{} replications, seed {}; means with 95 % intervals from the release on\n\n",
      scenario.name,
      scenario.title,
      result.replications,
      result.seed);
  out += block(result, "bad", "the bad release", "missed_bad_release", "bad release missed");
  out += block(result, "good", "a good release", "wrong_rollback", "good release stopped");
  for (const ComparedStrategy& r : result.strategies) {
    if (r.release != "none") continue;
    const auto text = [&](const char* name) {
      const auto o = r.outcomes.find(name);
      return o == r.outcomes.end() ? "-" : outcome_text(name, o->second.mean);
    };
    out += fmt::format(
        "without a release: availability {}, latency p50 {}, p99 {}, error budget {} consumed, {} "
        "users affected\n\n",
        text("availability"),
        text("latency_p50"),
        text("latency_p99"),
        text("error_budget_consumed"),
        text("users_affected"));
  }
  for (const std::string& sentence : conclusions(result, scenario)) out += sentence + "\n";
  return out;
}

nlohmann::json number_or_null(std::optional<double> v) {
  // Statistics are printed to nine digits: the last bits differ between math libraries.
  return v ? nlohmann::json::parse(fmt::format("{:.9g}", *v)) : nlohmann::json();
}

nlohmann::ordered_json summary_json(const OutcomeSummary& o) {
  nlohmann::ordered_json j;
  j["mean"] = number_or_null(o.mean);
  if (o.low)
    j["ci95"] = {number_or_null(o.low), number_or_null(o.high)};
  else
    j["ci95"] = nullptr;
  j["p50"] = number_or_null(o.p50);
  j["p95"] = number_or_null(o.p95);
  j["n"] = o.n;
  j["censored"] = o.censored;
  return j;
}

std::string as_json(const CompareResult& result) {
  nlohmann::ordered_json j;
  j["scenario"] = result.scenario;
  j["seed"] = result.seed;
  j["replications"] = result.replications;
  auto& strategies = j["strategies"] = nlohmann::ordered_json::array();
  for (const ComparedStrategy& r : result.strategies) {
    nlohmann::ordered_json row;
    row["strategy"] = r.strategy;
    row["name"] = r.name;
    row["release"] = r.release;
    row["replications"] = r.replications;
    row["verdicts"] = nlohmann::ordered_json::object();
    for (const auto& [verdict, rate] : r.verdicts) row["verdicts"][verdict] = number_or_null(rate);
    row["outcomes"] = nlohmann::ordered_json::object();
    for (const auto& [name, o] : r.outcomes) row["outcomes"][name] = summary_json(o);
    row["pairedDifference"] = nlohmann::ordered_json::object();
    for (const auto& [name, o] : r.paired_difference)
      row["pairedDifference"][name] = summary_json(o);
    strategies.push_back(std::move(row));
  }
  return j.dump(2) + "\n";
}

std::string as_csv(const CompareResult& result) {
  std::string out = "strategy,name,release,outcome,mean,low,high,p50,p95,n,censored\n";
  const auto opt = [](std::optional<double> v) { return v ? fmt::format("{:.9g}", *v) : ""; };
  for (const ComparedStrategy& r : result.strategies) {
    for (const auto& [verdict, rate] : r.verdicts)
      out += fmt::format("{},{},{},{},{:.9g},,,,,{},0\n",
                         r.strategy,
                         csv_cell(r.name),
                         r.release,
                         verdict,
                         rate,
                         r.replications);
    for (const auto& [name, o] : r.outcomes)
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n",
                         r.strategy,
                         csv_cell(r.name),
                         r.release,
                         name,
                         opt(o.mean),
                         opt(o.low),
                         opt(o.high),
                         opt(o.p50),
                         opt(o.p95),
                         o.n,
                         o.censored);
  }
  return out;
}

}  // namespace

std::string format_compare(const CompareResult& result, const Scenario& scenario, Format format) {
  switch (format) {
    case Format::json:
      return as_json(result);
    case Format::csv:
      return as_csv(result);
    case Format::table:
      break;
  }
  return as_table(result, scenario);
}

}  // namespace coalmine::cli
