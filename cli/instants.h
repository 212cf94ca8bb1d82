/// Instants and steps on the command line, and instants as they are printed.
#pragma once

#include <string>
#include <string_view>

#include "sim/kernel/quantity.h"
#include "sim/telemetry/sample.h"

namespace coalmine::cli {

/// "1700000045.5" (seconds since 1970) or "2023-11-14T22:14:05.5+01:00" (RFC 3339), to whole
/// milliseconds: seconds are rounded, fractions of RFC 3339 cut, as by the HTTP API of Prometheus.
/// From 1970 to the year 9999.
Parsed<Timestamp> parse_unix_time(std::string_view text);

/// "450", "-30.5" (seconds from the start of the run) or "7m30s", "-2h": the millisecond in which
/// it lies, as a run asks its queries. At most 30 years.
Parsed<Timestamp> parse_run_time(std::string_view text);

/// "15", "0.5" (seconds), "15s", "1m30s": a millisecond at least.
Parsed<Millis> parse_step(std::string_view text);

/// "2023-11-14T22:14:05Z", with three decimals where they are not 0. Reads back.
std::string format_unix_time(Timestamp time);
/// "07:30.000", "-5:00:00.000": minutes and seconds of the run. "7m30s" reads back.
std::string format_run_time(Timestamp time);
/// "1700000045", "1700000045.5"
std::string format_unix_seconds(Timestamp time);

}  // namespace coalmine::cli
