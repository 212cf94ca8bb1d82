/// Durations as PromQL writes them: `1h30m`, units y w d h m s ms in that order, each at most once
/// (specs/prometheus.md section 5.1). A day has 24 hours, a year 365 days.
#pragma once

#include <string>
#include <string_view>

#include "sim/telemetry/sample.h"

namespace coalmine::promql {

struct ReadDuration {
  Millis value{};
  std::string error;  ///< empty when the text is a duration
};

/// `0` without a unit is one too. No sign; at most 292 years, as in Go.
ReadDuration parse_duration(std::string_view text);

/// The shortest way to write it: `1h30m`, `0s`; negative with a sign in front.
std::string duration_text(Millis duration);
/// Of whole milliseconds.
template <class Rep, class Period>
std::string duration_text(std::chrono::duration<Rep, Period> duration) {
  return duration_text(std::chrono::duration_cast<Millis>(duration));
}

}  // namespace coalmine::promql
