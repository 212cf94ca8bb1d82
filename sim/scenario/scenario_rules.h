/// The Prometheus rules that watch over a scenario's service: the page behind the on-call human,
/// made from the objectives (rules/burn_rate_rules.h), and the scenario's own after it.
#pragma once

#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/telemetry/rules/rule_group.h"

namespace coalmine {

/// In the order in which they are evaluated. No objectives: no page.
std::vector<rules::RuleGroup> scenario_rules(const Scenario& scenario);

}  // namespace coalmine
