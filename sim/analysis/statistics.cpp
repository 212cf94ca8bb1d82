#include "sim/analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "sim/kernel/assert.h"
#include "sim/kernel/math.h"

namespace coalmine {

namespace {

double two_sided_z(double alpha) {
  CM_ASSERT(alpha > 0 && alpha < 1);
  return normal_quantile(1 - alpha / 2);
}

double two_sided_t(double alpha, std::size_t n) {
  CM_ASSERT(alpha > 0 && alpha < 1);
  return boost::math::quantile(boost::math::students_t(static_cast<double>(n - 1)), 1 - alpha / 2);
}

/// The smallest k with P(X <= k) >= q for X ~ Binomial(n, p).
std::size_t binomial_quantile(std::size_t n, double p, double q) {
  const boost::math::binomial law(static_cast<double>(n), p);
  std::size_t low = 0;
  std::size_t high = n;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (boost::math::cdf(law, static_cast<double>(middle)) >= q) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

double quantile_of_sorted(std::span<const double> sorted, double p) {
  const double rank = static_cast<double>(sorted.size() - 1) * p;
  const auto below = static_cast<std::size_t>(std::floor(rank));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> sorted_copy(std::span<const double> values) {
  CM_ASSERT(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

MeanEstimate mean_estimate(std::span<const double> values, double alpha) {
  MeanEstimate result;
  result.n = values.size();
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  result.mean = sum / n;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double v : values) squares += (v - result.mean) * (v - result.mean);
  result.sd = std::sqrt(squares / (n - 1));
  const double half = two_sided_t(alpha, values.size()) * result.sd / std::sqrt(n);
  result.ci = Interval{result.mean - half, result.mean + half};
  return result;
}

PairedEstimate paired_difference(std::span<const double> x,
                                 std::span<const double> y,
                                 double alpha) {
  CM_ASSERT(x.size() == y.size());
  std::vector<double> differences(x.size());
  for (std::size_t j = 0; j < x.size(); ++j) differences[j] = x[j] - y[j];
  PairedEstimate result;
  result.difference = mean_estimate(differences, alpha);
  const MeanEstimate of_x = mean_estimate(x, alpha);
  const MeanEstimate of_y = mean_estimate(y, alpha);
  if (of_x.sd > 0 && of_y.sd > 0) {
    double products = 0;
    for (std::size_t j = 0; j < x.size(); ++j) products += (x[j] - of_x.mean) * (y[j] - of_y.mean);
    result.correlation = products / (static_cast<double>(x.size() - 1) * of_x.sd * of_y.sd);
  }
  return result;
}

Interval wilson_interval(std::uint64_t events, std::uint64_t trials, double alpha) {
  CM_ASSERT(events <= trials);
  if (trials == 0) return {0, 1};
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(events) / n;
  const double z = two_sided_z(alpha);
  const double scale = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // At the ends the bound is exact; the difference of two roundings is not.
  return {events == 0 ? 0.0 : std::max(0.0, centre - half),
          events == trials ? 1.0 : std::min(1.0, centre + half)};
}

Interval clopper_pearson_interval(std::uint64_t events, std::uint64_t trials, double alpha) {
  CM_ASSERT(events <= trials && alpha > 0 && alpha < 1);
  const auto x = static_cast<double>(events);
  const auto n = static_cast<double>(trials);
  Interval result{0, 1};
  if (events > 0) {
    result.low = boost::math::quantile(boost::math::beta_distribution<>(x, n - x + 1), alpha / 2);
  }
  if (events < trials) {
    result.high =
        boost::math::quantile(boost::math::beta_distribution<>(x + 1, n - x), 1 - alpha / 2);
  }
  return result;
}

double quantile(std::span<const double> values, double p) {
  CM_ASSERT(p >= 0 && p <= 1);
  return quantile_of_sorted(sorted_copy(values), p);
}

QuantileRanks quantile_ranks(std::size_t n, double p, double alpha) {
  CM_ASSERT(n > 0 && p > 0 && p < 1 && alpha > 0 && alpha < 1);
  QuantileRanks ranks;
  ranks.lower = binomial_quantile(n, p, alpha / 2);
  ranks.upper = binomial_quantile(n, p, 1 - alpha / 2) + 1;
  const boost::math::binomial law(static_cast<double>(n), p);
  const double above = boost::math::cdf(law, static_cast<double>(ranks.upper - 1));
  const double below =
      ranks.lower == 0 ? 0.0 : boost::math::cdf(law, static_cast<double>(ranks.lower - 1));
  ranks.coverage = above - below;
  return ranks;
}

QuantileEstimate quantile_estimate(std::span<const double> values, double p, double alpha) {
  const std::vector<double> sorted = sorted_copy(values);
  const QuantileRanks ranks = quantile_ranks(sorted.size(), p, alpha);
  QuantileEstimate result;
  result.value = quantile_of_sorted(sorted, p);
  if (ranks.lower >= 1) result.low = sorted[ranks.lower - 1];
  if (ranks.upper <= sorted.size()) result.high = sorted[ranks.upper - 1];
  return result;
}

RestrictedMean restricted_mean(std::span<const std::optional<double>> times,
                               double horizon,
                               double alpha) {
  CM_ASSERT(horizon >= 0);
  RestrictedMean result;
  std::vector<double> cut;
  cut.reserve(times.size());
  for (const auto& time : times) {
    if (!time || *time > horizon) ++result.censored;
    cut.push_back(time ? std::min(*time, horizon) : horizon);
  }
  result.estimate = mean_estimate(cut, alpha);
  return result;
}

std::size_t required_replications(std::size_t pilot_n, double pilot_half_width, double half_width) {
  CM_ASSERT(pilot_half_width >= 0 && half_width > 0);
  const double ratio = pilot_half_width / half_width;
  return static_cast<std::size_t>(std::ceil(static_cast<double>(pilot_n) * ratio * ratio));
}

std::size_t required_for_proportion(double p, double half_width, double alpha) {
  CM_ASSERT(p >= 0 && p <= 1 && half_width > 0);
  const double z = two_sided_z(alpha);
  return static_cast<std::size_t>(std::ceil(z * z * p * (1 - p) / (half_width * half_width)));
}

bool meets_relative_precision(const MeanEstimate& estimate, double g) {
  CM_ASSERT(g > 0);
  if (!estimate.ci) return false;
  const double half = (estimate.ci->high - estimate.ci->low) / 2;
  return half <= std::fabs(estimate.mean) * g / (1 + g);
}

}  // namespace coalmine
