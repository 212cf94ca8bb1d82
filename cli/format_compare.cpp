#include "cli/format_compare.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/compare_table.h"
#include "cli/json.h"
#include "cli/table.h"

namespace coalmine::cli {
namespace {

nlohmann::json number_or_null(std::optional<double> v) {
  // Statistics are printed to nine digits: the last bits differ between math libraries.
  return v ? nlohmann::json::parse(fmt::format("{:.9g}", *v)) : nlohmann::json();
}

nlohmann::ordered_json interval_json(const OutcomeSummary& o) {
  if (!o.low) return nullptr;
  return {number_or_null(o.low), number_or_null(o.high)};
}

nlohmann::ordered_json summary_json(const OutcomeSummary& o) {
  nlohmann::ordered_json j;
  j["mean"] = number_or_null(o.mean);
  j["ci95"] = interval_json(o);
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
    row["onCall"] = r.on_call;
    row["replications"] = r.replications;
    row["verdicts"] = nlohmann::ordered_json::object();
    row["verdictsCi95"] = nlohmann::ordered_json::object();
    for (const auto& [verdict, share] : r.verdicts) {
      row["verdicts"][verdict] = number_or_null(share.mean);
      row["verdictsCi95"][verdict] = interval_json(share);
    }
    row["outcomes"] = nlohmann::ordered_json::object();
    for (const auto& [name, o] : r.outcomes) row["outcomes"][name] = summary_json(o);
    row["pairedDifference"] = nlohmann::ordered_json::object();
    for (const auto& [name, o] : r.paired_difference)
      row["pairedDifference"][name] = summary_json(o);
    strategies.push_back(std::move(row));
  }
  return json_text(j);
}

std::string as_csv(const CompareResult& result) {
  std::string out = "strategy,name,release,on_call,outcome,mean,low,high,p50,p95,n,censored\n";
  const auto opt = [](std::optional<double> v) { return v ? fmt::format("{:.9g}", *v) : ""; };
  for (const ComparedStrategy& r : result.strategies) {
    const auto add = [&](const std::string& name, const OutcomeSummary& o) {
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n",
                         r.strategy,
                         csv_cell(r.name),
                         r.release,
                         r.on_call,
                         name,
                         opt(o.mean),
                         opt(o.low),
                         opt(o.high),
                         opt(o.p50),
                         opt(o.p95),
                         o.n,
                         o.censored);
    };
    for (const auto& [verdict, share] : r.verdicts) add(verdict, share);
    for (const auto& [name, o] : r.outcomes) add(name, o);
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
  return compare_table(result, scenario);
}

}  // namespace coalmine::cli
