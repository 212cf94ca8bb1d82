#include "strategies/canary/canary.h"

#include <string>
#include <utility>

#include "sim/experiment/operator.h"
#include "strategies/canary/arms.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {

Task<Verdict> Canary::roll_out(Operator& op) const {
  const std::string late = "pods were not available within " + say_duration(plan_.ready_within);
  CanaryArms arms(op, plan_);
  CheckTally tally(plan_.checks);
  const auto look = [&] {
    const auto of = [&](const MetricTarget& arm) {
      return measure(op.metrics(), arm, plan_.interval);
    };
    const std::optional<MetricTarget> reference = arms.reference();
    return check(
        plan_.checks, of(arms.canary()), reference ? std::optional(of(*reference)) : std::nullopt);
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
