/// Statistics of one proportion and of simulation output (specs/statistics.md sections 1.2 and 4);
/// two proportions are compared in proportions.h.
///
/// All intervals are two-sided with confidence 1 - alpha. Where data do not allow an interval (one
/// run, no finite bound) it is empty rather than wrong. Everything here runs after the fact, off
/// the event path, so it may use libm and Boost.Math (wilson_interval does without).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace coalmine {

inline constexpr double kDefaultAlpha = 0.05;

struct Interval {
  double low = 0;
  double high = 0;
};

/// Mean of n independent replications with Student's interval m -+ t s / sqrt(n).
struct MeanEstimate {
  std::size_t n = 0;
  double mean = 0;             ///< 0 when n = 0
  double sd = 0;               ///< sample standard deviation; 0 when n < 2
  std::optional<Interval> ci;  ///< empty when n < 2; of width 0 when all values are equal
};
MeanEstimate mean_estimate(std::span<const double> values, double alpha = kDefaultAlpha);

/// Difference x - y of runs that shared their random numbers: paired t.
struct PairedEstimate {
  MeanEstimate difference;
  std::optional<double> correlation;  ///< of x and y; empty when one of them does not vary.
                                      ///< <= 0 means that the pairing is broken or idle
};
/// The spans have equal lengths; element j of both is replication j.
PairedEstimate paired_difference(std::span<const double> x,
                                 std::span<const double> y,
                                 double alpha = kDefaultAlpha);

/// Wilson's interval for a proportion of `events` in `trials`; the display default. [0, 1] when
/// there are no trials.
Interval wilson_interval(std::uint64_t events, std::uint64_t trials, double alpha = kDefaultAlpha);
/// Clopper and Pearson's: covers at least 1 - alpha, whatever the true proportion.
Interval clopper_pearson_interval(std::uint64_t events,
                                  std::uint64_t trials,
                                  double alpha = kDefaultAlpha);

/// The p-quantile of `values` (any order, at least one), type 7: linear between order statistics
/// around rank (n - 1) p + 1.
double quantile(std::span<const double> values, double p);

/// Ranks l and u (1-based) such that [X_(l), X_(u)] holds the p-quantile with probability
/// `coverage` >= 1 - alpha. l = 0 or u = n + 1: no finite bound on that side.
struct QuantileRanks {
  std::size_t lower = 0;
  std::size_t upper = 0;
  double coverage = 0;
};
QuantileRanks quantile_ranks(std::size_t n, double p, double alpha = kDefaultAlpha);

struct QuantileEstimate {
  double value = 0;
  std::optional<double> low;  ///< empty: no finite bound at this n
  std::optional<double> high;
};
QuantileEstimate quantile_estimate(std::span<const double> values,
                                   double p,
                                   double alpha = kDefaultAlpha);

/// Mean of times that may not have ended within the horizon: each counts as min(time, horizon), an
/// empty one as the horizon (restricted mean survival time). An interval over replications, and how
/// many were cut.
struct RestrictedMean {
  MeanEstimate estimate;
  std::size_t censored = 0;
};
RestrictedMean restricted_mean(std::span<const std::optional<double>> times,
                               double horizon,
                               double alpha = kDefaultAlpha);

/// Replications for an absolute half-width, from a pilot of n with half-width hw: ceil(n (hw/e)^2).
std::size_t required_replications(std::size_t pilot_n, double pilot_half_width, double half_width);
/// Replications for a proportion's half-width e: ceil(z^2 p (1-p) / e^2).
std::size_t required_for_proportion(double p, double half_width, double alpha = kDefaultAlpha);
/// Whether the interval meets relative precision g with respect to the *true* mean:
/// half-width / |mean| <= g / (1 + g).
bool meets_relative_precision(const MeanEstimate& estimate, double g);

}  // namespace coalmine
