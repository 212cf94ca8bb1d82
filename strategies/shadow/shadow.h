/// Shadow (dark launch): the new version works on copies of the live requests, and nobody gets its
/// answers; it is cut over to when it holds its own against the live version.
///
/// Model: a shadow Deployment sized for the mirrored share -> its pods available -> the old version
/// measured alone, for later -> the proxy copies `mirror` of the requests to the shadow
/// (specs/data-plane.md section 3; Operator::mirror) -> initialDelay -> checks of both arms until
/// `for` is over and the last one passed -> full size -> the switch of cut_over.h.
///
/// Both arms are measured at their pods: the router does not count copies. So requests that reach
/// no pod (refused, no endpoint) and those that die with their process are not seen while
/// mirroring. A copy is real load: on the shadow's pods and on every service they call, where it
/// competes with the requests of users.
///
/// Ours; mirroring as Envoy and Istio do it. README.md beside this file names the differences.
#pragma once

#include "sim/experiment/strategy.h"
#include "strategies/cut_over.h"

namespace coalmine {

struct ShadowPlan {
  double mirror = 1;      ///< share of the requests that are copied, (0, 1]
  Duration mirror_for{};  ///< how long at least
  CutOverPlan cut_over;   ///< its interval, delays and checks hold while mirroring too
};

Section<ShadowPlan> shadow_table();

/// promoted: passed both phases; rolled_back: judged bad in one of them; aborted: pods not ready in
/// time, or not enough data to judge.
class Shadow : public Strategy {
 public:
  explicit Shadow(const ShadowPlan& plan) : plan_(plan) {}
  Task<Verdict> roll_out(Operator& op) const override;
  std::vector<std::string> queries() const override { return query_texts(plan_.cut_over.checks); }
  bool reads_pods() const override { return true; }

 private:
  ShadowPlan plan_;
};

}  // namespace coalmine
