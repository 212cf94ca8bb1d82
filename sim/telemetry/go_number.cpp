#include "sim/telemetry/go_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "sim/kernel/assert.h"
#include "sim/telemetry/sample.h"

namespace coalmine {
namespace {

/// value = sign 0.DIGITS x 10^point, the digits as few as tell the double from all others.
struct Decimal {
  bool negative = false;
  std::string digits;
  int point = 0;
};

Decimal shortest(double value) {
  std::array<char, 32> text{};  // the longest is -1.2345678901234567e-308
  const auto [end, problem] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  CM_ASSERT(problem == std::errc{});
  Decimal decimal;
  const char* at = text.data();
  if (*at == '-') {
    decimal.negative = true;
    ++at;
  }
  for (; *at != 'e'; ++at)
    if (*at != '.') decimal.digits += *at;
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end, decimal.point);
  ++decimal.point;  // a zero too: one digit before the point
  return decimal;
}

std::string with_exponent(const Decimal& d) {
  std::string text = d.negative ? "-" : "";
  text += d.digits.front();
  if (d.digits.size() > 1) text += "." + d.digits.substr(1);
  const int exponent = d.point - 1;
  const std::string number = std::to_string(std::abs(exponent));
  text += exponent < 0 ? "e-" : "e+";
  return text + (number.size() < 2 ? "0" : "") + number;
}

std::string without_exponent(const Decimal& d) {
  std::string text = d.negative ? "-" : "";
  const auto point = static_cast<std::size_t>(std::max(d.point, 0));
  if (d.point <= 0)
    return text + "0." + std::string(static_cast<std::size_t>(-d.point), '0') + d.digits;
  if (d.digits.size() <= point) return text + d.digits + std::string(point - d.digits.size(), '0');
  return text + d.digits.substr(0, point) + "." + d.digits.substr(point);
}

/// The three that are no decimals.
std::optional<std::string> special(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  return std::nullopt;
}

bool same_letters(std::string_view text, std::string_view lower_case) {
  return std::equal(
      text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char c, char l) {
        return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == l;
      });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Walks over the digits at the front.
std::size_t count_digits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

/// Whether a number without sign is digits, a point among them or not, and maybe an exponent; and
/// whether it is one or more, for numbers whose size no double has.
struct Shape {
  bool decimal = false;
  bool large = false;
};

Shape shape_of(std::string_view text) {
  const std::size_t whole = count_digits(text);
  const std::string_view digits = text.substr(0, whole);
  std::string_view rest = text.substr(whole), fraction;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    fraction = rest.substr(0, count_digits(rest));
    rest.remove_prefix(fraction.size());
  }
  if (whole + fraction.size() == 0) return {};
  long exponent = 0;
  if (!rest.empty() && (rest.front() == 'e' || rest.front() == 'E')) {
    rest.remove_prefix(1);
    const bool negative = !rest.empty() && rest.front() == '-';
    if (negative || (!rest.empty() && rest.front() == '+')) rest.remove_prefix(1);
    const std::size_t n = count_digits(rest);
    if (n == 0) return {};
    // Longer than any text is: beyond this the digits before it change nothing.
    constexpr long kMost = std::numeric_limits<long>::max() / 100;
    for (std::size_t i = 0; i < n; ++i) exponent = std::min(exponent * 10 + (rest[i] - '0'), kMost);
    if (negative) exponent = -exponent;
    rest.remove_prefix(n);
  }
  if (!rest.empty()) return {};
  const std::size_t lead = digits.find_first_not_of('0');
  const std::size_t below = fraction.find_first_not_of('0');
  if (lead != std::string_view::npos)
    exponent += static_cast<long>(whole - lead);
  else if (below != std::string_view::npos)
    exponent -= static_cast<long>(below);
  else
    exponent = 0;
  return {true, exponent > 0};
}

}  // namespace

std::string go_number(double value) {
  if (auto text = special(value)) return *text;
  const Decimal d = shortest(value);
  const int exponent = d.point - 1;
  return exponent < -4 || exponent >= 6 ? with_exponent(d) : without_exponent(d);
}

std::string go_number_of_openmetrics(double value) {
  std::string text = go_number(value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string go_number_in_json(double value) {
  const double size = std::abs(value);
  const bool plain = !std::isfinite(value) || value == 0 || (size >= 1e-6 && size < 1e21);
  return plain ? go_number_plain(value) : with_exponent(shortest(value));
}

std::string go_number_plain(double value) {
  if (auto text = special(value)) return *text;
  return without_exponent(shortest(value));
}

std::optional<double> parse_go_number(std::string_view text) {
  std::string_view size = text;
  const bool negative = !size.empty() && size.front() == '-';
  const bool has_sign = negative || (!size.empty() && size.front() == '+');
  if (has_sign) size.remove_prefix(1);
  if (same_letters(size, "nan")) return has_sign ? std::nullopt : std::optional(kOrdinaryNan);
  const double sign = negative ? -1 : 1;
  if (same_letters(size, "inf") || same_letters(size, "infinity"))
    return sign * std::numeric_limits<double>::infinity();
  const Shape shape = shape_of(size);
  if (!shape.decimal) return std::nullopt;
  double value = 0;
  const auto [end, problem] = std::from_chars(size.data(), size.data() + size.size(), value);
  if (problem == std::errc::result_out_of_range) {
    if (shape.large) return std::nullopt;
    value = 0;  // nearer to nothing than to the smallest double
  }
  return sign * value;
}

}  // namespace coalmine
