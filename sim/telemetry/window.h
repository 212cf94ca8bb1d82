/// Functions over a window of one counter's samples, to the rules of Prometheus
/// (specs/prometheus.md sections 1, 6 and 9; prometheus/prometheus promql/functions.go and
/// promql/quantile.go). All are pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sim/kernel/time.h"
#include "sim/telemetry/prom_dialect.h"

namespace coalmine {

/// The samples of one series inside a window, oldest first.
///
/// A series that stands for a long steady past (SeriesStore::set_backfill) has `virtual_points`
/// further samples before the stored ones, rising evenly from `virtual_first_value`.
struct RangePoints {
  std::span<const Time> times;
  std::span<const double> values;
  std::size_t virtual_points = 0;
  Time virtual_first{};
  double virtual_first_value = 0;
  bool long_lived = false;  ///< began long before the window: its first value is far above zero

  std::size_t size() const { return virtual_points + times.size(); }
};

/// The samples with at - window <= time <= at (v3: without the left edge). `times` ascends
/// strictly.
RangePoints select_range(std::span<const Time> times,
                         std::span<const double> values,
                         Time at,
                         Duration window,
                         PromDialect dialect = PromDialect::v3);

/// How much the counter grew over the window: resets undone, extrapolated to the window's edges
/// where the nearest sample is within 1.1 sample gaps, else by half a gap, and never to before the
/// counter would have been zero. Fewer than two samples: nothing.
std::optional<double> increase(const RangePoints& points,
                               Time at,
                               Duration window,
                               PromDialect dialect = PromDialect::v3);

/// increase() per second of the nominal window.
std::optional<double> rate(const RangePoints& points,
                           Time at,
                           Duration window,
                           PromDialect dialect = PromDialect::v3);

/// A histogram bucket as exposed: `count` observations <= `upper`. Counts may be rates.
struct Bucket {
  double upper = 0;  ///< +infinity for the last
  double count = 0;
};

/// The q-quantile of a classic histogram; `buckets` ascend by bound. Linear within a bucket, from
/// zero in the first; the largest finite bound when the rank falls in the last bucket. NaN without
/// observations, with fewer than two buckets or without a +Inf bucket; q < 0 and q > 1 give -inf
/// and +inf.
double histogram_quantile(double q, std::span<const Bucket> buckets);

/// Observations <= `bound` by the same linear rule; a bound beyond the last finite one counts all
/// that lie below that one. NaN where histogram_quantile has no answer for lack of buckets.
double histogram_count_below(double bound, std::span<const Bucket> buckets);

}  // namespace coalmine
