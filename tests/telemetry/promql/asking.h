/// Series and answers as text, so that a test reads like the table it was taken from.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_store.h"

namespace coalmine::promql {

inline constexpr Options kVersion2{.dialect = PromDialect::v2};
inline constexpr Options kVersion2_51{.dialect = PromDialect::v2_51};
inline constexpr Options kVersion3{.dialect = PromDialect::v3};

/// One series a line, `c{i="a"} 0 10 _ NaN stale 0+5x3`, in promtool's notation: the first sample
/// at 0, the next a step later; `_` is none, `a+bxn` stands for n + 1 samples.
SeriesStore series(std::string_view lines, Millis step = std::chrono::seconds(10));

Timestamp seconds_in(double seconds);

/// The answer at one instant: a line for each element, `{i="a"} 54`, in order; a scalar or a string
/// without labels; samples of a matrix as `1@10`. What is refused: the words of the refusal.
std::string ask(std::string_view query,
                const SeriesSource& source,
                double at_seconds,
                const Options& options = {});

/// The answer over several steps, as a matrix.
std::string ask_range(std::string_view query,
                      const SeriesSource& source,
                      double from_seconds,
                      double to_seconds,
                      double step_seconds,
                      const Options& options = {});

/// Why a text is no query, with the position: "1:5: parse error: ..."; "fine" when it is one.
std::string refusal(std::string_view query, const Options& options = {});

}  // namespace coalmine::promql
