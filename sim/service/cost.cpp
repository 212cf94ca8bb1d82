#include "sim/service/cost.h"

#include <algorithm>
#include <limits>

#include "sim/kernel/math.h"

namespace coalmine {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr Duration kLongerThanRuns = std::chrono::hours(24 * 365);

/// The speed that garbage collection leaves at least.
constexpr double kLeastSpeed = 0.3;

bool touches(SegmentSet segments, std::uint8_t segment) {
  return ((segments >> (segment & 63U)) & 1U) != 0;
}

void stretch(Cost& cost, double factor, double add_ns = 0) {
  cost.work_ns =
      static_cast<std::int64_t>(static_cast<double>(cost.work_ns) * factor + add_ns + 0.5);
}

/// Lengthens the work by time that needs no processor.
void wait(Cost& cost, Duration more) {
  const double on_core = static_cast<double>(cost.work_ns) * cost.cpu_part;
  cost.work_ns += more.count();
  if (cost.work_ns > 0) cost.cpu_part = on_core / static_cast<double>(cost.work_ns);
}

struct Memory {
  double bytes = 0;
  double limit = std::numeric_limits<double>::infinity();
};

Memory leaking_memory(const VersionEffects& effects, const Process& process, Time at) {
  double base = 0;
  double limit = std::numeric_limits<double>::infinity();
  double aged = 0;
  for (const LeakEffect& e : effects.leaks) {
    if (at < e.when.from) continue;
    base = std::max(base, e.base);
    limit = std::min(limit, e.limit);
    aged += e.per_second * e.when.full_seconds(process.listening_since, at);
  }
  return {base + process.leaked + aged, limit};
}

/// Memory in use over memory allowed.
double memory_used(const VersionEffects& effects, const Process& process, Time at) {
  const Memory memory = leaking_memory(effects, process, at);
  return memory.bytes / memory.limit;
}

void apply_leaks(const VersionEffects& effects,
                 const ServiceStart& start,
                 Process& process,
                 Cost& cost) {
  if (effects.leaks.empty()) return;
  for (const LeakEffect& e : effects.leaks)
    process.leaked += e.per_request * e.when.level(start.at);
  const double used = memory_used(effects, process, start.at);
  constexpr double kPressureFrom = LeakEffect::kPressureFrom;
  if (used >= 1) {
    cost.death = Death::out_of_memory;
  } else if (used > kPressureFrom) {
    const double lost = (1 - kLeastSpeed) * (used - kPressureFrom) / (1 - kPressureFrom);
    stretch(cost, 1 / std::max(kLeastSpeed, 1 - lost));
  }
}

void apply_latencies(const VersionEffects& effects, const ServiceStart& start, Cost& cost) {
  for (const LatencyEffect& e : effects.latencies) {
    const double level = e.when.level(start.at);
    if (level <= 0) continue;
    if (e.p < 1 && draw(e.coin, start.id) >= e.p) continue;
    const double factor = 1.0 + (e.factor - 1.0) * level;
    if (e.cpu_only) {
      const double stretched = 1.0 + cost.cpu_part * (factor - 1.0);
      cost.cpu_part *= factor / stretched;
      stretch(cost, stretched);
    } else {
      stretch(cost, factor, static_cast<double>(e.shift.count()) * level);
    }
  }
}

bool fails(const ErrorEffect& e, const ServiceStart& start) {
  return touches(e.segments, start.segment) &&
         (e.pods >= 1 || draw(e.pod_coin, start.pod) < e.pods) &&
         draw(e.coin, start.id) < e.p * e.when.level(start.at);
}

}  // namespace

std::uint32_t Process::rate_before(std::int64_t ns) {
  const std::int64_t now = ns >= 0 ? ns / kSecond : -((-ns + kSecond - 1) / kSecond);
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
  apply_latencies(effects, start, cost);
  for (const ColdCacheEffect& e : effects.cold_caches) {
    if (e.when.level(at) <= 0) continue;
    const double filled = cold ? 1 - portable_exp(-static_cast<double>(start.nth) / e.keys) : 1.0;
    if (draw(e.coin, start.id) >= e.hit_ratio * filled) wait(cost, e.miss);
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
    if (!fails(e, start)) continue;
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

double memory_with_leaks(const VersionEffects& effects, const Process& process, Time at) {
  if (effects.leaks.empty()) return 0;
  const Memory memory = leaking_memory(effects, process, at);
  return std::min(memory.bytes, memory.limit);
}

Time leaked_to_death_at(const VersionEffects& effects, Time listening_since) {
  if (effects.leaks.empty()) return kNever;
  Process alone;
  alone.listening_since = listening_since;
  const auto full = [&](Time t) { return memory_used(effects, alone, t) >= 1; };
  // Memory never shrinks: the first nanosecond at which it is full, found by halving.
  Time low = kTimeZero - kLongerThanRuns;
  Time high = kTimeZero + kLongerThanRuns;
  if (!full(high)) return kNever;
  while (high - low > Duration(1)) {
    const Time middle = low + (high - low) / 2;
    (full(middle) ? high : low) = middle;
  }
  return std::max(high, listening_since);
}

}  // namespace coalmine
