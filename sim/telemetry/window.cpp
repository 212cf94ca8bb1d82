#include "sim/telemetry/window.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <vector>

#include "sim/kernel/assert.h"

namespace coalmine {

RangePoints select_range(std::span<const Time> times,
                         std::span<const double> values,
                         Time at,
                         Duration window,
                         PromDialect dialect) {
  CM_ASSERT(times.size() == values.size());
  const Time left = at - window;
  const auto first = dialect == PromDialect::v3
                         ? std::upper_bound(times.begin(), times.end(), left)
                         : std::lower_bound(times.begin(), times.end(), left);
  const auto last = std::upper_bound(first, times.end(), at);
  const auto offset = static_cast<std::size_t>(std::distance(times.begin(), first));
  const auto count = static_cast<std::size_t>(std::distance(first, last));
  RangePoints points;
  points.times = times.subspan(offset, count);
  points.values = values.subspan(offset, count);
  return points;
}

std::optional<double> increase(const RangePoints& points,
                               Time at,
                               Duration window,
                               PromDialect dialect) {
  if (points.size() < 2 || points.times.empty()) return std::nullopt;
  const bool reaches_back = points.virtual_points > 0;
  const Time first_time = reaches_back ? points.virtual_first : points.times.front();
  const double first = reaches_back ? points.virtual_first_value : points.values.front();

  double grown = points.values.back() - first;
  for (std::size_t i = 1; i < points.values.size(); ++i) {
    if (points.values[i] < points.values[i - 1]) grown += points.values[i - 1];
  }

  double to_start = to_seconds(first_time - (at - window));
  double to_end = to_seconds(at - points.times.back());
  const double sampled = to_seconds(points.times.back() - first_time);
  const double gap = sampled / static_cast<double>(points.size() - 1);
  const double too_far = 1.1 * gap;

  const auto clamp_at_zero = [&] {
    if (grown > 0 && first >= 0 && !points.long_lived) {
      to_start = std::min(to_start, sampled * first / grown);
    }
  };
  if (dialect == PromDialect::v2) clamp_at_zero();
  if (to_start >= too_far) to_start = gap / 2;
  if (dialect != PromDialect::v2) clamp_at_zero();
  if (to_end >= too_far) to_end = gap / 2;
  return grown * ((sampled + to_start + to_end) / sampled);
}

std::optional<double> rate(const RangePoints& points,
                           Time at,
                           Duration window,
                           PromDialect dialect) {
  auto result = increase(points, at, window, dialect);
  if (result) *result /= to_seconds(window);
  return result;
}

namespace {

/// Rounding of rates can make a cumulative count fall a little; a count is at least the one before.
std::vector<Bucket> made_monotone(std::span<const Bucket> buckets) {
  std::vector<Bucket> result;
  result.reserve(buckets.size());
  for (const Bucket& bucket : buckets) {
    if (!result.empty() && result.back().upper == bucket.upper) {
      result.back().count += bucket.count;
    } else {
      result.push_back(bucket);
    }
  }
  for (std::size_t i = 1; i < result.size(); ++i) {
    result[i].count = std::max(result[i].count, result[i - 1].count);
  }
  return result;
}

bool answerable(const std::vector<Bucket>& buckets) {
  return buckets.size() >= 2 && std::isinf(buckets.back().upper) && buckets.back().count > 0;
}

}  // namespace

double histogram_quantile(double q, std::span<const Bucket> exposed) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNoAnswer = std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(q)) return kNoAnswer;
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  const std::vector<Bucket> buckets = made_monotone(exposed);
  if (!answerable(buckets)) return kNoAnswer;

  const double rank = q * buckets.back().count;
  std::size_t b = 0;
  while (b + 1 < buckets.size() && buckets[b].count < rank) ++b;
  if (b + 1 == buckets.size()) return buckets[b - 1].upper;
  if (b == 0 && buckets[0].upper <= 0) return buckets[0].upper;
  const double lower = b > 0 ? buckets[b - 1].upper : 0.0;
  const double before = b > 0 ? buckets[b - 1].count : 0.0;
  return lower + (buckets[b].upper - lower) * ((rank - before) / (buckets[b].count - before));
}

double histogram_count_below(double bound, std::span<const Bucket> exposed) {
  const std::vector<Bucket> buckets = made_monotone(exposed);
  if (!answerable(buckets)) return std::numeric_limits<double>::quiet_NaN();
  double lower = 0;
  double before = 0;
  for (const Bucket& bucket : buckets) {
    if (std::isinf(bucket.upper)) break;
    if (bound < bucket.upper) {
      if (bound <= lower) return before;
      return before + (bucket.count - before) * ((bound - lower) / (bucket.upper - lower));
    }
    lower = bucket.upper;
    before = bucket.count;
  }
  return before;
}

}  // namespace coalmine
