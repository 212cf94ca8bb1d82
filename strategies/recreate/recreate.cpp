#include "strategies/recreate/recreate.h"

#include "sim/experiment/operator.h"
#include "strategies/in_place.h"

namespace coalmine {

Section<RecreatePlan> recreate_table() {
  Section<RecreatePlan> table("recreate", "Stops every old pod, then starts the new ones.");
  table.field("timeout",
              &RecreatePlan::timeout,
              {.default_text = "10m",
               .min = "1s",
               .max = "24h",
               .help = "give up and go back when not complete by then"});
  return table;
}

Task<Verdict> Recreate::roll_out(Operator& op) const {
  op.update_in_place(DeploymentStrategy::recreate, {}, {});
  // Not `if (co_await ...)`: g++ 12 then lays out the frame of such a coroutine wrongly.
  const bool done = co_await op.rolled_out(op.stable(), plan_.timeout);
  if (done) co_return Verdict::promoted;
  co_return co_await give_up_in_place(op, "recreate", plan_.timeout);
}

}  // namespace coalmine
