#include "strategies/rolling/rolling.h"

#include "sim/experiment/operator.h"
#include "strategies/in_place.h"

namespace coalmine {

Section<RollingPlan> rolling_table() {
  Section<RollingPlan> table("rolling", "Replaces old pods by new ones, a few at a time.");
  table
      .field("maxSurge",
             &RollingPlan::max_surge,
             kind::count_or_percent_as<IntOrPercent>(),
             {.default_text = "25%",
              .help = "pods above replicas, percent rounds up; the manifest's if it has one",
              .default_applies = false})
      .field("maxUnavailable",
             &RollingPlan::max_unavailable,
             kind::count_or_percent_as<IntOrPercent>(),
             {.default_text = "25%",
              .help = "pods missing at most, percent rounds down; the manifest's if it has one",
              .default_applies = false})
      .field("timeout",
             &RollingPlan::timeout,
             {.default_text = "30m",
              .min = "1s",
              .max = "24h",
              .help = "give up and go back when not complete by then"})
      .check([](const RollingPlan& plan, const SectionView& at, Diagnostics& problems) {
        if (plan.max_unavailable && plan.max_unavailable->percent &&
            plan.max_unavailable->value > 100)
          problems.error(at.position("maxUnavailable"),
                         "maxUnavailable: must not be greater than 100%");
        if (plan.max_surge && plan.max_unavailable && plan.max_surge->value == 0 &&
            plan.max_unavailable->value == 0)
          problems.error(at.position("maxUnavailable"),
                         "maxUnavailable may not be 0 when maxSurge is 0");
      });
  return table;
}

Task<Verdict> Rolling::roll_out(Operator& op) const {
  op.update_in_place(DeploymentStrategy::rolling_update, plan_.max_surge, plan_.max_unavailable);
  const bool done = co_await op.rolled_out(op.stable(), plan_.timeout);
  if (done) co_return Verdict::promoted;
  co_return co_await give_up_in_place(op, "rolling", plan_.timeout);
}

}  // namespace coalmine
