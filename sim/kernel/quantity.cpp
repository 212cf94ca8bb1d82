#include "sim/kernel/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace coalmine {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// The longest leading decimal number of `text`: its length, or 0. No sign, no "nan", no "inf".
std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  bool any = false;
  while (i < text.size() && digit(text[i])) ++i, any = true;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && digit(text[i])) ++i, any = true;
  }
  if (!any) return 0;
  if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t j = i + 1;
    if (text[j] == '+' || text[j] == '-') ++j;
    if (j < text.size() && digit(text[j])) {
      while (j < text.size() && digit(text[j])) ++j;
      return j;
    }
  }
  return i;
}

/// `number` times ten to the `shift`, rounded once (so that 99.9% is exactly the double 0.999);
/// empty when it is not finite.
std::optional<double> to_double(std::string_view number, int shift = 0) {
  std::string text(number);
  const std::size_t e = text.find_first_of("eE");
  long exponent = shift;
  if (e != std::string::npos) {
    const std::size_t skip = e + 1 < text.size() && text[e + 1] == '+' ? 2 : 1;
    long written = 0;
    const auto [end, problem] =
        std::from_chars(text.data() + e + skip, text.data() + text.size(), written);
    if (problem != std::errc{} || written > 100000 || written < -100000) return std::nullopt;
    exponent += written;
    text.resize(e);
  }
  text += "e" + std::to_string(exponent);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc::result_out_of_range && exponent < 0) return 0.0;
  if (problem != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) {
  if (text.empty()) return "an empty text";
  constexpr std::size_t kLongest = 60;
  if (text.size() <= kLongest) return std::string(text);
  return std::string(text.substr(0, kLongest)) + "...";
}

std::string negative(std::string_view text) {
  return quoted(text) + " is negative";
}

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 8> kTimeUnits{Unit{"ns", 1},
                                         Unit{"us", 1e3},
                                         Unit{"ms", 1e6},
                                         Unit{"s", 1e9},
                                         Unit{"m", 60e9},
                                         Unit{"h", 3600e9},
                                         Unit{"d", 86400e9},
                                         Unit{"w", 7 * 86400e9}};

constexpr std::array<Unit, 15> kQuantityUnits{Unit{"Ki", 0x1p10},
                                              Unit{"Mi", 0x1p20},
                                              Unit{"Gi", 0x1p30},
                                              Unit{"Ti", 0x1p40},
                                              Unit{"Pi", 0x1p50},
                                              Unit{"n", 1e-9},
                                              Unit{"u", 1e-6},
                                              Unit{"m", 1e-3},
                                              Unit{"", 1},
                                              Unit{"k", 1e3},
                                              Unit{"M", 1e6},
                                              Unit{"G", 1e9},
                                              Unit{"T", 1e12},
                                              Unit{"P", 1e15},
                                              Unit{"E", 1e18}};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units)
    if (unit.name == name) return &unit;
  return nullptr;
}

/// A Kubernetes quantity in its base unit.
Parsed<double> parse_quantity(std::string_view text, std::string_view what) {
  if (!text.empty() && text[0] == '-') return {{}, negative(text)};
  const std::size_t n = number_length(text);
  const Unit* unit = n == 0 ? nullptr : find_unit(kQuantityUnits, text.substr(n));
  if (unit == nullptr) return {{}, quoted(text) + " is not " + std::string(what)};
  const auto number = to_double(text.substr(0, n));
  if (!number || !std::isfinite(*number * unit->factor) || *number * unit->factor > 0x1p62)
    return {{}, quoted(text) + " is too large"};
  return {*number * unit->factor, {}};
}

std::string shortest(double number) {
  std::array<char, 64> buffer{};
  const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return std::string(buffer.data(), done.ptr);
}

std::string digits9(double number) {
  std::array<char, 64> buffer{};
  const auto done = std::to_chars(
      buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::general, 9);
  return std::string(buffer.data(), done.ptr);
}

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  constexpr std::string_view kExpected = " is not a duration such as 250ms, 12s, 1h30m or 30d";
  if (text == "0") return {Duration{}, {}};
  if (!text.empty() && text[0] == '-') return {{}, negative(text)};
  if (text.empty()) return {{}, quoted(text) + std::string(kExpected)};
  std::int64_t total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t n = number_length(rest);
    if (n == 0) return {{}, quoted(text) + std::string(kExpected)};
    std::size_t end = n;
    while (end < rest.size() && !digit(rest[end]) && rest[end] != '.') ++end;
    if (end == n && end == text.size()) {
      const std::string t(text);
      return {{},
              quoted(t) + " has no unit; write " + quoted(t) + "s, " + quoted(t) + "m or " +
                  quoted(t) + "h"};
    }
    const Unit* unit = find_unit(kTimeUnits, rest.substr(n, end - n));
    if (unit == nullptr) return {{}, quoted(text) + std::string(kExpected)};
    const auto number = to_double(rest.substr(0, n));
    // 285 years; beyond that nanoseconds do not fit.
    if (!number || *number * unit->factor > 9e18 - static_cast<double>(total))
      return {{}, quoted(text) + " is too long (at most 285 years)"};
    total += static_cast<std::int64_t>(*number * unit->factor + 0.5);
    rest.remove_prefix(end);
  }
  return {Duration(total), {}};
}

Parsed<double> parse_ratio(std::string_view text) {
  if (text == "0") return {0.0, {}};
  if (!text.empty() && text[0] == '-') return {{}, negative(text)};
  const std::size_t n = number_length(text);
  if (n != 0 && n == text.size()) {
    const auto number = to_double(text, 2);
    std::string problem = quoted(text) + " has no unit";
    if (number && *number <= 100)
      problem += "; write " + shortest(*number) + "%";
    else
      problem += "; write " + quoted(text) + "%";
    return {{}, problem};
  }
  if (n == 0 || text.substr(n) != "%")
    return {{}, quoted(text) + " is not a percentage such as 2% or 99.9%"};
  const auto number = to_double(text.substr(0, n), -2);
  if (!number) return {{}, quoted(text) + " is too large"};
  return {*number, {}};
}

Parsed<double> parse_rate(std::string_view text) {
  if (text == "0") return {0.0, {}};
  if (!text.empty() && text[0] == '-') return {{}, negative(text)};
  const std::size_t n = number_length(text);
  if (n != 0 && n == text.size())
    return {{}, quoted(text) + " has no unit; write " + quoted(text) + "/s"};
  const std::string_view unit = text.substr(n);
  const double per = unit == "/s" ? 1 : unit == "/m" ? 60 : unit == "/h" ? 3600 : 0;
  if (n == 0 || per == 0) return {{}, quoted(text) + " is not a rate such as 400/s or 24000/m"};
  const auto number = to_double(text.substr(0, n));
  if (!number) return {{}, quoted(text) + " is too large"};
  return {*number / per, {}};
}

Parsed<std::int64_t> parse_count(std::string_view text) {
  std::int64_t value = 0;
  const std::string_view body = !text.empty() && text[0] == '+' ? text.substr(1) : text;
  const auto [end, problem] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (problem == std::errc::result_out_of_range) return {{}, quoted(text) + " is too large"};
  if (problem != std::errc{} || end != body.data() + body.size())
    return {{}, quoted(text) + " is not a whole number"};
  return {value, {}};
}

Parsed<double> parse_number(std::string_view text) {
  const bool minus = !text.empty() && text[0] == '-';
  const std::string_view body = minus ? text.substr(1) : text;
  const std::size_t n = number_length(body);
  if (n == 0 || n != body.size()) return {{}, quoted(text) + " is not a number"};
  const auto number = to_double(body);
  if (!number) return {{}, quoted(text) + " is too large"};
  return {minus ? -*number : *number, {}};
}

Parsed<double> parse_bytes(std::string_view text) {
  return parse_quantity(text, "an amount of memory such as 256Mi or 1G");
}

Parsed<double> parse_cpu(std::string_view text) {
  Parsed<double> cores = parse_quantity(text, "an amount of CPU such as 100m or 1.5");
  if (cores) cores.value = std::round(*cores.value * 1e6) * 1e-3;
  return cores;
}

Parsed<bool> parse_flag(std::string_view text) {
  if (text == "true") return {true, {}};
  if (text == "false") return {false, {}};
  return {{}, quoted(text) + " is neither true nor false"};
}

Parsed<CountOrPercent> parse_count_or_percent(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  const std::string_view body = percent ? text.substr(0, text.size() - 1) : text;
  const auto number = parse_count(body);
  if (!number || body.empty() || body[0] == '+')
    return {{}, quoted(text) + " is neither a whole number nor a whole percentage such as 25%"};
  if (*number.value < 0) return {{}, negative(text)};
  if (*number.value > std::numeric_limits<int>::max()) return {{}, quoted(text) + " is too large"};
  return {CountOrPercent{static_cast<int>(*number.value), percent}, {}};
}

std::string format_duration(Duration d) {
  if (d == kForever) return "never";
  std::int64_t left = d.count();
  std::string text;
  if (left < 0) {
    text = "-";
    left = -left;
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (left == 0) return "0s";
  if (left < kSecond) {
    const std::int64_t unit = left % 1'000'000 == 0 ? 1'000'000 : left % 1000 == 0 ? 1000 : 1;
    const char* name = unit == 1'000'000 ? "ms" : unit == 1000 ? "us" : "ns";
    if (unit == 1000 && left > 1'000'000)
      return text + shortest(static_cast<double>(left) * 1e-6) + "ms";
    return text + std::to_string(left / unit) + name;
  }
  const auto take = [&](std::int64_t unit, const char* name) {
    if (left < unit) return;
    text += std::to_string(left / unit) + name;
    left %= unit;
  };
  take(86400 * kSecond, "d");
  take(3600 * kSecond, "h");
  take(60 * kSecond, "m");
  if (left == 0) return text;
  std::string seconds = std::to_string(left / kSecond);
  if (const std::int64_t fraction = left % kSecond; fraction != 0) {
    std::string digits = std::to_string(kSecond + fraction).substr(1);
    while (digits.back() == '0') digits.pop_back();
    seconds += "." + digits;
  }
  return text + seconds + "s";
}

std::string format_ratio(double ratio) {
  return digits9(ratio * 100) + "%";
}

std::string format_rate(double per_second) {
  return shortest(per_second) + "/s";
}

std::string format_number(double number) {
  return shortest(number);
}

std::string format_bytes(double bytes) {
  constexpr std::array<Unit, 4> kBinary{
      Unit{"Ti", 0x1p40}, Unit{"Gi", 0x1p30}, Unit{"Mi", 0x1p20}, Unit{"Ki", 0x1p10}};
  for (const Unit& unit : kBinary) {
    const double n = bytes / unit.factor;
    if (n >= 1 && n == std::floor(n)) return shortest(n) + std::string(unit.name);
  }
  return shortest(bytes);
}

std::string format_cpu(double millicores) {
  const double cores = millicores / 1000;
  return cores == std::floor(cores) ? shortest(cores) : shortest(millicores) + "m";
}

}  // namespace coalmine
