/// Rolling update: the stable Deployment's own controller replaces pods a few at a time, within
/// maxSurge and maxUnavailable.
///
/// Model: the new template under `strategy.type: RollingUpdate` (specs/kubernetes.md sections 3 and
/// 6; kubernetes v1.36, pkg/controller/deployment/rolling.go). Readiness is the only gate and no
/// metric is read: a version that is ready but fails requests reaches everyone. README.md beside
/// this file says more.
#pragma once

#include <optional>

#include "sim/cluster/deployment_spec.h"
#include "sim/experiment/strategy.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct RollingPlan {
  std::optional<IntOrPercent> max_surge;        ///< pods above replicas; empty: the manifest's
  std::optional<IntOrPercent> max_unavailable;  ///< pods missing; empty: the manifest's
  Duration timeout{};  ///< give up when not rolled out by then, or at the progress deadline
};

Section<RollingPlan> rolling_table();

/// promoted: every pod is new and available; aborted: not so in time, the old template is back.
class Rolling : public Strategy {
 public:
  explicit Rolling(const RollingPlan& plan) : plan_(plan) {}
  Task<Verdict> roll_out(Operator& op) const override;

 private:
  RollingPlan plan_;
};

}  // namespace coalmine
