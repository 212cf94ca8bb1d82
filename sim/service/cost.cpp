#include "sim/service/cost.h"

#include <algorithm>

#include "sim/kernel/math.h"

namespace coalmine {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Where garbage collection begins to be felt, and the least speed that is left.
constexpr double kPressureFrom = 0.85;
constexpr double kLeastSpeed = 0.3;

bool touches(SegmentSet segments, std::uint8_t segment) {
  return ((segments >> (segment & 63U)) & 1U) != 0;
}

void stretch(Cost& cost, double factor, double add_ns = 0) {
  cost.work_ns =
      static_cast<std::int64_t>(static_cast<double>(cost.work_ns) * factor + add_ns + 0.5);
}

/// Bytes in use when service starts.
double memory(const LeakEffect& e, const Process& process, Time at) {
  const Time since = std::max(process.listening_since, e.when.from);
  const double aged = since == Time::min() ? 0 : e.per_second * to_seconds(at - since);
  return e.base + process.leaked + aged;
}

void apply_leaks(const VersionEffects& effects,
                 const ServiceStart& start,
                 Process& process,
                 Cost& cost) {
  for (const LeakEffect& e : effects.leaks) {
    const double level = e.when.level(start.at);
    if (level <= 0) continue;
    process.leaked += e.per_request * level;
    const double part = memory(e, process, start.at) / e.limit;
    if (part >= 1) {
      cost.death = Death::out_of_memory;
    } else if (part > kPressureFrom) {
      const double lost = (1 - kLeastSpeed) * (part - kPressureFrom) / (1 - kPressureFrom);
      stretch(cost, 1 / std::max(kLeastSpeed, 1 - lost));
    }
  }
}

}  // namespace

std::uint32_t Process::rate_before(std::int64_t ns) {
  const std::int64_t now = ns / kSecond;
  if (now != second) {
    last_second = now == second + 1 ? this_second : 0;
    this_second = 0;
    second = now;
  }
  ++this_second;
  return last_second;
}

void apply_effects(const VersionEffects& effects,
                   const ServiceStart& start,
                   Process& process,
                   Cost& cost) {
  const Time at = start.at;
  const bool cold = process.listening_since != Time::min();
  for (const SlowStartEffect& e : effects.slow_starts)
    if (cold && e.when.level(at) > 0)
      stretch(cost, warmup_factor(at - process.listening_since, e.lasts, e.slowdown));
  for (const LatencyEffect& e : effects.latencies) {
    const double level = e.when.level(at);
    if (level <= 0) continue;
    const double factor = 1.0 + (e.factor - 1.0) * level;
    if (e.cpu_only) {
      const double stretched = 1.0 + cost.cpu_part * (factor - 1.0);
      cost.cpu_part *= factor / stretched;
      stretch(cost, stretched);
    } else {
      stretch(cost, factor, static_cast<double>(e.shift.count()) * level);
    }
  }
  for (const ColdCacheEffect& e : effects.cold_caches) {
    if (e.when.level(at) <= 0) continue;
    const double filled = cold ? 1 - portable_exp(-static_cast<double>(start.nth) / e.keys) : 1.0;
    if (draw(e.coin, start.id) >= e.hit_ratio * filled)
      stretch(cost, 1, static_cast<double>(e.miss.count()));
  }
  for (const LoadEffect& e : effects.loads) {
    const double level = e.when.level(at);
    if (level <= 0) continue;
    const bool crowded = (e.above_concurrency > 0 && start.concurrency > e.above_concurrency) ||
                         (e.above_rate > 0 && start.rate > e.above_rate);
    if (!crowded) continue;
    if (draw(e.coin, start.id) < e.p * level) cost.fails = true;
    stretch(cost, 1.0 + (e.factor - 1.0) * level);
  }
  apply_leaks(effects, start, process, cost);
  for (const ErrorEffect& e : effects.errors) {
    if (!touches(e.segments, start.segment)) continue;
    if (draw(e.coin, start.id) >= e.p * e.when.level(at)) continue;
    cost.fails = true;
    if (e.fast) cost.work_ns = 0;
  }
  for (const UnreadableEffect& e : effects.unreadable)
    if (start.marked && draw(e.coin, start.id) < e.p) cost.fails = true;
  for (const LieEffect& e : effects.lies)
    if (cold && at < process.listening_since + e.lasts && e.when.level(at) > 0) cost.fails = true;
  for (const PoisonEffect& e : effects.poisons)
    if (touches(e.segments, start.segment) && draw(e.coin, start.id) < e.p * e.when.level(at))
      cost.death = Death::crash;
}

Duration leaks_to_death_in(const VersionEffects& effects, Time now) {
  Duration soonest(-1);
  for (const LeakEffect& e : effects.leaks) {
    if (e.per_second <= 0) continue;
    const Time begins = std::max(now, e.when.from);
    const Duration lasts = from_seconds((e.limit - e.base) / e.per_second);
    if (e.when.until != kNever && begins + lasts >= e.when.until) continue;
    const Duration left = begins + lasts - now;
    if (soonest < Duration::zero() || left < soonest) soonest = left;
  }
  return soonest;
}

}  // namespace coalmine
