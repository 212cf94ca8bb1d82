/// Rule groups from what a user wrote: a Prometheus rule file (`groups: [...]`) or a PrometheusRule
/// manifest (`kind: PrometheusRule`, groups below `spec`).
///
/// What `promtool check rules` refuses is an error here, at the place of the mistake, also inside
/// expressions and templates. Warnings: what Prometheus would load and then fail at (an expression
/// that is no vector), never show (a label that it sets itself) or answer twice (two rules that
/// write the same series), and templates that are not played (template.h).
#pragma once

#include <vector>

#include "sim/kernel/diagnostics.h"
#include "sim/kernel/value.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/rules/rule_group.h"

namespace coalmine::rules {

/// `options` are those of the queries: dialect, lookback, default step. `query_offset` and labels
/// of a group are keys from dialect 2.51 and 3 on. After an error the groups may be incomplete.
std::vector<RuleGroup> read_rules(const Value& document,
                                  const promql::Options& options,
                                  Diagnostics& diagnostics);

}  // namespace coalmine::rules
