#include "sim/telemetry/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#include "sim/telemetry/sample.h"

namespace coalmine::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::optional<double> quantile_outside(double q) {
  if (std::isnan(q)) return kOrdinaryNan;
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  return std::nullopt;
}

void merge_equal_bounds(std::vector<Bucket>& buckets) {
  std::size_t last = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].bound == buckets[last].bound)
      buckets[last].count += buckets[i].count;
    else
      buckets[++last] = buckets[i];
  }
  buckets.resize(last + 1);
}

/// By bound, each once. False: what lies above them all was not counted, which tells nothing.
bool put_in_order(std::vector<Bucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) {
    return std::isnan(a.bound) ? !std::isnan(b.bound) : a.bound < b.bound;
  });
  if (buckets.empty() || buckets.back().bound != kInfinity) return false;
  merge_equal_bounds(buckets);
  return true;
}

/// How many were observed up to `value`.
double count_up_to(double value, const std::vector<Bucket>& buckets) {
  const double total = buckets.back().count;
  double lower = buckets.front().bound > 0 ? 0 : -kInfinity;
  double below = 0;
  for (const Bucket& bucket : buckets) {
    if (value <= lower) return std::min(below, total);
    if (value < bucket.bound) {
      const double within = (value - lower) / (bucket.bound - lower);
      return std::min(below + (bucket.count - below) * within, total);
    }
    lower = bucket.bound;
    below = bucket.count;
  }
  return total;
}

/// Equal but for what rounding did to the two.
bool nearly_equal(double a, double b) {
  constexpr double kTolerance = 1e-12;
  constexpr double kLeastNormal = std::numeric_limits<double>::min();
  const double size = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || size < kLeastNormal) return difference < kTolerance * kLeastNormal;
  return difference / std::min(size, std::numeric_limits<double>::max()) < kTolerance;
}

// Buckets scraped or summed apart may decrease; counts that are cumulative cannot.
void make_monotonic(std::vector<Bucket>& buckets, PromDialect dialect) {
  double before = buckets.front().count;
  for (Bucket& bucket : buckets) {
    const bool insignificant = dialect != PromDialect::v2 && nearly_equal(before, bucket.count);
    if (bucket.count < before || insignificant)
      bucket.count = before;
    else if (bucket.count > before)
      before = bucket.count;
  }
}

}  // namespace

double quantile(double q, std::vector<double>& values) {
  std::sort(values.begin(), values.end(), ranks_before);
  return quantile_of_sorted(q, values);
}

double quantile_of_sorted(double q, std::span<const double> values) {
  if (values.empty()) return kOrdinaryNan;
  if (const auto outside = quantile_outside(q)) return *outside;
  const auto n = static_cast<double>(values.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[static_cast<std::size_t>(lower)] * (1 - weight) +
         values[static_cast<std::size_t>(upper)] * weight;
}

double bucket_quantile(double q, std::vector<Bucket>& buckets, PromDialect dialect) {
  if (const auto outside = quantile_outside(q)) return *outside;
  if (!put_in_order(buckets)) return kOrdinaryNan;
  make_monotonic(buckets, dialect);
  if (buckets.size() < 2) return kOrdinaryNan;
  const double total = buckets.back().count;
  if (total == 0) return kOrdinaryNan;
  double rank = q * total;
  // By halves, as Prometheus searches: with a NaN among the counts the way there matters.
  const auto last = buckets.end() - 1;
  const auto found = std::partition_point(
      buckets.begin(), last, [rank](const Bucket& b) { return !(b.count >= rank); });
  if (found == last) return (last - 1)->bound;
  if (found == buckets.begin() && found->bound <= 0) return found->bound;
  double lower = 0;
  double count = found->count;
  if (found != buckets.begin()) {
    lower = (found - 1)->bound;
    count -= (found - 1)->count;
    rank -= (found - 1)->count;
  }
  return lower + (found->bound - lower) * (rank / count);
}

double bucket_fraction(double lower, double upper, std::vector<Bucket>& buckets) {
  if (!put_in_order(buckets)) return kOrdinaryNan;
  const double total = buckets.back().count;
  if (total == 0 || std::isnan(lower) || std::isnan(upper)) return kOrdinaryNan;
  if (lower >= upper) return 0;
  return (count_up_to(upper, buckets) - count_up_to(lower, buckets)) / total;
}

}  // namespace coalmine::promql
