/// A service as the request engine runs it: worker slots, queue, own work, warm-up, calls.
/// Immutable within a run. Source: specs/service-models sections 1, 4 and 5; draws are addressed
/// (sim/kernel/random.h).
///
/// What a request costs is in cost.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/kernel/distributions.h"
#include "sim/kernel/ids.h"
#include "sim/kernel/random.h"
#include "sim/kernel/time.h"
#include "sim/service/effects.h"

namespace coalmine {

enum class Discipline { fifo, lifo, ps };

/// How a proxy picks among endpoints (specs/data-plane section 5): power of two choices, in turn,
/// or uniform.
enum class Balancer { leastRequest, roundRobin, random };

/// One place in a handler that calls another service, holding the worker meanwhile.
struct CallModel {
  ServiceId callee;
  std::uint32_t whole = 1;  ///< calls made by every request
  double fraction = 0;      ///< probability of one more
  RandomKey coin;           ///< decides that one, by request id
  Duration timeout{};       ///< 0: wait for ever
  /// A cache in front of the callee: the n-th request of a process finds its answer there with
  /// probability cache_hit_ratio (1 - e^(-n/cache_keys)) and makes no call; a warm process with
  /// cache_hit_ratio.
  double cache_hit_ratio = 0;
  double cache_keys = 1;
  RandomKey cache_coin{};
};

struct ServiceModel {
  std::string name;
  std::uint32_t workers = 8;  ///< requests in service at once
  std::uint32_t queue = 64;   ///< requests that may wait
  Discipline discipline = Discipline::fifo;
  double cores = 1;      ///< ps: each of n jobs progresses at min(1, cores/n)
  double cpu_share = 1;  ///< part of the own work that needs a core; the rest only waits
  QuantileTable demand;
  RandomKey demand_key;
  RandomKey pick_key;     ///< which endpoints the balancer looks at
  double error_rate = 0;  ///< failures of a good day
  RandomKey error_coin;
  Duration warmup_for{};
  double warmup_slowdown = 1;
  Balancer balancer = Balancer::leastRequest;
  std::vector<CallModel> calls;
  bool always_stepped = false;  ///< use the event-by-event form even where the closed form would do

  /// A leaf with FIFO workers: a request's departure is known when it arrives.
  bool closed_form() const {
    return discipline == Discipline::fifo && calls.empty() && !always_stepped;
  }
};

struct VersionModel {
  ServiceId service;
  VersionEffects effects{};
  bool is_new = false;    ///< the version being released
  double conversion = 0;  ///< probability that a user converts at its first ok answer
  /// Where faults that harm act: what "faulty" means in the outcomes.
  std::vector<FaultPresence> faults{};
  /// Known to have no effect that a request could meet or leave: the request loop asks this once
  /// instead of every list each time. False claims nothing.
  bool plain = false;

  /// Whether any fault of this version acts in `process` at `t`, on a request sent at `sent`.
  bool faulty(Time t, Time sent, const ProcessRef& process) const {
    for (const FaultPresence& fault : faults)
      if (fault.acts(t, sent, process)) return true;
    return false;
  }
};

}  // namespace coalmine
