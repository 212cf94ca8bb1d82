/// Functions over the samples of one range (specs/prometheus.md section 6). What they have in
/// common, arguments and result, is RangeFunction in functions.h.
#pragma once

#include "sim/telemetry/promql/functions.h"

namespace coalmine::promql::range {

using Result = double&;

// Extrapolated to the edges of the range; at least two samples.
bool delta(const Window& window, const RangeContext& context, Result result);
bool increase(const Window& window, const RangeContext& context, Result result);
bool rate(const Window& window, const RangeContext& context, Result result);
// The last two samples.
bool idelta(const Window& window, const RangeContext& context, Result result);
bool irate(const Window& window, const RangeContext& context, Result result);
// Least squares; at least two samples.
bool deriv(const Window& window, const RangeContext& context, Result result);
bool predict_linear(const Window& window, const RangeContext& context, Result result);

bool changes(const Window& window, const RangeContext& context, Result result);
bool resets(const Window& window, const RangeContext& context, Result result);

bool avg_over_time(const Window& window, const RangeContext& context, Result result);
bool count_over_time(const Window& window, const RangeContext& context, Result result);
bool last_over_time(const Window& window, const RangeContext& context, Result result);
bool max_over_time(const Window& window, const RangeContext& context, Result result);
bool min_over_time(const Window& window, const RangeContext& context, Result result);
bool present_over_time(const Window& window, const RangeContext& context, Result result);
bool quantile_over_time(const Window& window, const RangeContext& context, Result result);
bool stddev_over_time(const Window& window, const RangeContext& context, Result result);
bool stdvar_over_time(const Window& window, const RangeContext& context, Result result);
bool sum_over_time(const Window& window, const RangeContext& context, Result result);

}  // namespace coalmine::promql::range
