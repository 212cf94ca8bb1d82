#include "strategies/query_checks.h"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/telemetry/promql/duration.h"
#include "strategies/placeholders.h"

namespace coalmine {
namespace {

std::string limits(const QueryCheck& query) {
  if (query.min && query.max) return fmt::format("limits {:.6g} to {:.6g}", *query.min, *query.max);
  return query.max ? fmt::format("limit {:.6g}", *query.max)
                   : fmt::format("at least {:.6g}", *query.min);
}

CheckResult check_query(const QueryCheck& query,
                        const Operator& op,
                        const std::map<std::string, std::string>& values) {
  const Reading reading = op.metrics().query(fill_in(query.query, values).text);
  if (!reading.value)
    return {CheckOutcome::inconclusive,
            query.name + ": " + reading.problem,
            {reading.against(std::nullopt)}};
  const bool low = query.min && *reading.value < *query.min;
  const bool high = query.max && *reading.value > *query.max;
  return {low || high ? CheckOutcome::failed : CheckOutcome::passed,
          fmt::format("{} {:.6g}, {}", query.name, *reading.value, limits(query)),
          {reading.against(low || !query.max ? query.min : query.max)}};
}

}  // namespace

CheckResult with_queries(CheckResult built_in,
                         const Operator& op,
                         const CheckPlan& plan,
                         DeploymentId target,
                         Duration interval) {
  if (built_in.outcome == CheckOutcome::failed) return built_in;
  const std::map<std::string, std::string> values{
      {"target", op.name_of(target)},
      {"stable", op.name_of(op.stable())},
      {"service", op.scenario().service.name},
      {"namespace", op.scenario().name_space},
      {"interval", promql::duration_text(interval)},
  };
  CheckResult all = std::move(built_in);
  for (const QueryCheck& query : plan.queries) {
    CheckResult one = check_query(query, op, values);
    if (one.outcome == CheckOutcome::failed) return one;
    if (all.outcome != CheckOutcome::passed) continue;
    if (one.outcome == CheckOutcome::inconclusive) {
      all = std::move(one);
    } else {
      all.message += "; " + one.message;
      all.evidence.insert(all.evidence.end(), one.evidence.begin(), one.evidence.end());
    }
  }
  return all;
}

}  // namespace coalmine
