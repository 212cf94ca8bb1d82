#include "tests/traffic/reference_cost.h"

#include <algorithm>
#include <cmath>

#include "sim/kernel/assert.h"
#include "sim/kernel/random.h"
#include "tests/traffic/reference_engine.h"

namespace coalmine::testing {
namespace {

double rounded(double ns) {
  return std::floor(ns + 0.5);
}

bool within(SegmentSet segments, const RefStart& start) {
  return (segments >> start.segment.value_or(63)) % 2 == 1;
}

bool hits(const ErrorEffect& effect, const RefStart& start) {
  return within(effect.segments, start) && draw(effect.pod_coin, start.pod) < effect.pods &&
         draw(effect.coin, start.id) < effect.p * effect.when.level(start.at);
}

bool crowded(const LoadEffect& effect, const RefStart& start) {
  if (effect.when.level(start.at) <= 0) return false;
  return (effect.above_concurrency > 0 && start.in_service > effect.above_concurrency) ||
         (effect.above_rate > 0 && static_cast<double>(start.rate) > effect.above_rate);
}

/// Slowdown that falls linearly to 1 over the first part of a process's life.
double by_age(const RefProcess& process, Time at, Duration lasts, double slowdown) {
  if (process.warm) return 1;
  const Duration age = at - process.listening_since;
  if (age >= lasts) return 1;
  return 1.0 + (slowdown - 1.0) *
                   (1.0 - static_cast<double>(age.count()) / static_cast<double>(lasts.count()));
}

// ---- leaks

/// Seconds of full strength that the window has had by `t`, counted from its beginning (from time
/// zero if it has none).
double strength_by(const EffectWindow& window, Time t) {
  t = std::min(t, window.until);
  if (window.from == Time::min()) return to_seconds(t);
  const double x = std::max(0.0, to_seconds(t - window.from));
  const double ramp = to_seconds(window.ramp);
  return x < ramp ? x * x / ramp / 2 : x - ramp / 2;
}

/// Since when the process leaks by time. A warm one has been there when the effect began; under an
/// effect without a beginning it is taken to have leaked nothing so far, nor later.
std::optional<Time> leaks_since(const LeakEffect& effect, const RefProcess& process) {
  if (!process.warm) return std::max(process.listening_since, effect.when.from);
  if (effect.when.from == Time::min()) return std::nullopt;
  return effect.when.from;
}

/// Part of the memory in use.
double memory(const LeakEffect& effect, const RefProcess& process, Time at) {
  double bytes = effect.base + process.leaked;
  if (const auto since = leaks_since(effect, process))
    bytes += effect.per_second * (strength_by(effect.when, at) - strength_by(effect.when, *since));
  return bytes / effect.limit;
}

}  // namespace

double filled(const RefProcess& process, std::uint64_t nth, double keys) {
  return process.warm ? 1 : 1 - std::exp(-static_cast<double>(nth) / keys);
}

RefCost settle_cost(const RefService& service,
                    const VersionEffects& effects,
                    const RefStart& start,
                    RefProcess& process) {
  RefCost cost;
  double work = static_cast<double>(service.demand(draw_bits(service.demand_key, start.demand_id)));
  cost.cpu_part = service.cpu_share;
  cost.fails = draw(service.error_coin, start.id) < service.error_rate;

  work = rounded(work * by_age(process, start.at, service.warmup_for, service.warmup_slowdown));
  for (const auto& effect : effects.slow_starts)
    if (effect.when.level(start.at) > 0)
      work = rounded(work * by_age(process, start.at, effect.lasts, effect.slowdown));

  for (const auto& effect : effects.latencies) {
    if (draw(effect.coin, start.id) >= effect.p) continue;
    const double level = effect.when.level(start.at);
    const double factor = 1.0 + (effect.factor - 1.0) * level;
    if (effect.cpu_only) {
      const double on_core = cost.cpu_part * factor;
      work = rounded(work * (1.0 + cost.cpu_part * (factor - 1.0)));
      cost.cpu_part = on_core / (on_core + 1.0 - cost.cpu_part);
    } else {
      work = rounded(work * factor + static_cast<double>(effect.shift.count()) * level);
    }
  }

  for (const auto& effect : effects.cold_caches) {
    if (effect.when.level(start.at) <= 0) continue;
    const double hit_ratio = effect.hit_ratio * filled(process, start.nth, effect.keys);
    if (draw(effect.coin, start.id) < hit_ratio) continue;
    const double on_core = work * cost.cpu_part;
    work += static_cast<double>(effect.miss.count());
    cost.cpu_part = on_core / work;
  }

  for (const auto& effect : effects.loads) {
    if (!crowded(effect, start)) continue;
    const double level = effect.when.level(start.at);
    work = rounded(work * (1.0 + (effect.factor - 1.0) * level));
    if (draw(effect.coin, start.id) < effect.p * level) cost.fails = true;
  }

  for (const auto& effect : effects.leaks) {
    if (start.at < effect.when.from) continue;
    process.leaked += effect.per_request * effect.when.level(start.at);
    const double used = memory(effect, process, start.at);
    if (used >= 1)
      cost.kills = true;
    else if (used > 0.85)
      work = rounded(work / std::max(0.3, 1 - 0.7 * (used - 0.85) / 0.15));
  }

  for (const auto& effect : effects.errors) {
    if (!hits(effect, start)) continue;
    cost.fails = true;
    if (effect.fast) work = 0;
  }
  for (const auto& effect : effects.unreadable)
    if (start.unreadable && draw(effect.coin, start.id) < effect.p) cost.fails = true;
  for (const auto& effect : effects.lies)
    if (!process.warm && start.at - process.listening_since < effect.lasts &&
        effect.when.level(start.at) > 0)
      cost.fails = true;
  for (const auto& effect : effects.poisons)
    if (within(effect.segments, start) &&
        draw(effect.coin, start.id) < effect.p * effect.when.level(start.at))
      cost.kills = true;

  cost.work_ns = std::max<std::int64_t>(1, static_cast<std::int64_t>(work));
  return cost;
}

Time full_by_time(const VersionEffects& effects, const RefProcess& process) {
  CM_ASSERT(effects.leaks.size() <= 1);
  if (effects.leaks.empty()) return kNever;
  const LeakEffect& effect = effects.leaks[0];
  const EffectWindow& window = effect.when;
  const auto since = leaks_since(effect, process);
  if (!since || effect.per_second <= 0) return kNever;
  const double needed =
      strength_by(window, *since) + (effect.limit - effect.base) / effect.per_second;
  if (needed > strength_by(window, kTimeZero + std::chrono::hours(1))) return kNever;
  const bool endless = window.from == Time::min();
  const double ramp = endless ? 0 : to_seconds(window.ramp);
  const double x = needed < ramp / 2 ? std::sqrt(2 * ramp * needed) : needed + ramp / 2;
  const Time origin = endless ? kTimeZero : window.from;
  return origin + Duration(static_cast<std::int64_t>(std::ceil(x * 1e9)));
}

}  // namespace coalmine::testing
