#include "sim/telemetry/promql/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace coalmine::promql {
namespace {

/// The shortest digits of a finite positive number, and the power of ten of the first of them.
struct Digits {
  std::string digits;
  int exponent = 0;
};

Digits shortest_digits(double value) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t e = text.find('e');
  Digits result;
  for (const char c : text.substr(0, e))
    if (c != '.') result.digits += c;
  std::string_view exponent = text.substr(e + 1);
  if (exponent.front() == '+') exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
  return result;
}

std::optional<std::string> special_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  return std::nullopt;
}

// std::to_chars in its fixed form writes out all digits of a big number; Go pads with zeros.
std::string plain_form(const Digits& d) {
  const int count = static_cast<int>(d.digits.size());
  if (d.exponent < 0)
    return "0." + std::string(static_cast<std::size_t>(-d.exponent - 1), '0') + d.digits;
  if (d.exponent >= count - 1)
    return d.digits + std::string(static_cast<std::size_t>(d.exponent - count + 1), '0');
  const auto whole = static_cast<std::size_t>(d.exponent + 1);
  return d.digits.substr(0, whole) + "." + d.digits.substr(whole);
}

std::string exponent_form(const Digits& d) {
  std::string text = d.digits.substr(0, 1);
  if (d.digits.size() > 1) text += "." + d.digits.substr(1);
  return text + fmt::format("e{}{:02}", d.exponent < 0 ? '-' : '+', std::abs(d.exponent));
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

std::string decimal_text(double value) {
  if (auto special = special_text(value)) return *special;
  return (value < 0 ? "-" : "") + plain_form(shortest_digits(std::abs(value)));
}

std::string value_text(double value) {
  if (auto special = special_text(value)) return *special;
  const double size = std::abs(value);
  const Digits digits = shortest_digits(size);
  const bool with_exponent = size < 1e-6 || size >= 1e21;
  return (value < 0 ? "-" : "") + (with_exponent ? exponent_form(digits) : plain_form(digits));
}

std::string time_text(Timestamp time) {
  const std::int64_t ms = time.time_since_epoch().count();
  // Unsigned, so that the least of all instants has a magnitude too.
  const std::uint64_t size =
      ms < 0 ? ~static_cast<std::uint64_t>(ms) + 1 : static_cast<std::uint64_t>(ms);
  std::string text = fmt::format("{}{}", ms < 0 ? "-" : "", size / 1000);
  if (size % 1000 != 0) {
    text += fmt::format(".{:03}", size % 1000);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

std::optional<double> parse_float(std::string_view text) {
  if (equal_ignoring_case(text, "nan")) return kOrdinaryNan;
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  double value = 0;
  if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else {
    // from_chars knows "inf" and "nan" too, and a second sign: only digits and points may start.
    if (text.empty() || !(text.front() == '.' || (text.front() >= '0' && text.front() <= '9')))
      return std::nullopt;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ptr != end) return std::nullopt;
    if (read.ec == std::errc::result_out_of_range) {
      // Too big is an error, too small is zero; from_chars says the same of both.
      const std::size_t e = text.find_first_of("eE");
      const bool small = e != std::string_view::npos && text.substr(e + 1).starts_with('-');
      if (!small) return std::nullopt;
      value = 0;
    } else if (read.ec != std::errc()) {
      return std::nullopt;
    }
  }
  return negative ? -value : value;
}

}  // namespace coalmine::promql
