/// Quantiles of plain values and of classic histograms (specs/prometheus.md sections 7 and 9).
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "sim/telemetry/prom_dialect.h"

namespace coalmine::promql {

/// The order of values: NaN counts as the least.
inline bool ranks_before(double a, double b) {
  return std::isnan(a) ? !std::isnan(b) : a < b;
}

/// Linear between the two nearest ranks. q below 0 gives -Inf, above 1 +Inf, NaN and no values NaN.
/// `values` are in the order of ranks_before.
double quantile_of_sorted(double q, std::span<const double> values);
/// Sorts `values`.
double quantile(double q, std::vector<double>& values);

struct Bucket {
  double bound = 0;  ///< upper
  double count = 0;  ///< cumulative
};

/// Linear within the bucket in which the rank falls. Sorts and merges `buckets`.
double bucket_quantile(double q, std::vector<Bucket>& buckets, PromDialect dialect);

/// The share of what was observed between `lower` and `upper`, spread evenly within a bucket; the
/// first one begins at 0 if it ends above. 0 where the limits are not in order, NaN where one of
/// them is NaN or nothing was observed. Sorts and merges `buckets`.
double bucket_fraction(double lower, double upper, std::vector<Bucket>& buckets);

}  // namespace coalmine::promql
