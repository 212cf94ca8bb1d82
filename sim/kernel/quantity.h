/// Quantities as people write them ("12s", "400/s", "2%", "256Mi", "100m", "99.9%") and back.
///
/// Every parser takes the whole text, refuses what is not a finite number of its kind, and says in
/// words what it found and what it expects. Ranges beyond what the kind itself forbids are the
/// business of the settings tables (settings.h). Kubernetes quantities follow resource.Quantity of
/// apimachinery (suffixes n u m k M G T P, Ki Mi Gi Ti Pi, decimal exponents).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/kernel/time.h"

namespace coalmine {

/// A value, or one sentence that says why there is none ("5 has no unit; write 5s, 5m or 5h").
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;
  explicit operator bool() const { return value.has_value(); }
};

Parsed<Duration> parse_duration(std::string_view text);   ///< ns us ms s m h d w; "1h30m"; "0"
Parsed<double> parse_ratio(std::string_view text);        ///< "2%" -> 0.02; "0"
Parsed<double> parse_rate(std::string_view text);         ///< "400/s", "24000/m" -> per second
Parsed<std::int64_t> parse_count(std::string_view text);  ///< a whole number, may be negative
Parsed<double> parse_number(std::string_view text);       ///< a finite plain number
Parsed<double> parse_bytes(std::string_view text);        ///< "256Mi" -> bytes
Parsed<double> parse_cpu(std::string_view text);          ///< "100m", "1.5" -> millicores
Parsed<bool> parse_flag(std::string_view text);           ///< true, false

/// "25%" -> {25, true}, "3" -> {3, false}; whole, not negative.
struct CountOrPercent {
  int value = 0;
  bool percent = false;
};
Parsed<CountOrPercent> parse_count_or_percent(std::string_view text);

std::string format_duration(Duration d);  ///< "1h30m", "250ms", "0s"; parses back exactly
std::string format_ratio(double ratio);   ///< 0.02 -> "2%", to 9 significant digits
std::string format_rate(double per_second);
std::string format_number(double number);  ///< the shortest text that reads back the same
std::string format_bytes(double bytes);
std::string format_cpu(double millicores);

}  // namespace coalmine
