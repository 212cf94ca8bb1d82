/// Quantiles of plain values and of classic histograms (specs/prometheus.md sections 7 and 9).
#pragma once

#include <vector>

#include "sim/telemetry/prom_dialect.h"

namespace coalmine::promql {

/// Linear between the two nearest ranks; NaN counts as the least value. q below 0 gives -Inf, above
/// 1 +Inf, NaN and no values NaN. Sorts `values`.
double quantile(double q, std::vector<double>& values);

struct Bucket {
  double bound = 0;  ///< upper
  double count = 0;  ///< cumulative
};

/// Linear within the bucket in which the rank falls. Sorts and merges `buckets`.
double bucket_quantile(double q, std::vector<Bucket>& buckets, PromDialect dialect);

}  // namespace coalmine::promql
