#include "sim/cluster/latencies.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

/// The sampler's quantile, from the bits that make the uniform p.
double quantile(const DurationSampler& sampler, double p) {
  return to_seconds(sampler(static_cast<std::uint64_t>(p * 0x1p52) << 12));
}

}  // namespace

// Kubernetes blog 2015-09, 100 nodes, 10 % full: p50 0.90, p90 1.29, p99 1.59 s.
TEST_CASE("a pod starts as fast as measured on a half-empty cluster") {
  const ClusterSettings settings;
  CHECK(quantile(settings.pod_start, 0.5) == Approx(0.90).epsilon(0.01));
  CHECK(quantile(settings.pod_start, 0.9) == Approx(1.29).epsilon(0.04));
  CHECK(quantile(settings.pod_start, 0.99) == Approx(1.59).epsilon(0.02));
}

TEST_CASE("the endpoint race has the delays of the specification") {
  const ClusterSettings settings;
  CHECK(quantile(settings.delete_notice, 0.5) == Approx(0.1));
  CHECK(quantile(settings.delete_notice, 0.99) == Approx(0.5));
  CHECK(quantile(settings.endpoint_update, 0.5) == Approx(0.1));
  CHECK(quantile(settings.endpoint_update, 0.99) == Approx(1.0));
  CHECK(quantile(settings.proxy_apply, 0.5) == Approx(0.55));
  CHECK(quantile(settings.image_pull, 0.5) == Approx(19));
}

TEST_CASE("a sampler keeps the mean and the quantiles of the distribution it was made of") {
  CHECK(quantile(sampler_of(lognormal_from_quantiles(8s, 25s)), 0.5) == Approx(8));
  CHECK(quantile(sampler_of(lognormal_from_quantiles(8s, 25s)), 0.99) == Approx(25));
  DurationDistribution fixed;
  fixed.kind = DurationDistribution::Kind::deterministic;
  fixed.mean = 3;
  CHECK(sampler_of(fixed)(0) == 3s);
  DurationDistribution exponential;
  exponential.kind = DurationDistribution::Kind::exponential;
  exponential.mean = 2;
  CHECK(quantile(sampler_of(exponential), 0.5) == Approx(2 * 0.693147).epsilon(1e-5));
}
