#include "sim/cluster/latencies.h"

#include <cstdint>

#include "sim/kernel/assert.h"
#include "sim/kernel/distributions.h"
#include "sim/kernel/random.h"

namespace coalmine {
namespace {

template <class Distribution>
DurationSampler sampler_from(Distribution distribution) {
  return [distribution](std::uint64_t bits) {
    const double seconds = distribution.quantile(to_uniform(bits));
    return from_seconds(seconds < 9e9 ? seconds : 9e9);
  };
}

}  // namespace

DurationSampler always(Duration value) {
  CM_ASSERT(value >= Duration::zero());
  return [value](std::uint64_t) { return value; };
}

DurationSampler uniform_between(Duration low, Duration high) {
  CM_ASSERT(low >= Duration::zero() && low <= high);
  return [low, high](std::uint64_t bits) {
    const auto width = static_cast<double>((high - low).count());
    return low + Duration(static_cast<std::int64_t>(to_uniform(bits) * width));
  };
}

DurationSampler lognormal(double median_seconds, double sigma) {
  CM_ASSERT(median_seconds > 0 && sigma >= 0);
  return sampler_from(Lognormal{portable_log(median_seconds), sigma});
}

DurationSampler lognormal_p50_p99(Duration p50, Duration p99) {
  return sampler_from(Lognormal::from_p50_p99(to_seconds(p50), to_seconds(p99)));
}

DurationSampler sampler_of(const DurationDistribution& distribution) {
  using Kind = DurationDistribution::Kind;
  switch (distribution.kind) {
    case Kind::deterministic:
      return always(from_seconds(distribution.mean));
    case Kind::exponential:
      return sampler_from(Exponential{distribution.mean});
    case Kind::erlang:
      return sampler_from(Gamma::from_mean(distribution.mean, distribution.shape));
    case Kind::lognormal:
      break;
  }
  if (distribution.mean <= 0) return always(Duration::zero());
  const double sigma = distribution.sigma;
  return sampler_from(Lognormal{portable_log(distribution.mean) - sigma * sigma / 2, sigma});
}

}  // namespace coalmine
