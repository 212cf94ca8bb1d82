#include "sim/telemetry/promql/range_functions.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/telemetry/promql/kahan.h"
#include "sim/telemetry/promql/quantile.h"
#include "sim/telemetry/promql/sliding.h"

namespace coalmine::promql::range {
namespace {

double seconds(Millis duration) {
  return static_cast<double>(duration.count()) / 1000;
}

enum class Kind : bool { gauge, counter };

/// What a counter gained: its resets count as if it had started again at 0.
double gain_of_counter(std::span<const double> values) {
  double gain = values.back() - values.front();
  double before = values.front();
  for (const double value : values.subspan(1)) {
    if (value < before) gain += before;
    before = value;
  }
  return gain;
}

/// The gain over the whole range, as far as it can be told from the samples inside it: the mean
/// pace goes on to an edge that is near, half a mean distance towards one that is far, and for a
/// counter not beyond the instant at which it would have been 0.
///
/// `per` is 1, or the seconds of the range: dividing the factor rather than the product is what
/// gives Prometheus' last digit.
bool extrapolated(
    const Window& window, PromDialect dialect, Kind kind, double per, double& result) {
  const auto& times = window.times;
  const auto& values = window.values;
  if (times.size() < 2) return false;
  const double gain =
      kind == Kind::counter ? gain_of_counter(values) : values.back() - values.front();
  double to_start = seconds(times.front() - window.from);
  double to_end = seconds(window.to - times.back());
  const double covered = seconds(times.back() - times.front());
  const double mean_distance = covered / static_cast<double>(times.size() - 1);
  const double far = mean_distance * 1.1;
  const bool clamped = kind == Kind::counter && gain > 0 && values.front() >= 0;
  const double to_zero = clamped ? covered * (values.front() / gain) : to_start;
  if (dialect == PromDialect::v2) to_start = std::min(to_start, to_zero);
  if (to_start >= far) to_start = mean_distance / 2;
  if (dialect != PromDialect::v2) to_start = std::min(to_start, to_zero);
  if (to_end >= far) to_end = mean_distance / 2;
  const double factor = (covered + to_start + to_end) / covered;
  result = gain * (factor / per);
  return true;
}

KahanSum::Infinity infinity_of(PromDialect dialect) {
  return dialect == PromDialect::v2 ? KahanSum::Infinity::spoils
                                    : KahanSum::Infinity::loses_nothing;
}

struct Line {
  double slope = 0;
  double intercept = 0;
};

Line least_squares(const Window& window, Timestamp zero, PromDialect dialect) {
  const KahanSum::Infinity infinity = infinity_of(dialect);
  const double first = window.values.front();
  bool constant = true;
  KahanSum x_sum;
  KahanSum y_sum;
  KahanSum xy_sum;
  KahanSum xx_sum;
  for (std::size_t i = 0; i < window.times.size(); ++i) {
    const double y = window.values[i];
    const double x = seconds(window.times[i] - zero);
    if (i > 0 && y != first) constant = false;
    x_sum.add(x, infinity);
    y_sum.add(y, infinity);
    xy_sum.add(x * y, infinity);
    xx_sum.add(x * x, infinity);
  }
  if (constant) return std::isinf(first) ? Line{kOrdinaryNan, kOrdinaryNan} : Line{0, first};
  const auto n = static_cast<double>(window.times.size());
  const double x = x_sum.sum + x_sum.lost;
  const double y = y_sum.sum + y_sum.lost;
  const double xy = xy_sum.sum + xy_sum.lost;
  const double xx = xx_sum.sum + xx_sum.lost;
  const double slope = (xy - x * y / n) / (xx - x * x / n);
  return {slope, y / n - slope * x / n};
}

double variance(std::span<const double> values, PromDialect dialect) {
  const KahanSum::Infinity infinity = infinity_of(dialect);
  double count = 0;
  KahanSum mean;
  KahanSum squares;
  for (const double value : values) {
    ++count;
    const double delta = value - (mean.sum + mean.lost);
    mean.add(delta / count, infinity);
    squares.add(delta * (value - (mean.sum + mean.lost)), infinity);
  }
  return (squares.sum + squares.lost) / count;
}

bool is_change(double before, double value) {
  return value != before && !(std::isnan(value) && std::isnan(before));
}

bool is_reset(double before, double value) {
  return value < before;
}

bool is_greater(double value, double other) {
  return value > other;
}

bool is_less(double value, double other) {
  return value < other;
}

/// The running mean of Prometheus before 2.55.
double running_mean(std::span<const double> values) {
  double count = 0;
  KahanSum mean;
  for (const double value : values) {
    ++count;
    if (!infinite_mean_stays(mean.sum, value)) mean.add(value / count - mean.sum / count);
  }
  return mean.total();
}

}  // namespace

bool delta(const Window& window, const RangeContext& context, Result result) {
  return extrapolated(window, context.dialect, Kind::gauge, 1, result);
}

bool increase(const Window& window, const RangeContext& context, Result result) {
  return extrapolated(window, context.dialect, Kind::counter, 1, result);
}

bool rate(const Window& window, const RangeContext& context, Result result) {
  return extrapolated(
      window, context.dialect, Kind::counter, seconds(window.to - window.from), result);
}

bool idelta(const Window& window, const RangeContext& /*context*/, Result result) {
  const std::size_t n = window.values.size();
  if (n < 2) return false;
  result = window.values[n - 1] - window.values[n - 2];
  return true;
}

bool irate(const Window& window, const RangeContext& context, Result result) {
  if (!idelta(window, context, result)) return false;
  const std::size_t n = window.values.size();
  if (window.values[n - 1] < window.values[n - 2]) result = window.values[n - 1];  // a reset
  result /= seconds(window.times[n - 1] - window.times[n - 2]);
  return true;
}

bool deriv(const Window& window, const RangeContext& context, Result result) {
  if (window.times.size() < 2) return false;
  result = least_squares(window, window.times.front(), context.dialect).slope;
  return true;
}

bool predict_linear(const Window& window, const RangeContext& context, Result result) {
  if (window.times.size() < 2) return false;
  const Line line = least_squares(window, context.now, context.dialect);
  result = line.slope * context.arguments[0] + line.intercept;
  return true;
}

bool changes(const Window& window, const RangeContext& /*context*/, Result result) {
  result = slide_to<CountOfPairs<is_change>>(window).count();
  return true;
}

bool resets(const Window& window, const RangeContext& /*context*/, Result result) {
  result = slide_to<CountOfPairs<is_reset>>(window).count();
  return true;
}

bool avg_over_time(const Window& window, const RangeContext& context, Result result) {
  if (context.dialect != PromDialect::v2) {
    KahanMean mean;
    for (const double value : window.values) mean.add(value);
    result = mean.mean();
  } else {
    result = running_mean(window.values);
  }
  return true;
}

bool count_over_time(const Window& window, const RangeContext& /*context*/, Result result) {
  result = static_cast<double>(window.values.size());
  return true;
}

bool last_over_time(const Window& window, const RangeContext& /*context*/, Result result) {
  result = window.values.back();
  return true;
}

bool max_over_time(const Window& window, const RangeContext& /*context*/, Result result) {
  result = slide_to<Extreme<is_greater>>(window).value();
  return true;
}

bool min_over_time(const Window& window, const RangeContext& /*context*/, Result result) {
  result = slide_to<Extreme<is_less>>(window).value();
  return true;
}

bool present_over_time(const Window& /*window*/, const RangeContext& /*context*/, Result result) {
  result = 1;
  return true;
}

bool quantile_over_time(const Window& window, const RangeContext& context, Result result) {
  result = quantile_of_sorted(context.arguments[0], slide_to<Sorted>(window).values());
  return true;
}

bool stddev_over_time(const Window& window, const RangeContext& context, Result result) {
  result = std::sqrt(variance(window.values, context.dialect));
  return true;
}

bool stdvar_over_time(const Window& window, const RangeContext& context, Result result) {
  result = variance(window.values, context.dialect);
  return true;
}

bool sum_over_time(const Window& window, const RangeContext& /*context*/, Result result) {
  KahanSum sum;
  for (const double value : window.values) sum.add(value);
  result = sum.total();
  return true;
}

}  // namespace coalmine::promql::range
