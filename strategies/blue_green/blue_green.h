/// Blue-green: the new version (green) is brought up beside the old one (blue) at full size, gets
/// all the traffic in one switch, and is watched while blue waits to take it back.
///
/// Model: green Deployment of as many pods as the service has -> all available -> previewFor -> the
/// switch, a change of routes -> bake, keepOld, retirement of blue (cut_over.h). Everybody meets a
/// bad version, for as long as it takes to see it; going back needs no pod to start. Twice the pods
/// run meanwhile.
///
/// Ours; nearest to Argo Rollouts' blueGreen with a postPromotionAnalysis, and to CodeDeploy's
/// all-at-once traffic shift. README.md beside this file names the differences.
#pragma once

#include "sim/experiment/strategy.h"
#include "strategies/cut_over.h"

namespace coalmine {

struct BlueGreenPlan {
  Duration preview_for{};  ///< green stands there without users this long before the switch
  CutOverPlan cut_over;
};

Section<BlueGreenPlan> blue_green_table();

/// promoted: baked, kept, the old version retired; rolled_back: judged bad; aborted: pods not ready
/// in time, or not enough data to judge.
class BlueGreen : public Strategy {
 public:
  explicit BlueGreen(const BlueGreenPlan& plan) : plan_(plan) {}
  Task<Verdict> roll_out(Operator& op) const override;
  std::vector<std::string> queries() const override { return query_texts(plan_.cut_over.checks); }

 private:
  BlueGreenPlan plan_;
};

}  // namespace coalmine
