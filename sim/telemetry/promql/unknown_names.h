/// Names in a query that nothing has. Prometheus answers with nothing, or groups by nothing, and
/// says no word; people look for the reason.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::promql {

struct UnknownName {
  std::size_t offset = 0;  ///< of the selector, aggregation or operator, in bytes of the query
  std::string message;     ///< "no series is called http_request_total"
  std::string hint;        ///< "did you mean http_requests_total?", or empty
};

/// Metric names that no series has: also where `or vector(0)` makes an answer of nothing.
std::vector<UnknownName> unknown_metrics(const Query& query, const SeriesSource& source);

/// Metric names that no series has; labels that none of a metric's series has, unless the matcher
/// is content without; values that a label must be equal to and never is. One for each selector at
/// most. In the order of the text.
std::vector<UnknownName> unknown_in_selectors(const Query& query, const SeriesSource& source);

/// Labels of `by` and `on` that no series below has. Where labels are made (label_replace,
/// label_join, count_values) nothing is known.
std::vector<UnknownName> unknown_in_groupings(const Query& query, const SeriesSource& source);

}  // namespace coalmine::promql
