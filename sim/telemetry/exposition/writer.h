/// Writes pages of metrics as Go's client library does (specs/prometheus.md section 3).
///
/// Names must be valid (labels.h); bytes that are not UTF-8 become U+FFFD. The order of families
/// and samples is the caller's: buckets in increasing `le`, the texts of `le` as the caller has
/// them. What is written, `read` reads without a finding if the samples keep the rules.
#pragma once

#include <string>

#include "sim/telemetry/exposition/page.h"

namespace coalmine::exposition {

/// Text 0.0.4. Timestamps in milliseconds. What the format lacks is written as what it has: units
/// and exemplars are left out; readers drop the blanks before a help text; `_created` samples,
/// infos and statesets are gauges, gaugehistograms untyped.
std::string write_text(const Page& page);

/// OpenMetrics 1.0, with `# EOF`. Counters carry `_total`, with or without it in the page; a unit
/// is told where the name ends in it. Timestamps are seconds with at most three decimals, or the
/// next double where Prometheus, which cuts, would read the millisecond before.
std::string write_openmetrics(const Page& page);

std::string write(const Page& page, Format format);

}  // namespace coalmine::exposition
