#include "sim/analysis/proportions.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/math.h"

namespace coalmine {
namespace {

double count(std::uint64_t n) {
  return static_cast<double>(n);
}

/// P(|Z| >= |z|)
double two_sided_p(double z) {
  return std::min(1.0, 2 * normal_cdf(-std::fabs(z)));
}

void check(const Proportion& first, const Proportion& second) {
  CM_ASSERT(first.trials > 0 && second.trials > 0);
  CM_ASSERT(first.events <= first.trials && second.events <= second.trials);
}

/// The critical value of z.
double critical(double significance, Alternative alternative) {
  CM_ASSERT(significance > 0 && significance < 1);
  return normal_quantile(1 -
                         (alternative == Alternative::two_sided ? significance / 2 : significance));
}

/// Standard deviations of sqrt(n1) (p1 - p2): if both rates were the pooled one, and as they are.
struct Spread {
  double equal = 0;
  double unequal = 0;
};

Spread spread_of(double p1, double p2, double ratio) {
  CM_ASSERT(p1 > 0 && p1 < 1 && p2 > 0 && p2 < 1 && p1 != p2 && ratio > 0);
  const double pooled = (p1 + ratio * p2) / (1 + ratio);
  return {std::sqrt(pooled * (1 - pooled) * (1 + 1 / ratio)),
          std::sqrt(p1 * (1 - p1) + p2 * (1 - p2) / ratio)};
}

/// The fewest events the first arm can have, given the margins.
std::uint64_t least_events(const Proportion& first, const Proportion& second) {
  const std::uint64_t events = first.events + second.events;
  return events - std::min(events, second.trials);
}

/// Probabilities of all counts of events in the first arm, given the margins, up to one factor.
/// Relative to the mode's, each is its neighbour's times a ratio of small numbers: nothing
/// overflows and no factorial is needed.
std::vector<double> hypergeometric_weights(const Proportion& first, const Proportion& second) {
  const std::uint64_t events = first.events + second.events;
  const std::uint64_t low = least_events(first, second);
  const std::uint64_t high = std::min(events, first.trials);
  const double n1 = count(first.trials);
  const double n2 = count(second.trials);
  const auto step_up = [&](std::uint64_t to) {  // P(to) / P(to - 1)
    const double x = count(to);
    return (n1 - x + 1) * (count(events) - x + 1) / (x * (n2 - count(events) + x));
  };
  std::vector<double> weights(high - low + 1, 1.0);
  const double middle = (n1 + 1) * (count(events) + 1) / (n1 + n2 + 2);
  const std::uint64_t mode = std::clamp(static_cast<std::uint64_t>(middle), low, high);
  for (std::uint64_t x = mode + 1; x <= high; ++x)
    weights[x - low] = weights[x - low - 1] * step_up(x);
  for (std::uint64_t x = mode; x > low; --x) weights[x - low - 1] = weights[x - low] / step_up(x);
  return weights;
}

}  // namespace

TwoProportions two_proportion_test(const Proportion& first,
                                   const Proportion& second,
                                   Alternative alternative,
                                   bool continuity,
                                   double alpha) {
  check(first, second);
  const double n1 = count(first.trials);
  const double n2 = count(second.trials);
  const double p1 = first.value();
  const double p2 = second.value();
  const double pooled = count(first.events + second.events) / (n1 + n2);
  const double inverse = 1 / n1 + 1 / n2;
  const double gap = std::fabs(p1 - p2);
  const double yates = continuity ? std::min(0.5, gap / inverse) * inverse : 0.0;

  TwoProportions result;
  const double variance = pooled * (1 - pooled) * inverse;
  if (variance > 0) {
    result.z = std::copysign(gap - yates, p1 - p2) / std::sqrt(variance);
    result.chi_squared = result.z * result.z;
    result.p_value =
        alternative == Alternative::two_sided ? two_sided_p(result.z) : normal_cdf(-result.z);
  }
  const double half =
      critical(alpha, Alternative::two_sided) * std::sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) +
      yates;
  result.difference = {std::max(-1.0, p1 - p2 - half), std::min(1.0, p1 - p2 + half)};
  result.valid = std::min(n1, n2) * std::min(pooled, 1 - pooled) >= 5;
  return result;
}

Interval newcombe_interval(const Proportion& first, const Proportion& second, double alpha) {
  check(first, second);
  const double p1 = first.value();
  const double p2 = second.value();
  const Interval w1 = wilson_interval(first.events, first.trials, alpha);
  const Interval w2 = wilson_interval(second.events, second.trials, alpha);
  const auto distance = [](double a, double b) { return std::sqrt(a * a + b * b); };
  return {p1 - p2 - distance(p1 - w1.low, w2.high - p2),
          p1 - p2 + distance(w1.high - p1, p2 - w2.low)};
}

double fisher_exact_test(const Proportion& first,
                         const Proportion& second,
                         Alternative alternative) {
  check(first, second);
  constexpr double kSlack = 1 + 1e-7;
  const std::vector<double> weights = hypergeometric_weights(first, second);
  const std::uint64_t low = least_events(first, second);
  const double observed = weights[first.events - low];
  double as_extreme = 0;
  double all = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool counts = alternative == Alternative::greater ? low + i >= first.events
                                                            : weights[i] <= observed * kSlack;
    if (counts) as_extreme += weights[i];
    all += weights[i];
  }
  return as_extreme / all;
}

Comparison compare_proportions(const Proportion& first,
                               const Proportion& second,
                               Alternative alternative,
                               double alpha) {
  const TwoProportions test = two_proportion_test(first, second, alternative, false, alpha);
  return {test.z,
          test.valid ? test.p_value : fisher_exact_test(first, second, alternative),
          !test.valid,
          newcombe_interval(first, second, alpha)};
}

SampleRatio sample_ratio_test(std::uint64_t first, std::uint64_t second, double share_of_second) {
  CM_ASSERT(first + second > 0 && share_of_second > 0 && share_of_second < 1);
  const double expected_first = count(first + second) * (1 - share_of_second);
  const double expected_second = count(first + second) * share_of_second;
  const double off = count(second) - expected_second;
  SampleRatio result;
  result.chi_squared = off * off / expected_first + off * off / expected_second;
  result.p_value = two_sided_p(std::sqrt(result.chi_squared));
  return result;
}

double required_sample(double p1, double p2, const TestDesign& design) {
  const Spread spread = spread_of(p1, p2, design.ratio);
  const double z = critical(design.significance, design.alternative);
  const double reach = z * spread.equal + normal_quantile(design.power) * spread.unequal;
  return reach * reach / ((p1 - p2) * (p1 - p2));
}

double power_with(double n1, double p1, double p2, const TestDesign& design) {
  CM_ASSERT(n1 >= 0);
  const Spread spread = spread_of(p1, p2, design.ratio);
  const double z = critical(design.significance, design.alternative);
  return normal_cdf((std::sqrt(n1) * std::fabs(p1 - p2) - z * spread.equal) / spread.unequal);
}

}  // namespace coalmine
