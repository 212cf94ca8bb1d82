/// The yardstick for the engine's speed: the reference load W3 as a loop written by hand.
///
/// W3: Poisson arrivals, 2 000 a second; a request goes to version stable (36 pods) with
/// probability 0.9, else to canary (4 pods). Two candidates are drawn among the version's pods,
/// independently and uniformly; the one holding fewer requests (waiting and in service) takes it,
/// the first on a tie. A pod serves 8 at once, the rest wait in order of arrival. Service times are
/// lognormal with mean 0.1 s and coefficient of variation 1.
///
/// Done as well as an event heap allows and no better: every completion passes a 4-ary heap of
/// 16-byte entries, the next arrival stays in a register, variates come from ziggurats, and nothing
/// is recorded but one latency histogram per version. No control events, faults, users or scrapes:
/// what the engine does on top is what the ratio of the two shows. About 80 ns a request.
///
/// It shares nothing with the engine (doubles for time, libm, its own generator), so it also checks
/// the engine's answer for this load.
#pragma once

#include <cstdint>

namespace coalmine::bench {

struct HandLoopConfig {
  double rate = 2000;     ///< requests a second, > 0; up to 3 000 the pods keep up
  double seconds = 3600;  ///< simulated time; what has not completed by then is not in the answer
  std::uint64_t seed = 1;
};

/// Latency at the edge in seconds, of completed requests. Quantiles are lower edges of buckets at
/// most 3.2 % wide; with no request at all everything is 0.
struct HandLoopLatency {
  std::uint64_t completed = 0;
  double mean = 0;
  double p50 = 0;
  double p99 = 0;
};

struct HandLoopResult {
  std::uint64_t arrivals = 0;
  HandLoopLatency stable;
  HandLoopLatency canary;
};

HandLoopResult run_hand_loop(const HandLoopConfig& config);

}  // namespace coalmine::bench
