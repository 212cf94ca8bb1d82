/// What a canary release is told: the table of its keys is the reference, this its target.
#pragma once

#include <vector>

#include "sim/kernel/settings.h"
#include "sim/kernel/time.h"
#include "sim/scenario/scenario.h"
#include "strategies/check_plan.h"

namespace coalmine {

/// Whom the new version is held against.
enum class CompareWith {
  baseline,  ///< fresh pods of the old version, as many and as loaded as the canary's
  stable,    ///< the pods that were there before: warm, more of them
  none,      ///< fixed limits alone
};

/// What decides the canary's share of the requests.
enum class ShareBy {
  weights,   ///< the proxy's weights: exact, stable keeps all its pods
  replicas,  ///< one Service over all pods: shares follow pod counts, stable shrinks meanwhile
};

struct CanaryPlan {
  std::vector<double> steps;  ///< the new version's share of the requests, (0, 1), rising
  Duration interval{};        ///< length of one measurement
  Duration initial_delay{};   ///< after each change of traffic, before measuring
  CompareWith compare_with = CompareWith::baseline;
  CheckPlan checks;
  bool per_segment = false;  ///< each segment of the users is checked as well
  ShareBy by = ShareBy::weights;
  Duration ready_within{};  ///< limit of every wait for pods
};

Section<CanaryPlan> canary_table();

/// What in the rest of the scenario makes a key pointless: perSegment without segments.
void check_canary(const CanaryPlan& plan,
                  const Scenario& scenario,
                  const SectionView& at,
                  Diagnostics& problems);

/// Share of the baseline beside a canary of `share`: as much, as far as there is that much left.
double baseline_share(double share);

}  // namespace coalmine
