/// A release as it is played: the strategy, and the on-call human behind it who is paged by the
/// burn-rate alert, answers after a while, and puts the old version back if the strategy has not
/// stopped by itself.
#pragma once

#include <optional>

#include "sim/experiment/operator.h"
#include "sim/experiment/strategy.h"
#include "sim/scenario/world.h"

namespace coalmine {

struct ReleaseProgress {
  struct Ending {
    Verdict verdict;  ///< not held
    Time at;          ///< with the cluster settled
  };
  std::optional<Ending> ending;     ///< empty: held, as things stand
  std::optional<Time> responds_at;  ///< the human's, once paged
  bool over = false;                ///< neither strategy nor human will act any more
};

/// Waits for release.at and plays, with the human behind it or without. All references outlive the
/// task.
Task<void> play_release(
    World& world, Operator& op, const Strategy& strategy, bool on_call, ReleaseProgress& progress);

}  // namespace coalmine
