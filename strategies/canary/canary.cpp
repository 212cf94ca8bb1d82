#include "strategies/canary/canary.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/operator.h"
#include "strategies/canary/arms.h"
#include "strategies/query_checks.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {
namespace {

/// Canary and reference over the last interval; of the users in one segment, by its place, or all.
CheckResult check_arms(const Operator& op,
                       const CanaryPlan& plan,
                       const CanaryArms& arms,
                       std::optional<std::uint8_t> segment) {
  const auto of = [&](MetricTarget arm) {
    arm.segment = segment;
    return measure(op.metrics(), arm, plan.interval);
  };
  const std::optional<MetricTarget> reference = arms.reference();
  return check(
      plan.checks, of(arms.canary()), reference ? std::optional(of(*reference)) : std::nullopt);
}

std::vector<SegmentCheck> check_segments(const Operator& op,
                                         const CanaryPlan& plan,
                                         const CanaryArms& arms) {
  std::vector<std::string> names;
  for (const UserSegment& segment : op.scenario().traffic.segments) names.push_back(segment.name);
  if (!names.empty()) names.push_back("none");
  std::vector<SegmentCheck> checks;
  for (std::uint8_t i = 0; i < names.size(); ++i) {
    SegmentCheck one{names[i], check_arms(op, plan, arms, i)};
    checks.push_back(std::move(one));
  }
  return checks;
}

}  // namespace

Task<Verdict> Canary::roll_out(Operator& op) const {
  const std::string late = "pods were not available within " + say_duration(plan_.ready_within);
  CanaryArms arms(op, plan_);
  CheckTally tally(plan_.checks);
  const auto look = [&] {
    CheckResult whole = check_arms(op, plan_, arms, std::nullopt);
    if (plan_.per_segment) whole = with_segments(std::move(whole), check_segments(op, plan_, arms));
    return with_queries(
        std::move(whole), op, plan_.checks, arms.canary().deployments.front(), plan_.interval);
  };

  for (std::size_t step = 0; step < plan_.steps.size(); ++step) {
    const std::string weight = "weight " + say_percent(plan_.steps[step]);
    const bool raised = co_await arms.raise_to(plan_.steps[step]);
    if (!raised)
      co_return co_await stop_release(op, "canary", Verdict::aborted, weight + ": " + late);
    co_await op.sleep(plan_.initial_delay);

    WatchSettings how{weight, plan_.interval, op.now()};
    Watched seen = co_await watch(op, std::move(how), tally, look);
    if (seen.next != NextMove::proceed)
      co_return co_await stop_release(op, "canary", weight + " -> 0 %", std::move(seen));
    const double next = step + 1 < plan_.steps.size() ? plan_.steps[step + 1] : 1;
    op.note("StepPassed",
            weight + " -> " + say_percent(next) + ": " + seen.last.message,
            seen.last.evidence);
  }

  const bool in_charge = co_await arms.promote();
  if (!in_charge)
    co_return co_await stop_release(op, "canary", Verdict::aborted, "promotion: " + late);
  co_return Verdict::promoted;
}

}  // namespace coalmine
