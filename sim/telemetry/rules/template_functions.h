/// What the functions of annotation templates do to their arguments: text as Go's fmt and
/// Prometheus' humanisers write it (specs/prometheus.md section 12; checked against promtool).
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace coalmine::rules {

/// float64, int, string and bool of a Go template.
using TemplateValue = std::variant<double, std::int64_t, std::string, bool>;

/// A function was given what it cannot take; Prometheus then puts the words of the error in place
/// of the whole text.
class TemplateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// As Go prints it with %v: numbers as the shortest decimal, with an exponent below 1e-4 and from
/// 1e+06 on.
std::string go_text(const TemplateValue& value);

/// Go's Sprintf: flags `+- 0`, width, precision, verbs e E f F g G of numbers, s q of texts, d of
/// whole numbers, t, v and %%. What does not fit is said in the text, as Go does: `%!d(float64=1)`.
std::string go_printf(std::string_view format, std::span<const TemplateValue> arguments);
/// Whether go_printf knows all that a format asks for; it knows no `*`, `[n]` and `#`.
bool is_known_format(std::string_view format);

/// A function of one number: humanize, humanize1024, humanizePercentage, humanizeDuration,
/// humanizeTimestamp. Texts are read as numbers first. Throws TemplateError.
using NumberFunction = std::string (*)(double);
/// Null for any other name.
NumberFunction number_function(std::string_view name);
/// Throws TemplateError.
double to_number(const TemplateValue& value);

/// 1234567 -> 1.235M, 0.0012 -> 1.2m: four digits and an SI prefix.
std::string humanize(double value);
std::string humanize_1024(double value);
/// 0.0123 -> 1.23%
std::string humanize_percentage(double value);
/// Seconds: 90061 -> 1d 1h 1m 1s, 0.012 -> 12ms.
std::string humanize_duration(double seconds);
/// Seconds since the Unix epoch: 2023-11-14 22:13:20.5 +0000 UTC.
std::string humanize_timestamp(double seconds);

}  // namespace coalmine::rules
