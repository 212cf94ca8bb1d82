/// A/B test: some users get the new version (B), the others keep the old one (A), until as many
/// have been seen as it takes to tell whether B converts better or worse.
///
/// B's pods available -> users split, each staying in its arm -> initialDelay -> counting begins ->
/// every `interval` the guardrails (checks.h, B against A); once the planned sample is there, and
/// not before, one test (experiment.h) -> B promoted, or the old version put back.
///
/// There is no limit to the time but the end of the run: with too few users it ends held.
///
/// Source: the fixed-horizon design of two-proportion tests, specs/statistics.md sections 1 and 2;
/// arms by hash as specs/data-plane.md section 2 (`use_hash_policy`) has them, by header as in its
/// section 10. README.md beside this file says more.
#pragma once

#include <utility>

#include "sim/experiment/strategy.h"
#include "strategies/ab_test/plan.h"

namespace coalmine {

/// promoted: B wins, or nobody does and the plan says so; rolled_back: A wins, or the guardrails
/// failed; aborted: no winner, a sample-ratio mismatch, pods not ready in time, or nothing to check
/// the guardrails with; held: the run ended before, or the old version did not come back.
class AbTest : public Strategy {
 public:
  explicit AbTest(AbTestPlan plan) : plan_(std::move(plan)) {}
  Task<Verdict> roll_out(Operator& op) const override;
  std::vector<std::string> queries() const override { return query_texts(plan_.guardrails); }

 private:
  AbTestPlan plan_;
};

}  // namespace coalmine
