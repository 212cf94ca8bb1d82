/// What strategies that change the stable Deployment in place have in common.
#pragma once

#include <string>

#include "sim/experiment/strategy.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// The rollout did not complete within `limit`: says so, decides to stop and puts the old template
/// back: aborted, or held if that did not work. Kubernetes itself only sets a condition; this is
/// the pipeline around it, which runs `kubectl rollout status` and, when that fails, `kubectl
/// rollout undo`.
Task<Verdict> give_up_in_place(Operator& op, std::string who, Duration limit);

}  // namespace coalmine
