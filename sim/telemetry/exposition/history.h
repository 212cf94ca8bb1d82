/// Pages made of stored series: what a target would show at one instant, or everything that was
/// scraped, with its times.
#pragma once

#include <span>

#include "sim/telemetry/exposed_series.h"
#include "sim/telemetry/exposition/page.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::exposition {

/// The newest sample of every series at or before `at`, without a time; series that are stale or
/// silent for longer than `lookback` are left out. Families in alphabetical order; those that
/// `known` does not name have no type.
Page page_at(const SeriesSource& source,
             std::span<const MetricFamily> known,
             Timestamp at,
             Millis lookback = std::chrono::minutes(5));

/// All samples from `from` to `to`, `shift` later than they are stored (a run counts from its own
/// start, a file since 1970). Staleness markers are left out: the formats have none, so a reader
/// sees the end of a series only when the lookback is over. The points of a histogram come in the
/// order of time, each whole. Values that are instants are shifted as well. A counter whose name
/// without `_total` is another family's has no type: OpenMetrics takes the two for one.
Page page_of_all(const SeriesSource& source,
                 std::span<const MetricFamily> known,
                 Millis shift,
                 Timestamp from = Timestamp::min(),
                 Timestamp to = Timestamp::max());

}  // namespace coalmine::exposition
