/// Manual: a person releases by hand; what they did stands in the scenario as a log of actions.
///
/// One pair of hands: an action begins at its time, or when the one before is done if that is
/// later. Deploying and scaling are done when the API server has them; routing when it is in force
/// at the proxy; waitReady when the pods are available or readyWithin is over, then the next action
/// follows either way (a log cannot think again). promote without pods in time changes nothing.
#pragma once

#include <utility>

#include "sim/experiment/strategy.h"
#include "strategies/manual/plan.h"

namespace coalmine {

/// promoted, rolled_back: by the last of promote and rollBack; held: neither was done.
class Manual : public Strategy {
 public:
  explicit Manual(ManualPlan plan) : plan_(std::move(plan)) {}
  Task<Verdict> roll_out(Operator& op) const override;

 private:
  ManualPlan plan_;
};

}  // namespace coalmine
