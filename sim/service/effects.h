/// What faults do to the requests of a version: plain data that the request loop evaluates, filled
/// in by sim/faults. An effect's strength is a pure function of time (and of what the process has
/// been through), so a request's fate is fixed by the instant its service starts.
///
/// Source: specs/service-models sections 5 and 7; the numbers below are the catalogue's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/kernel/random.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// When an effect acts: nothing before `from`, rising linearly over `ramp`, full until `until`.
struct EffectWindow {
  Time from = Time::min();
  Time until = kNever;
  Duration ramp{};

  /// Strength in [0, 1].
  double level(Time t) const {
    if (t < from || t >= until) return 0;
    // An effect without a beginning has no ramp either (and the difference would overflow).
    if (ramp.count() <= 0 || from == Time::min() || t - from >= ramp) return 1;
    return static_cast<double>((t - from).count()) / static_cast<double>(ramp.count());
  }

  /// Seconds of full strength in [a, b], those of the ramp weighed by their level. With `a` in the
  /// endless past they count from `from`, or not at all when that is endless too.
  double full_seconds(Time a, Time b) const {
    a = std::max(a, from);
    b = std::min(b, until);
    if (a >= b || a == Time::min()) return 0;
    if (ramp.count() <= 0 || from == Time::min()) return to_seconds(b - a);
    const double rise = to_seconds(ramp);
    const auto since_from = [&](Time t) {
      const double x = to_seconds(t - from);
      return x < rise ? x * x / (2 * rise) : x - rise / 2;
    };
    return since_from(b) - since_from(a);
  }
};

/// A process of a pod, as faults see it.
struct ProcessRef {
  std::uint32_t pod = 0;     ///< its number
  std::uint64_t start = 0;   ///< start_address(): of this process
  Time since = Time::min();  ///< it listens; Time::min(): long since
};

/// The address of a pod's n-th process, from 0.
inline std::uint64_t start_address(std::uint32_t pod, std::uint32_t nth) {
  return (std::uint64_t{pod} << 20U) + nth;
}

/// When and in which processes of its version a fault acts: whoever meets one of them is exposed.
struct FaultPresence {
  EffectWindow when{};
  double share = 1;           ///< of the pods, or of their starts, that have it...
  RandomKey coin{};           ///< ...decided by (fault, pod) or (fault, pod, start)
  bool of_start = false;      ///< by start, of those within `when`, and then to the process's end
  Duration young = kForever;  ///< only for so long after the process began to listen

  /// At `t`, on a request sent at `sent`, by which its fate is sealed where age matters.
  bool acts(Time t, Time sent, const ProcessRef& process) const {
    if (when.level(of_start ? process.since : t) <= 0) return false;
    if (young != kForever && (process.since == Time::min() || sent >= process.since + young))
      return false;
    return share >= 1 || draw(coin, of_start ? process.start : process.pod) < share;
  }
};

/// The users an effect touches, one bit per segment; bit 63 stands for those in none.
using SegmentSet = std::uint64_t;
inline constexpr SegmentSet kEverySegment = ~SegmentSet{0};

/// 1, 9, 11, 12: each request fails with probability p (status 500), decided by the coin (fault,
/// request). `fast`: it costs no work, as a refused connection does not. Only on the share `pods`
/// of the pods, decided by (fault, pod).
struct ErrorEffect {
  double p = 0;
  RandomKey coin{};
  EffectWindow when{};
  SegmentSet segments = kEverySegment;
  bool fast = false;
  double pods = 1;
  RandomKey pod_coin{};
};

/// 2, 3, 7, 13: the work of a request is multiplied by `factor` and lengthened by `shift` (both
/// scaled by the level), with probability p by the coin (fault, request). `cpu_only`: the factor
/// stretches the processor's part of the work alone.
struct LatencyEffect {
  double factor = 1;
  Duration shift{};
  EffectWindow when{};
  bool cpu_only = false;
  double p = 1;
  RandomKey coin{};
};

/// 4: the process exits `after` it began to listen, with probability p per start, decided by
/// (fault, pod, start).
struct CrashEffect {
  double p = 1;
  Duration after{};
  RandomKey coin{};
  EffectWindow when{};
};

/// 5: a request kills its process the moment its service starts, with probability p.
struct PoisonEffect {
  double p = 0;
  RandomKey coin{};
  EffectWindow when{};
  SegmentSet segments = kEverySegment;
};

/// 6: memory grows from `base` by `per_request` and `per_second` bytes (scaled by the level), and
/// what has leaked stays until the process ends; at `limit` the process is killed. From 85 % of the
/// limit on, collecting garbage slows all work: speed x max(0.3, 1 - 0.7 (m - 0.85) / 0.15).
/// Several leaks add up, from the largest base to the smallest limit.
struct LeakEffect {
  static constexpr double kPressureFrom = 0.85;  ///< of the limit
  double base = 0;
  double limit = 0;
  double per_request = 0;
  double per_second = 0;
  EffectWindow when{};
};

/// 8: trouble only under load: while the pod has more than `above_concurrency` requests in service,
/// or took more than `above_rate` requests in the last full second, its requests fail with
/// probability p and their work is multiplied by `factor`. A bound of 0 is none.
struct LoadEffect {
  std::uint32_t above_concurrency = 0;
  double above_rate = 0;
  double p = 0;
  double factor = 1;
  RandomKey coin{};
  EffectWindow when{};
};

/// 14, on the new version: what it writes, the old one cannot read. Each request it takes marks its
/// user; `all`: its first start (or, begun later, its next request) migrates the store, so
/// everybody is marked.
struct WriteEffect {
  bool all = false;
  EffectWindow when{};
};

/// 14, on the old version: requests of marked users fail with probability p. Nothing takes a mark
/// back: a rollback does not repair data.
struct UnreadableEffect {
  double p = 1;
  RandomKey coin{};
};

/// 17: the n-th request of a process misses its cache with probability 1 - hit_ratio (1 -
/// e^(-n/keys)) and then waits `miss` longer; of a process long since warm with 1 - hit_ratio.
struct ColdCacheEffect {
  double hit_ratio = 0;
  double keys = 1;
  Duration miss{};
  RandomKey coin{};
  EffectWindow when{};
};

/// 18: work costs `slowdown` times as much when the process begins to listen, falling linearly to 1
/// over `lasts`.
struct SlowStartEffect {
  Duration lasts{};
  double slowdown = 1;
  EffectWindow when{};
};

/// 22: for `lasts` after a process began to listen it reports ready but fails every request (status
/// 500).
struct LieEffect {
  Duration lasts{};
  EffectWindow when{};
};

/// 23: scrapes of the version's pods (and of the router's counters of its Deployments) are lost
/// with probability `loss`, decided by the coin (fault, target, scrape), or can be queried only
/// `delay` later.
struct ScrapeEffect {
  double loss = 0;  ///< [0, 1]
  Duration delay{};
  RandomKey coin{};
  EffectWindow when{};
  Duration takes{};  ///< for a pod's target to answer
};

/// 15: users convert `factor` times as often; no request shows it.
struct ConversionEffect {
  double factor = 1;
  EffectWindow when{};
};

struct VersionEffects {
  std::vector<ErrorEffect> errors;
  std::vector<LatencyEffect> latencies;
  std::vector<CrashEffect> crashes;
  std::vector<PoisonEffect> poisons;
  std::vector<LeakEffect> leaks;
  std::vector<LoadEffect> loads;
  std::vector<WriteEffect> writes;
  std::vector<UnreadableEffect> unreadable;
  std::vector<ColdCacheEffect> cold_caches;
  std::vector<SlowStartEffect> slow_starts;
  std::vector<LieEffect> lies;
  std::vector<ConversionEffect> conversions;
  std::vector<ScrapeEffect> scrapes;

  /// None that the service of a request could meet.
  bool none() const {
    return errors.empty() && latencies.empty() && poisons.empty() && leaks.empty() &&
           loads.empty() && unreadable.empty() && cold_caches.empty() && slow_starts.empty() &&
           lies.empty();
  }
};

}  // namespace coalmine
