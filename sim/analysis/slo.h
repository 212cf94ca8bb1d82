/// Error-budget arithmetic of an objective "a share `target` of requests is good over `window`"
/// (specs/statistics.md sections 3.2 and 3.3), and the mean rates it needs.
///
/// Rates are requests per second; ratios and shares lie in [0, 1].
#pragma once

#include <optional>
#include <span>
#include <utility>

#include "sim/kernel/time.h"

namespace coalmine {

struct Slo {
  double target = 0.999;  ///< (0, 1)
  Duration window = std::chrono::hours(24 * 30);

  double budget_share() const { return 1 - target; }
};

/// Bad requests the window may hold when traffic has this mean rate over its full period.
double budget_events(const Slo& slo, double mean_rate);
/// How long a total outage may last at constant traffic: 43.2 min for 99.9 % over 30 d.
Duration budget_in_full_outage(const Slo& slo);
/// Share of the budget that `bad_events` use up; above 1 the objective is missed. 0 when there are
/// none, infinite when the traffic has no budget at all.
double budget_consumed(const Slo& slo, double bad_events, double mean_rate);
/// How many times faster than allowed the budget burns at this ratio of bad requests.
double burn_rate(const Slo& slo, double bad_ratio);
/// When a full budget is gone at this burn rate; kForever at zero.
Duration exhausted_after(const Slo& slo, double burn);

/// A burn-rate rule against a constant bad ratio that begins at once, at constant traffic:
/// closed forms for tests and explanations. `threshold` is B (1 - target).
struct BurnRule {
  Duration long_window{};
  Duration short_window{};
  double threshold = 0;
};
/// From onset to firing: the long window's, W (h - before)/(ratio - before). Empty: never.
std::optional<Duration> detected_after(const BurnRule& rule, double ratio, double before = 0);
/// From the end of the errors to the reset: the short window's W (1 - h/ratio), if they lasted at
/// least until detection.
std::optional<Duration> reset_after(const BurnRule& rule, double ratio);

/// Mean over [0, length) of a rate that runs linearly between `points` (time, rate) and is level
/// before the first and after the last. At least one point, times ascending from 0; length > 0.
double mean_rate_of_points(std::span<const std::pair<Duration, double>> points, Duration length);
/// Mean of a sinusoid between `base` and `peak` over its full cycle.
double mean_rate_of_cycle(double base, double peak);
/// Long-run mean of a two-state modulated Poisson process.
double mean_rate_of_bursts(double calm_rate, double burst_rate, Duration calm, Duration burst);
/// Mean of a trace of `total` requests over its length.
double mean_rate_of_trace(double total, Duration length);

}  // namespace coalmine
