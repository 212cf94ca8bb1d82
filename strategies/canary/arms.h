/// The Deployments of a canary release and who gets how much: moves pods first, traffic after, so
/// that no share is served by too few pods.
#pragma once

#include <optional>

#include "sim/experiment/operator.h"
#include "strategies/canary/plan.h"

namespace coalmine {

/// Lives in the frame of one release. Every change awaits what it asked for, plan.ready_within at
/// most.
class CanaryArms {
 public:
  CanaryArms(Operator& op, const CanaryPlan& plan);

  /// `share` of the requests to the new version (and as much to the baseline, if there is one), in
  /// force at the proxy. False: its pods were not available in time; traffic is as before.
  Task<bool> raise_to(double share);

  /// The new version at full size with all the traffic, the others retired. False: as above.
  Task<bool> promote();

  MetricTarget canary() const;
  std::optional<MetricTarget> reference() const;  ///< what to compare with; empty: nothing

 private:
  bool has_baseline() const { return plan_.compare_with == CompareWith::baseline; }
  void ensure_deployed(int pods);
  Task<void> send_by_weights(double share);
  Task<bool> send_by_replicas(int pods);

  Operator& op_;
  const CanaryPlan& plan_;
  std::optional<DeploymentId> canary_;
  std::optional<DeploymentId> baseline_;
};

}  // namespace coalmine
