/// Numbers in text, as Go's strconv writes and reads them: what Prometheus puts in labels, in
/// answers and in messages (specs/prometheus.md sections 3.1, 7 and 11).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/telemetry/sample.h"

namespace coalmine::promql {

/// The shortest decimal that reads back as the same double, never with an exponent: `0.1`,
/// `100000000000000000000000`, `NaN`, `+Inf`, `-Inf`. Label values of count_values.
std::string decimal_text(double value);

/// The value of a sample in an answer, without its quotes: the shortest decimal, with an exponent
/// of at least two digits below 1e-6 and from 1e21 on.
std::string value_text(double value);

/// The instant of a sample in an answer: seconds with up to three decimals.
std::string time_text(Timestamp time);

/// Go's ParseFloat without hexadecimal floats and underscores: decimals, `inf` and `infinity` with
/// an optional sign, `nan`, in any letter case. None for anything else, also when out of range.
std::optional<double> parse_float(std::string_view text);

}  // namespace coalmine::promql
