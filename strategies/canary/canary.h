/// Canary: the new version gets a small share of the live requests, and more step by step while
/// checks against a reference pass.
///
/// One step: size the canary -> its pods available -> traffic -> initialDelay -> interval -> check.
/// A passed check leads to the next step, a failed or inconclusive one to another interval at the
/// same share; failureLimit failed checks roll back, inconclusiveLimit inconclusive ones give up.
/// After the last step all traffic moves and the old pods are retired.
///
/// Ours, not any one product's; nearest to Flagger's analysis loop (failed checks add up) with
/// Kayenta's baseline. README.md beside this file names the differences.
#pragma once

#include "sim/experiment/strategy.h"
#include "strategies/canary/plan.h"

namespace coalmine {

/// promoted: passed every step; rolled_back: judged bad; aborted: pods not ready in time, or not
/// enough data to judge.
class Canary : public Strategy {
 public:
  explicit Canary(CanaryPlan plan) : plan_(std::move(plan)) {}
  Task<Verdict> roll_out(Operator& op) const override;
  std::vector<std::string> queries() const override { return query_texts(plan_.checks); }

 private:
  CanaryPlan plan_;
};

}  // namespace coalmine
