/// How much stands behind a number that a query gives: what people ask first of a ratio.
#pragma once

#include "sim/telemetry/labels.h"
#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/sample.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::promql {

/// The longest range in a part of a query; 0: it looks at instants alone.
Millis longest_range(const Node& node);

/// The observations behind the element with these labels of the value of `measured` at `at`: what
/// it divides by, or takes the quantile of, or else is itself, where that is a rate() or an
/// increase() or a sum of them. 0: it is none of these. Costs another evaluation of that part.
double observations_behind(const Node& measured,
                           const Options& options,
                           const SeriesSource& source,
                           Timestamp at,
                           const Labels& element);

}  // namespace coalmine::promql
