#include "bench/hand_loop.h"

#include <catch2/catch.hpp>

namespace coalmine::bench {
namespace {

// W3 at 69 % utilisation (2 000/s x 0.1 s over 40 pods x 8): two choices over pods of 8 keep the
// wait below 1 % of the service time, so latency is nearly the lognormal itself: mean 0.1 s,
// median 0.1/sqrt(2) = 0.0707 s, p99 = median exp(2.3263 sqrt(ln 2)) = 0.4905 s. Quantiles are
// lower edges of buckets: 0.0703 holds the median (next edges 0.0684, 0.0723), 0.4844 the p99, but
// the next edge, 0.4922, lies within the standard error of the canary's (120 000 requests): 0.0044
// s.
TEST_CASE("the hand-written loop gives the latencies the reference load is known by") {
  const HandLoopResult result = run_hand_loop({.rate = 2000, .seconds = 600, .seed = 1});
  for (const HandLoopLatency& version : {result.stable, result.canary}) {
    CHECK(version.mean > 0.0995);
    CHECK(version.mean < 0.1015);
    CHECK(version.p50 == Approx(0.0703).epsilon(0.001));
    CHECK(version.p99 == Approx(0.4905 - 0.0078 / 2).margin(3 * 0.0044));
  }
  CHECK(result.stable.p99 == Approx(0.4844).epsilon(0.001));
  // Poisson: 1 200 000 +- 5 standard deviations; a tenth of them to the canary.
  CHECK(static_cast<double>(result.arrivals) == Approx(1.2e6).margin(5 * 1095));
  const std::uint64_t completed = result.stable.completed + result.canary.completed;
  CHECK(static_cast<double>(result.canary.completed) / static_cast<double>(completed) ==
        Approx(0.1).margin(0.0015));
  // Conservation: what is missing at the end is what 320 workers and their queues may hold.
  CHECK(completed <= result.arrivals);
  CHECK(result.arrivals - completed < 500);
}

TEST_CASE("the hand-written loop repeats itself for a seed and differs between seeds") {
  const HandLoopConfig config{.rate = 2000, .seconds = 20, .seed = 7};
  const HandLoopResult once = run_hand_loop(config);
  const HandLoopResult again = run_hand_loop(config);
  CHECK(once.arrivals == again.arrivals);
  CHECK(once.stable.mean == again.stable.mean);
  CHECK(run_hand_loop({.rate = 2000, .seconds = 20, .seed = 8}).arrivals != once.arrivals);
}

TEST_CASE("the hand-written loop survives more load than its pods can serve") {
  const HandLoopResult result = run_hand_loop({.rate = 6000, .seconds = 60, .seed = 1});
  CHECK(result.stable.completed < result.arrivals);
  CHECK(result.stable.mean > 1);  // queues only grow
}

}  // namespace
}  // namespace coalmine::bench
