/// Recreate: all old pods are stopped, then all new ones are started. The outage is the price of
/// never running two versions at once.
///
/// Model: the stable Deployment gets the new template under `strategy.type: Recreate`; its
/// controller does the rest (specs/kubernetes.md sections 4 and 6; kubernetes v1.36,
/// pkg/controller/deployment/recreate.go). No metric is read: a version that starts but fails
/// requests is promoted, and stopping it is left to whoever is paged. README.md beside this file
/// says more.
#pragma once

#include "sim/experiment/strategy.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct RecreatePlan {
  Duration timeout{};  ///< give up when not rolled out by then, or at the progress deadline
};

Section<RecreatePlan> recreate_table();

/// promoted: every pod is new and available; aborted: not so in time, the old template is back.
class Recreate : public Strategy {
 public:
  explicit Recreate(const RecreatePlan& plan) : plan_(plan) {}
  Task<Verdict> roll_out(Operator& op) const override;

 private:
  RecreatePlan plan_;
};

}  // namespace coalmine
