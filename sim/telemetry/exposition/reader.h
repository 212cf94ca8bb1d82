/// Reads pages of metrics in text 0.0.4 and OpenMetrics 1.0 (specs/prometheus.md section 3).
///
/// An error is what the real readers refuse, `promtool check metrics` for text 0.0.4 and
/// `promtool tsdb create-blocks-from openmetrics` for OpenMetrics (2.42.0), each with line and
/// column; what the formats forbid and those readers let pass (buckets that fall, families torn
/// apart, counters without `_total`) is a warning. Stricter than they are in one point: timestamps
/// outside the years 1 to 9999 are refused.
///
/// Any bytes may come: the cost is O(n log n) in their number, and no more than some fifty errors
/// and fifty warnings are told.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sim/kernel/diagnostics.h"
#include "sim/telemetry/exposition/page.h"
#include "sim/telemetry/series_store.h"

namespace coalmine::exposition {

/// OpenMetrics if the last line that is not blank is `# EOF`.
Format detect_format(std::string_view text);

/// The families in the order in which they begin. After errors: what could be read.
/// `name` stands in messages; without `format` it is detected.
Page read(const std::string& name,
          std::string_view text,
          Diagnostics& diagnostics,
          std::optional<Format> format = std::nullopt);

/// Appends the samples of a page; those without a timestamp are of the instant `undated`. Returns
/// how many were dropped because their series has a sample of that instant or later already.
std::size_t append(const Page& page, Timestamp undated, SeriesStore& table);

}  // namespace coalmine::exposition
