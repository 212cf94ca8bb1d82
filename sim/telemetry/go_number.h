/// Numbers as Go reads and prints them, which is how Prometheus does.
///
/// All forms are the shortest decimal that reads back as the same double; not-a-number is `NaN`
/// whatever its bits, the infinities are `+Inf` and `-Inf`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coalmine {

/// As in metrics files (strconv's format 'g'): with an exponent below 1e-4 and from a million on:
/// `0.25`, `999999`, `1.234567e+06`.
std::string go_number(double value);
/// The same for OpenMetrics, where whole numbers have a point too (`1.0`, `1e+06`): also how
/// Prometheus 3 writes the bounds of buckets and the quantiles of summaries that it scrapes.
std::string go_number_of_openmetrics(double value);
/// As samples in answers of the HTTP API (specs/prometheus.md section 11): with an exponent below
/// 1e-6 and from 1e+21 on: `1000000`, `2.55e-08`.
std::string go_number_in_json(double value);
/// Never with an exponent (strconv's format 'f'): `0.0000001`, as many digits as it takes.
std::string go_number_plain(double value);

/// What a metrics file may hold as a number: decimal, with or without exponent, `NaN`, `Inf` and
/// `Infinity` in any letter case with a sign or without (a NaN has none). Hexadecimal digits and
/// underscores, which Go allows, are none of them; neither is a number beyond the doubles.
std::optional<double> parse_go_number(std::string_view text);

}  // namespace coalmine
