/// A service as the request engine runs it: worker slots, queue, own work, warm-up, calls.
/// Immutable within a run. Source: specs/service-models sections 1, 4 and 5; draws are addressed
/// (sim/kernel/random.h).
///
/// The cost of a request is fixed at the instant its service starts: work(demand) times the warm-up
/// factor and the latency effects at that instant. (Real speed changes also stretch requests
/// already in service; with service times far below the warm-up time the difference is of their
/// ratio.)
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
};

struct ServiceModel {
  std::string name;
  std::uint32_t workers = 8;  ///< requests in service at once
  std::uint32_t queue = 64;   ///< requests that may wait
  Discipline discipline = Discipline::fifo;
  double cores = 1;  ///< ps: each of n jobs progresses at min(1, cores/n)
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
  VersionEffects effects;
  bool is_new = false;  ///< the version being released

  /// Whether any fault of this version acts at `t`.
  bool faulty(Time t) const;
};

/// What a request costs and whether it fails, decided when its service starts.
struct Cost {
  std::int64_t work_ns = 0;
  bool fails = false;
};

/// `listening_since`: when the pod's process began to listen; Time::min() for a pod long since
/// warm.
inline Cost cost_at(const ServiceModel& service,
                    const VersionModel& version,
                    std::uint64_t id,
                    Time start,
                    Time listening_since) {
  Cost cost;
  cost.work_ns = service.demand.ns(draw_bits(service.demand_key, id));
  if (service.error_rate > 0) cost.fails = draw(service.error_coin, id) < service.error_rate;
  if (service.warmup_slowdown > 1 && listening_since != Time::min()) {
    const Duration age = start - listening_since;
    if (age < service.warmup_for) {
      const double left =
          1.0 - static_cast<double>(age.count()) / static_cast<double>(service.warmup_for.count());
      const double factor = 1.0 + (service.warmup_slowdown - 1.0) * left;
      cost.work_ns = static_cast<std::int64_t>(static_cast<double>(cost.work_ns) * factor + 0.5);
    }
  }
  if (!version.effects.none()) {
    for (const LatencyEffect& e : version.effects.latencies) {
      const double level = e.when.level(start);
      if (level <= 0) continue;
      const double factor = 1.0 + (e.factor - 1.0) * level;
      cost.work_ns = static_cast<std::int64_t>(static_cast<double>(cost.work_ns) * factor +
                                               static_cast<double>(e.shift.count()) * level + 0.5);
    }
    for (const ErrorEffect& e : version.effects.errors) {
      if (draw(e.coin, id) < e.p * e.when.level(start)) cost.fails = true;
    }
    for (const LieEffect& e : version.effects.lies) {
      if (listening_since != Time::min() && start < listening_since + e.lasts &&
          e.when.level(start) > 0)
        cost.fails = true;
    }
  }
  if (cost.work_ns < 1) cost.work_ns = 1;
  return cost;
}

}  // namespace coalmine
