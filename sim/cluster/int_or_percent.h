/// maxSurge and maxUnavailable in pods. Source: specs/kubernetes.md section 3 (upstream
/// pkg/controller/deployment/util/deployment_util.go, ResolveFenceposts).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sim/cluster/deployment_spec.h"

namespace coalmine {

enum class Rounding { down, up };

/// value, or value percent of `total` >= 0 rounded as told; never below 0.
constexpr int scaled_value(IntOrPercent limit, int total, Rounding rounding) {
  if (!limit.percent) return std::max(0, limit.value);
  const std::int64_t hundredths = std::int64_t{std::max(0, limit.value)} * total;
  const std::int64_t pods = (hundredths + (rounding == Rounding::up ? 99 : 0)) / 100;
  return static_cast<int>(std::min<std::int64_t>(pods, std::numeric_limits<int>::max()));
}

struct Fenceposts {
  int surge = 0;        ///< pods allowed above the desired number; the sum of both is an int
  int unavailable = 0;  ///< pods allowed to be missing, as configured
  friend bool operator==(Fenceposts, Fenceposts) = default;
};

/// Surge rounds up, unavailable down; if both come to 0 one pod may be missing, or no rollout could
/// ever move.
constexpr Fenceposts fenceposts(IntOrPercent max_surge, IntOrPercent max_unavailable, int desired) {
  Fenceposts posts{scaled_value(max_surge, desired, Rounding::up),
                   scaled_value(max_unavailable, desired, Rounding::down)};
  if (posts.surge == 0 && posts.unavailable == 0) posts.unavailable = 1;
  posts.surge = std::min(posts.surge, std::numeric_limits<int>::max() - desired);
  return posts;
}

}  // namespace coalmine
