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
  if (values.empty()) return kOrdinaryNan;
  if (const auto outside = quantile_outside(q)) return *outside;
  std::sort(values.begin(), values.end(), [](double a, double b) {
    return std::isnan(a) ? !std::isnan(b) : a < b;
  });
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
  std::stable_sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) {
    return std::isnan(a.bound) ? !std::isnan(b.bound) : a.bound < b.bound;
  });
  if (buckets.empty() || buckets.back().bound != kInfinity) return kOrdinaryNan;
  merge_equal_bounds(buckets);
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

}  // namespace coalmine::promql
