/// The end that blue-green and shadow have in common: all traffic moves to the new version at once,
/// checks watch it bake, the old version waits at full size to take the traffic back.
///
///     old version measured -> all traffic to the new one -> initialDelay -> checks until `bake` is
///     over and the last one passed -> the old version kept for keepOld -> retired
///
/// The new version is held against what the old one measured before, for afterwards that has no
/// requests to measure. The limits of CheckPlan switch back: failed checks roll back, inconclusive
/// ones give up.
#pragma once

#include <optional>
#include <string>

#include "sim/experiment/operator.h"
#include "strategies/checks.h"

namespace coalmine {

struct CutOverPlan {
  Duration bake{};           ///< watched at least this long after the switch
  Duration keep_old{};       ///< further time in which going back is a matter of routing alone
  Duration interval{};       ///< between checks, and the window each looks back over
  Duration initial_delay{};  ///< after a change of traffic, before measuring
  Duration ready_within{};   ///< limit of every wait for pods
  bool compare = true;       ///< with the old version's measurement; else fixed limits alone
  CheckPlan checks;
};

/// To be included by the tables of the plans: Section::include.
Section<CutOverPlan> cut_over_table();

/// Lives in the frame of one release; `op` and `plan` outlive it.
class CutOver {
 public:
  /// `who` is the strategy.
  CutOver(Operator& op, std::string who, const CutOverPlan& plan);

  /// Looks back over the last interval of the old version, while it has all the traffic and nothing
  /// else disturbs it. Tries again after an interval, as often as inconclusive checks are allowed.
  /// False: there is nothing to compare with (never if plan.compare is not set).
  Task<bool> measure_old();

  /// Moves to `next`, which has all its pods. promoted: the old version is retired; rolled_back,
  /// aborted: it is back in charge.
  Task<Verdict> switch_to(DeploymentId next);

 private:
  Operator& op_;
  std::string who_;
  const CutOverPlan& plan_;
  std::optional<Measurement> old_;
};

/// Sized like the service and all pods available (true), or not so within `limit`.
Task<bool> full_size(Operator& op, DeploymentId deployment, Duration limit);

/// Gives up the old version, all traffic being with `next`; done when both have settled, or after
/// `limit` each.
Task<void> retire_old(Operator& op, DeploymentId next, Duration limit);

}  // namespace coalmine
