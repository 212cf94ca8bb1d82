#include "sim/analysis/slo.h"

#include <limits>

#include "sim/kernel/assert.h"

namespace coalmine {

double budget_events(const Slo& slo, double mean_rate) {
  CM_ASSERT(mean_rate >= 0);
  return slo.budget_share() * mean_rate * to_seconds(slo.window);
}

Duration budget_in_full_outage(const Slo& slo) {
  return from_seconds(slo.budget_share() * to_seconds(slo.window));
}

double budget_consumed(const Slo& slo, double bad_events, double mean_rate) {
  if (bad_events == 0) return 0;
  const double budget = budget_events(slo, mean_rate);
  return budget > 0 ? bad_events / budget : std::numeric_limits<double>::infinity();
}

double burn_rate(const Slo& slo, double bad_ratio) {
  CM_ASSERT(slo.target > 0 && slo.target < 1);
  return bad_ratio / slo.budget_share();
}

Duration exhausted_after(const Slo& slo, double burn) {
  const double seconds = to_seconds(slo.window);
  // Below a burn of 1e-9 the answer would not fit, and nobody waits that long.
  return burn * 1e9 > seconds / 9 ? from_seconds(seconds / burn) : kForever;
}

std::optional<Duration> detected_after(const BurnRule& rule, double ratio, double before) {
  const double h = rule.threshold;
  if (before > h) return Duration::zero();
  if (ratio <= h) return std::nullopt;
  return from_seconds(to_seconds(rule.long_window) * (h - before) / (ratio - before));
}

std::optional<Duration> reset_after(const BurnRule& rule, double ratio) {
  if (ratio <= rule.threshold) return std::nullopt;
  return from_seconds(to_seconds(rule.short_window) * (1 - rule.threshold / ratio));
}

double mean_rate_of_points(std::span<const std::pair<Duration, double>> points, Duration length) {
  CM_ASSERT(!points.empty() && length.count() > 0);
  double area = 0;
  Duration at{};
  double rate = points.front().second;
  const auto go_to = [&](Duration time, double new_rate) {
    CM_ASSERT(time >= at);
    area += to_seconds(time - at) * (rate + new_rate) / 2;
    at = time;
    rate = new_rate;
  };
  for (const auto& [time, next] : points) {
    if (time > length) {
      const double share = to_seconds(length - at) / to_seconds(time - at);
      go_to(length, rate + (next - rate) * share);
      break;
    }
    go_to(time, next);
  }
  go_to(length, rate);
  return area / to_seconds(length);
}

double mean_rate_of_cycle(double base, double peak) {
  return (base + peak) / 2;
}

double mean_rate_of_bursts(double calm_rate, double burst_rate, Duration calm, Duration burst) {
  const double calm_s = to_seconds(calm);
  const double burst_s = to_seconds(burst);
  CM_ASSERT(calm_s >= 0 && burst_s >= 0 && calm_s + burst_s > 0);
  return (calm_rate * calm_s + burst_rate * burst_s) / (calm_s + burst_s);
}

double mean_rate_of_trace(double total, Duration length) {
  CM_ASSERT(length.count() > 0);
  return total / to_seconds(length);
}

}  // namespace coalmine
