/// What strategies that change the stable Deployment in place have in common.
#pragma once

#include <string>

#include "sim/experiment/strategy.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// The rollout did not complete in time: says so, decides to stop, puts the old template back and
/// waits for it, `limit` at most. Kubernetes itself only sets a condition; this is the pipeline
/// around it, which runs `kubectl rollout status` and, when that fails, `kubectl rollout undo`.
Task<Verdict> give_up_in_place(Operator& op, std::string who, Duration limit);

}  // namespace coalmine
