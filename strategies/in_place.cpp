#include "strategies/in_place.h"

#include "sim/experiment/operator.h"
#include "strategies/wording.h"

namespace coalmine {

Task<Verdict> give_up_in_place(Operator& op, std::string who, Duration limit) {
  const DeploymentStatus status = op.status(op.stable());
  std::string message = "rollout given up with " + std::to_string(status.updated) +
                        " new pods made and " + std::to_string(status.available) + " of " +
                        std::to_string(status.desired) + " pods available: ";
  message += status.timed_out ? "no progress before the progress deadline"
                              : "not complete within " + say_duration(limit);
  op.decide_to_stop(std::move(who), std::move(message), {});
  const bool restored = co_await op.restore_stable();
  co_return restored ? Verdict::aborted : Verdict::held;
}

}  // namespace coalmine
