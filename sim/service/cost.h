/// What one request costs a pod and whether it fails, decided at the instant its service starts:
/// work(demand) times the warm-up factor, changed by the faults that act at that instant. (Real
/// speed changes also stretch requests already in service; with service times far below the warm-up
/// time the difference is of their ratio.)
/// Source: specs/service-models sections 1, 4, 5 and 7; draws are addressed (sim/kernel/random.h).
#pragma once

#include <cstdint>

#include "sim/cluster/pod_host.h"
#include "sim/kernel/time.h"
#include "sim/service/service_model.h"

namespace coalmine {

/// What a process has been through since it began to listen.
struct Process {
  Time listening_since = Time::min();  ///< Time::min(): long since warm
  std::uint64_t taken = 0;             ///< requests
  double leaked = 0;                   ///< bytes lost by requests
  std::int64_t second = 0;             ///< of the latest request taken, and how many came...
  std::uint32_t this_second = 0;       ///< ...in it
  std::uint32_t last_second = 0;       ///< ...and in the one before

  /// Counts a request taken at `ns` for the rate; returns how many came in the second before.
  std::uint32_t rate_before(std::int64_t ns);
};

/// The circumstances in which the service of one request starts. The first lines are known when the
/// pod takes the request, `at` and `concurrency` when a worker does.
struct ServiceStart {
  std::uint64_t id = 0;
  std::uint64_t demand_id = 0;  ///< a mirrored copy needs the work of its original
  std::uint64_t nth = 1;        ///< request of this process
  std::uint32_t pod = 0;        ///< its number, the address of what differs between pods
  std::uint32_t rate = 0;       ///< requests the process took in the last full second
  std::uint8_t segment = 255;   ///< of its user; 255: none
  bool marked = false;          ///< its user's data was written by the new version
  Time at{};
  std::uint32_t concurrency = 1;  ///< requests in service, this one included
};

struct Cost {
  std::int64_t work_ns = 0;
  double cpu_part = 1;  ///< of the work; only a processor-sharing pod tells it from waiting
  bool fails = false;
  Death death = Death::none;  ///< this request's service start kills the process
};

/// What faults make of `cost`. Work is stretched by slow starts, latencies, cold caches, load and
/// garbage collection in this order, each in the order written and rounded to the nanosecond; one
/// cause to fail is enough.
void apply_effects(const VersionEffects& effects,
                   const ServiceStart& start,
                   Process& process,
                   Cost& cost);

/// Bytes that the leaks account for at `at`, those with which they begin included; at most the
/// limit.
double memory_with_leaks(const VersionEffects& effects, const Process& process, Time at);

/// When a process that listens since then has leaked itself to death by time alone (its requests
/// may bring that forward); kNever: not at all.
Time leaked_to_death_at(const VersionEffects& effects, Time listening_since);

/// Times the usual work when service starts `age` after the process began to listen.
inline double warmup_factor(Duration age, Duration lasts, double slowdown) {
  if (age >= lasts) return 1;
  const double left = 1.0 - static_cast<double>(age.count()) / static_cast<double>(lasts.count());
  return 1.0 + (slowdown - 1.0) * left;
}

inline Cost cost_at(const ServiceModel& service,
                    const VersionModel& version,
                    const ServiceStart& start,
                    Process& process) {
  Cost cost;
  cost.cpu_part = service.cpu_share;
  cost.work_ns = service.demand.ns(draw_bits(service.demand_key, start.demand_id));
  if (service.error_rate > 0) cost.fails = draw(service.error_coin, start.id) < service.error_rate;
  if (service.warmup_slowdown > 1 && process.listening_since != Time::min()) {
    const Duration age = start.at - process.listening_since;
    if (age < service.warmup_for) {
      const double factor = warmup_factor(age, service.warmup_for, service.warmup_slowdown);
      cost.work_ns = static_cast<std::int64_t>(static_cast<double>(cost.work_ns) * factor + 0.5);
    }
  }
  if (!version.plain && !version.effects.none())
    apply_effects(version.effects, start, process, cost);
  if (cost.work_ns < 1) cost.work_ns = 1;
  return cost;
}

}  // namespace coalmine
