#include "strategies/canary/canary.h"

#include <string>
#include <utility>

#include "sim/experiment/operator.h"
#include "strategies/canary/arms.h"
#include "strategies/canary/checks.h"
#include "strategies/wording.h"

namespace coalmine {
namespace {

std::string count_of(int count, int limit) {
  return " (" + std::to_string(count) + " of " + std::to_string(limit) + ")";
}

/// The line of the timeline for a check that does not end the release.
void tell(Operator& op,
          const CanaryPlan& plan,
          std::size_t step,
          const CheckResult& check,
          const CheckTally& tally) {
  const std::string here = "weight " + say_percent(plan.steps[step]);
  if (check.outcome == CheckOutcome::passed) {
    const double next = step + 1 < plan.steps.size() ? plan.steps[step + 1] : 1;
    op.note("StepPassed", here + " -> " + say_percent(next) + ": " + check.message, check.evidence);
  } else if (check.outcome == CheckOutcome::failed) {
    op.note("CheckFailed",
            here + " held, failed check" + count_of(tally.failures(), plan.failure_limit) + ": " +
                check.message,
            check.evidence);
  } else {
    op.note("CheckInconclusive",
            here + " held, inconclusive check" +
                count_of(tally.inconclusive(), plan.inconclusive_limit) + ": " + check.message,
            check.evidence);
  }
}

/// Ends the release with the old version in charge, or held if it could not be put there.
Task<Verdict> stop(Operator& op,
                   Verdict verdict,
                   std::string why,
                   std::optional<Evidence> evidence) {
  op.decide_to_stop("canary", std::move(why), std::move(evidence));
  const bool restored = co_await op.restore_stable();
  co_return restored ? verdict : Verdict::held;
}

}  // namespace

Task<Verdict> Canary::roll_out(Operator& op) const {
  const std::string late = "pods were not available within " + say_duration(plan_.ready_within);
  CanaryArms arms(op, plan_);
  CheckTally tally(plan_.failure_limit, plan_.inconclusive_limit);

  for (std::size_t step = 0; step < plan_.steps.size(); ++step) {
    const std::string weight = "weight " + say_percent(plan_.steps[step]);
    const bool raised = co_await arms.raise_to(plan_.steps[step]);
    if (!raised) co_return co_await stop(op, Verdict::aborted, weight + ": " + late, {});
    co_await op.sleep(plan_.initial_delay);

    NextMove next = NextMove::stay;
    while (next == NextMove::stay) {
      co_await op.sleep(plan_.interval);
      const CheckResult check = check_canary(plan_, op.metrics(), arms.canary(), arms.reference());
      next = tally.after(check.outcome);
      tell(op, plan_, step, check, tally);
      if (next == NextMove::roll_back)
        co_return co_await stop(
            op, Verdict::rolled_back, weight + " -> 0 %: " + check.message, check.evidence);
      if (next == NextMove::give_up)
        co_return co_await stop(op,
                                Verdict::aborted,
                                weight + " -> 0 %: not enough data to judge: " + check.message,
                                check.evidence);
    }
  }

  const bool in_charge = co_await arms.promote();
  if (!in_charge) co_return co_await stop(op, Verdict::aborted, "promotion: " + late, {});
  co_return Verdict::promoted;
}

}  // namespace coalmine
