/// What faults do to the requests of a version: plain data that the request loop evaluates, filled
/// in by sim/faults. An effect's strength is a pure function of time, so a request's fate is fixed
/// by the instant its service starts.
#pragma once

#include <algorithm>
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
};

/// Each request fails with probability p (status 500), decided by the coin (fault, request).
struct ErrorEffect {
  double p = 0;
  RandomKey coin;
  EffectWindow when;
};

/// The work of each request is multiplied by `factor` and lengthened by `shift` (both scaled by the
/// level).
struct LatencyEffect {
  double factor = 1;
  Duration shift{};
  EffectWindow when;
};

/// The process exits `after` it began to listen, with probability p per start, decided by (fault,
/// pod, start).
struct CrashEffect {
  double p = 1;
  Duration after{};
  RandomKey coin;
  EffectWindow when;
};

/// For `lasts` after a process began to listen it reports ready but fails every request (status
/// 500).
struct LieEffect {
  Duration lasts{};
  EffectWindow when;
};

struct VersionEffects {
  std::vector<ErrorEffect> errors;
  std::vector<LatencyEffect> latencies;
  std::vector<CrashEffect> crashes;
  std::vector<LieEffect> lies;

  bool none() const {
    return errors.empty() && latencies.empty() && crashes.empty() && lies.empty();
  }
};

}  // namespace coalmine
