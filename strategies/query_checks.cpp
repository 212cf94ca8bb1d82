#include "strategies/query_checks.h"

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
                        const QuerySubjects& subjects) {
  const Reading reading =
      op.metrics().query(fill_in(query.query, placeholders(query, subjects)).text);
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

int badness(const CheckResult& result) {
  if (result.outcome == CheckOutcome::failed) return 2;
  return result.outcome == CheckOutcome::inconclusive ? 1 : 0;
}

/// What two checks come to together: the worse one, of equals the first; what passed says both. All
/// evidence is kept, that of what decided first.
CheckResult both(CheckResult first, CheckResult second) {
  const bool passed = badness(first) == 0 && badness(second) == 0;
  if (badness(second) > badness(first)) std::swap(first, second);
  if (passed && !first.message.empty()) first.message += "; ";
  if (passed) first.message += second.message;
  first.evidence.insert(first.evidence.end(), second.evidence.begin(), second.evidence.end());
  return first;
}

}  // namespace

CheckResult with_queries(CheckResult built_in,
                         const Operator& op,
                         const CheckPlan& plan,
                         DeploymentId target,
                         Duration interval) {
  const QuerySubjects subjects{op.name_of(target),
                               op.name_of(op.stable()),
                               op.scenario().service.name,
                               op.scenario().name_space,
                               promql::duration_text(interval)};
  CheckResult all{CheckOutcome::passed, {}, {}};
  if (plan.built_in) all = std::move(built_in);
  for (const QueryCheck& query : plan.queries)
    all = both(std::move(all), check_query(query, op, subjects));
  return all;
}

}  // namespace coalmine
