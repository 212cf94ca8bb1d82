/// Rules made from objectives: a budget that burns too fast pages
/// (specs/statistics.md section 3.3, page rows; Google SRE workbook, slok/sloth).
///
/// For an objective with target SLO over a window D, a row with long window L, short window S and
/// budget share b has the burn rate B = max(1, b D / L), and the alert's expression is, over all
/// rows joined by `or`,
///
///     (bad ratio over L > B * (1 - SLO) and bad ratio over S > B * (1 - SLO))
///
/// so that its value is the bad ratio over the long window of the first row that fires. The floor
/// of 1 keeps short objectives (D of a few days) from paging at a pace that would meet them. The
/// alert fires at once (no `for`): the long window has waited already.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/kernel/time.h"
#include "sim/telemetry/alert_objective.h"
#include "sim/telemetry/rules/rule_group.h"

namespace coalmine::rules {

struct BurnRateObjective {
  AlertObjective objective;
  /// PromQL for the share of bad requests over a window: an instant vector of ratios 0..1, the same
  /// labels whatever the window.
  std::function<std::string(Duration window)> bad_ratio;
};

struct BurnRateRules {
  std::string group = "error-budgets";
  std::string alert = "ErrorBudgetBurn";
  std::vector<BurnRateRow> rows{kPageRows.begin(), kPageRows.end()};
  /// Of every alert, besides `objective`, the name of the objective.
  std::vector<Label> labels{{"severity", "page"}};
  /// Record the ratio of each window first, as objective:bad_requests:ratio_5m{objective}: one
  /// evaluation of each, where several rows or dashboards ask for it.
  bool record = false;
  promql::Options promql{};
};

/// Throws promql::ParseError if a ratio is no PromQL. Windows are whole milliseconds.
RuleGroup burn_rate_rules(std::span<const BurnRateObjective> objectives,
                          const BurnRateRules& settings);

}  // namespace coalmine::rules
