/// What a canary release is told: the table of its keys is the reference, this its target.
#pragma once

#include <optional>
#include <vector>

#include "sim/kernel/settings.h"
#include "sim/kernel/time.h"

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
  double max_error_ratio = 0;       ///< always allowed, [0, 1]
  double error_tolerance = 1;       ///< ... or this many times the reference's ratio
  std::optional<Duration> max_p99;  ///< absolute limit of the p99 latency
  double latency_tolerance = 1;     ///< p99 allowed relative to the reference's
  int failure_limit = 1;            ///< failed checks, not in a row, at which to roll back
  int min_samples = 1;              ///< requests a measurement needs to count
  int inconclusive_limit = 1;       ///< inconclusive checks, not in a row, at which to give up
  ShareBy by = ShareBy::weights;
  Duration ready_within{};  ///< limit of every wait for pods
};

Section<CanaryPlan> canary_table();

/// ceil(share x replicas), at least 1: pods that carry `share` at the load they are used to.
int pods_for(double share, int replicas);

/// Share of the baseline beside a canary of `share`: as much, as far as there is that much left.
double baseline_share(double share);

}  // namespace coalmine
