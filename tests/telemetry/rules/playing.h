/// Rules as YAML, played over series in promtool's notation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/rules/group_engine.h"
#include "sim/telemetry/rules/rule_group.h"
#include "sim/telemetry/series_store.h"

namespace coalmine::rules {

/// The groups of a YAML text that must have no errors.
std::vector<RuleGroup> groups_in(std::string_view yaml, PromDialect dialect = PromDialect::v3);
/// Everything the reader has to say about it, as the user sees it.
std::string complaints(std::string_view yaml, PromDialect dialect = PromDialect::v3);

/// Groups that are evaluated over a table, from instant 0 on, and what they tell.
struct Play {
  /// `series` as tests/telemetry/promql/asking.h takes them, `step` apart.
  Play(std::string_view yaml,
       std::string_view series,
       Millis step = std::chrono::seconds(15),
       PromDialect dialect = PromDialect::v3);

  /// Evaluates every group at `seconds`.
  void at(double seconds);
  /// Evaluates at 0, interval, ... <= until.
  void until(double seconds, double interval);
  /// An answer over all series, as asking.h writes it.
  std::string ask(std::string_view query, double seconds) const;

  PromDialect dialect;
  SeriesStore table;
  std::vector<GroupEngine> engines;
  std::vector<std::string> told;  ///< "60 firing {alertname="A"}"
  std::vector<Evidence> evidence;
};

}  // namespace coalmine::rules
