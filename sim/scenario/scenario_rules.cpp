#include "sim/scenario/scenario_rules.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql_reader.h"
#include "sim/telemetry/rules/burn_rate_rules.h"

namespace coalmine {

namespace {

/// Groups come of several files; in one file their names may not repeat.
void tell_apart(std::vector<rules::RuleGroup>& groups) {
  std::set<std::string> names;
  for (rules::RuleGroup& group : groups) {
    const std::string name = group.name;
    for (int n = 2; !names.insert(group.name).second; ++n)
      group.name = fmt::format("{} ({})", name, n);
  }
}

}  // namespace

std::vector<rules::RuleGroup> scenario_rules(const Scenario& scenario) {
  std::vector<rules::BurnRateObjective> objectives;
  std::set<std::string> names;
  for (const Objective& o : scenario.objectives) {
    rules::BurnRateObjective rule;
    AlertObjective& a = rule.objective;
    const bool latency = o.kind == Objective::Kind::latency;
    a.kind = latency ? AlertObjective::Kind::latency : AlertObjective::Kind::availability;
    a.name = latency ? "latency-" + promql::duration_text(o.latency) : "availability";
    // Alerts are told apart by it.
    if (!names.insert(a.name).second) a.name += fmt::format("-{:g}%", o.target * 100);
    a.target = o.target;
    a.latency = o.latency;
    a.window = o.window;
    rule.bad_ratio = [service = scenario.service.name,
                      dialect = scenario.telemetry.prometheus,
                      latency,
                      o](Duration window) {
      return latency ? PromqlReader::slow_ratio_of_service(service, o.latency, window, dialect)
                     : PromqlReader::error_ratio_of_service(service, window);
    };
    objectives.push_back(std::move(rule));
  }
  std::vector<rules::RuleGroup> groups;
  if (!objectives.empty())
    groups.push_back(rules::burn_rate_rules(objectives, {.promql = scenario.telemetry.promql()}));
  groups.insert(groups.end(), scenario.alerts.begin(), scenario.alerts.end());
  tell_apart(groups);
  return groups;
}

}  // namespace coalmine
