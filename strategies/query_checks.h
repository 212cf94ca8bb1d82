/// Checks that a user brings along: PromQL as it stands in a Flagger MetricTemplate, an Argo
/// AnalysisTemplate or a Grafana panel, with limits for its value.
///
///     queries:
///       - name: not found
///         query: sum(rate(istio_requests_total{destination_workload="{{ target }}",
///                response_code="404"}[{{ interval }}])) or vector(0)
///         max: 5
///
/// check_plan.h says what placeholders there are.
#pragma once

#include "sim/experiment/operator.h"
#include "strategies/check_plan.h"
#include "strategies/checks.h"

namespace coalmine {

/// What a check (if plan.built_in) and the user's queries about `target` come to together: failed
/// where any failed, the built-in rules first, then the queries in order; else inconclusive where
/// any was. All are asked, and are evidence. A query that gives no number, or more than one, is
/// inconclusive.
CheckResult with_queries(CheckResult built_in,
                         const Operator& op,
                         const CheckPlan& plan,
                         DeploymentId target,
                         Duration interval);

}  // namespace coalmine
