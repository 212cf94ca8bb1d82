/// What an alert rests on, in the terms of the person it wakes: the measurement that crossed its
/// bound, read off the expression of the rule.
///
/// In `a > 0.1 and b > 0.1 or c > 0.05` an element comes from one comparison: that of the left-most
/// alternative which holds it, and in it of the left-most condition. Its other side, if a number,
/// is the limit; its longest range is the window; and where it divides by a rate() or an
/// increase(), that counts the observations behind it. An expression without such a comparison is
/// its own evidence.
#pragma once

#include "sim/kernel/event_log.h"
#include "sim/telemetry/labels.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/sample.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::rules {

/// For the element with these labels in the value of `query` at `at`. Costs a few evaluations of
/// its parts: meant for alerts that begin to fire.
Evidence alert_evidence(const promql::Query& query,
                        const SeriesSource& source,
                        Timestamp at,
                        const Labels& element,
                        double value);

}  // namespace coalmine::rules
