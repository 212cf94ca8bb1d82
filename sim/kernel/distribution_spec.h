/// A positive random duration as the user states it; distributions.h draws from it.
///
/// Written as `{p50, p99}` or `{mean, cv}` (lognormal), `{mean, distribution: exponential |
/// deterministic | erlang}` (erlang with `shape` k), or a bare duration (deterministic).
#pragma once

#include "sim/kernel/time.h"

namespace coalmine {

struct DurationDistribution {
  enum class Kind { lognormal, exponential, erlang, deterministic };
  Kind kind = Kind::lognormal;
  double mean = 0;   ///< seconds
  double sigma = 0;  ///< lognormal: standard deviation of the log
  int shape = 1;     ///< erlang: k >= 1
};

/// The lognormal with these quantiles, p99 >= p50 > 0 (equal: deterministic).
DurationDistribution lognormal_from_quantiles(Duration p50, Duration p99);
/// The lognormal with this mean > 0 and coefficient of variation (0: deterministic).
DurationDistribution lognormal_from_mean(Duration mean, double cv);

}  // namespace coalmine
