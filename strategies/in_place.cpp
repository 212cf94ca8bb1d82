#include "strategies/in_place.h"

#include <utility>

#include "sim/experiment/operator.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {

Task<Verdict> give_up_in_place(Operator& op, std::string who, Duration limit) {
  const DeploymentStatus status = op.status(op.stable());
  std::string message = "rollout given up with " + std::to_string(status.updated) +
                        " new pods made and " + std::to_string(status.available) + " of " +
                        std::to_string(status.desired) + " pods available: ";
  message += status.timed_out ? "no progress before the progress deadline"
                              : "not complete within " + say_duration(limit);
  return stop_release(op, std::move(who), Verdict::aborted, std::move(message));
}

}  // namespace coalmine
