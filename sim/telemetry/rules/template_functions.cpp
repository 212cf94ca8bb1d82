#include "sim/telemetry/rules/template_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "sim/telemetry/go_number.h"
#include "sim/telemetry/go_quote.h"

namespace coalmine::rules {
namespace {

constexpr std::array<std::string_view, 8> kLarge{"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<std::string_view, 8> kLarge1024{
    "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
constexpr std::array<std::string_view, 8> kSmall{"m", "u", "n", "p", "f", "a", "z", "y"};

std::optional<std::string> not_finite(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return std::nullopt;
}

std::string four_digits(double value) {
  return not_finite(value).value_or(fmt::format("{:.4g}", value));
}

std::string with_large_prefix(double value,
                              double step,
                              const std::array<std::string_view, 8>& prefixes) {
  std::string_view prefix;
  for (const std::string_view next : prefixes) {
    if (std::abs(value) < step) break;
    prefix = next;
    value /= step;
  }
  return four_digits(value).append(prefix);
}

std::string with_small_prefix(double value) {
  std::string_view prefix;
  for (const std::string_view next : kSmall) {
    if (std::abs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return four_digits(value).append(prefix);
}

std::string_view go_type(const TemplateValue& value) {
  constexpr std::array<std::string_view, 4> kNames{"float64", "int", "string", "bool"};
  return kNames[value.index()];
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  return count;
}

/// One `%...` of a format.
struct Directive {
  bool plus = false;
  bool minus = false;
  bool space = false;
  bool zero = false;
  std::size_t width = 0;
  std::optional<int> precision;
  char verb = 0;           ///< 0: the format ends before one
  std::size_t length = 0;  ///< after the %
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Go refuses more; nobody means it.
constexpr std::size_t kWidest = 1000;

Directive read_directive(std::string_view rest) {
  Directive directive;
  std::size_t i = 0;
  for (bool flag = true; flag && i < rest.size(); i += flag ? 1 : 0) {
    if (rest[i] == '+')
      directive.plus = true;
    else if (rest[i] == '-')
      directive.minus = true;
    else if (rest[i] == ' ')
      directive.space = true;
    else if (rest[i] == '0')
      directive.zero = true;
    else
      flag = false;
  }
  const auto number = [&] {
    std::size_t value = 0;
    for (; i < rest.size() && is_digit(rest[i]); ++i)
      value = std::min(kWidest, value * 10 + static_cast<std::size_t>(rest[i] - '0'));
    return value;
  };
  directive.width = number();
  if (i < rest.size() && rest[i] == '.') {
    ++i;
    directive.precision = static_cast<int>(number());
  }
  if (i < rest.size()) directive.verb = rest[i++];
  directive.length = i;
  return directive;
}

std::string padded(std::string text, const Directive& directive, bool zeros) {
  const std::size_t have = characters(text);
  if (have >= directive.width) return text;
  const std::size_t missing = directive.width - have;
  if (directive.minus) return text.append(missing, ' ');
  if (!zeros) return text.insert(0, missing, ' ');
  const bool is_signed = !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ');
  return text.insert(is_signed ? 1 : 0, missing, '0');
}

std::string with_sign(std::string text, const Directive& directive) {
  if (text.front() == '-' || text.front() == '+') return text;
  if (directive.plus) return "+" + text;
  return directive.space ? " " + text : text;
}

std::optional<std::string> print_float(double value, const Directive& directive) {
  if (std::string_view("eEfFgGv").find(directive.verb) == std::string_view::npos)
    return std::nullopt;
  if (auto special = not_finite(value))
    return padded(with_sign(*special, directive), directive, false);
  const char verb = directive.verb == 'v' ? 'g' : directive.verb;
  const bool shortest = !directive.precision && (verb == 'g' || verb == 'G');
  std::string text;
  if (shortest) {
    text = go_number(value);
    if (verb == 'G' && text.find('e') != std::string::npos) text[text.find('e')] = 'E';
  } else {
    text = fmt::format(
        fmt::runtime(fmt::format("{{:.{}{}}}", directive.precision.value_or(6), verb)), value);
  }
  return padded(with_sign(text, directive), directive, directive.zero && !directive.minus);
}

std::optional<std::string> print_text(const std::string& value, const Directive& directive) {
  std::string text = value;
  if (directive.precision) {
    std::size_t end = 0;
    for (int left = *directive.precision; end < text.size(); ++end)
      if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U && left-- == 0) break;
    text.resize(end);
  }
  if (directive.verb == 'q')
    text = go_quote(text);
  else if (directive.verb != 's' && directive.verb != 'v')
    return std::nullopt;
  return padded(text, directive, directive.zero && !directive.minus);
}

std::optional<std::string> print_one(const TemplateValue& value, const Directive& directive) {
  if (const auto* number = std::get_if<double>(&value)) return print_float(*number, directive);
  if (const auto* text = std::get_if<std::string>(&value)) return print_text(*text, directive);
  if (const auto* truth = std::get_if<bool>(&value)) {
    if (directive.verb != 't' && directive.verb != 'v') return std::nullopt;
    return padded(*truth ? "true" : "false", directive, false);
  }
  if (directive.verb != 'd' && directive.verb != 'v') return std::nullopt;
  return padded(with_sign(fmt::format("{}", std::get<std::int64_t>(value)), directive),
                directive,
                directive.zero && !directive.minus);
}

}  // namespace

std::string go_text(const TemplateValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return go_number(*number);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return std::get<std::string>(value);
}

bool is_known_format(std::string_view format) {
  for (std::size_t i = format.find('%'); i != std::string_view::npos; i = format.find('%', i)) {
    const Directive directive = read_directive(format.substr(++i));
    i += directive.length;
    if (std::string_view("*[#").find(directive.verb) != std::string_view::npos &&
        directive.verb != 0)
      return false;
    // Letters Go knows for other types, and characters of more than one byte.
    if (std::string_view("xXobcUpTO").find(directive.verb) != std::string_view::npos &&
        directive.verb != 0)
      return false;
    if (static_cast<unsigned char>(directive.verb) >= 0x80) return false;
  }
  return true;
}

std::string go_printf(std::string_view format, std::span<const TemplateValue> arguments) {
  std::string out;
  std::size_t used = 0;
  while (!format.empty()) {
    const std::size_t percent = std::min(format.find('%'), format.size());
    out.append(format.substr(0, percent));
    format.remove_prefix(percent);
    if (format.empty()) break;
    const Directive directive = read_directive(format.substr(1));
    format.remove_prefix(1 + directive.length);
    if (directive.verb == 0) {
      out += "%!(NOVERB)";
    } else if (directive.verb == '%') {
      out += '%';
    } else if (used == arguments.size()) {
      out += fmt::format("%!{}(MISSING)", directive.verb);
    } else {
      const TemplateValue& value = arguments[used++];
      out +=
          print_one(value, directive)
              .value_or(fmt::format("%!{}({}={})", directive.verb, go_type(value), go_text(value)));
    }
  }
  if (used == arguments.size()) return out;
  out += "%!(EXTRA ";
  for (std::size_t i = used; i < arguments.size(); ++i)
    out +=
        fmt::format("{}{}={}", i == used ? "" : ", ", go_type(arguments[i]), go_text(arguments[i]));
  return out + ")";
}

double to_number(const TemplateValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto number = parse_go_number(*text)) return *number;
    throw TemplateError(go_quote(*text) + " is not a number");
  }
  throw TemplateError("a truth value is not a number");
}

std::string humanize(double value) {
  if (value == 0 || not_finite(value)) return four_digits(value);
  return std::abs(value) >= 1 ? with_large_prefix(value, 1000, kLarge) : with_small_prefix(value);
}

std::string humanize_1024(double value) {
  if (std::abs(value) <= 1 || not_finite(value)) return four_digits(value);
  return with_large_prefix(value, 1024, kLarge1024);
}

std::string humanize_percentage(double value) {
  return four_digits(value * 100) + "%";
}

std::string humanize_duration(double seconds) {
  if (not_finite(seconds)) return four_digits(seconds);
  if (seconds == 0) return four_digits(seconds) + "s";
  const double size = std::abs(seconds);
  if (size < 1) return with_small_prefix(seconds) + "s";
  const std::string sign = seconds < 0 ? "-" : "";
  if (size < 60) return sign + four_digits(size) + "s";
  // More does not fit Go's integer either; it then prints nonsense, and we the greatest.
  const auto whole = size < 9e18 ? static_cast<std::int64_t>(size) : INT64_MAX;
  const std::int64_t minutes = whole / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  std::string text = sign;
  if (days != 0) text += fmt::format("{}d ", days);
  if (hours != 0) text += fmt::format("{}h ", hours % 24);
  return text + fmt::format("{}m {}s", minutes % 60, whole % 60);
}

std::string humanize_timestamp(double seconds) {
  if (auto special = not_finite(seconds)) return *special;
  const double nanoseconds = seconds * 1e9;
  if (!(std::abs(nanoseconds) < 9223372036854775807.0))
    throw TemplateError(go_number(seconds) + " is no instant that nanoseconds in 64 bits can hold");
  const std::int64_t ms = static_cast<std::int64_t>(nanoseconds) / 1'000'000;
  namespace chr = std::chrono;
  const chr::sys_time<chr::milliseconds> time{chr::milliseconds(ms)};
  const auto day = chr::floor<chr::days>(time);
  const chr::year_month_day date(day);
  const auto clock = chr::hh_mm_ss(time - day);
  std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
                                 static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()),
                                 clock.hours().count(),
                                 clock.minutes().count(),
                                 clock.seconds().count());
  if (const auto rest = clock.subseconds().count(); rest != 0) {
    text += fmt::format(".{:03}", rest);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + " +0000 UTC";
}

NumberFunction number_function(std::string_view name) {
  if (name == "humanize") return humanize;
  if (name == "humanize1024") return humanize_1024;
  if (name == "humanizePercentage") return humanize_percentage;
  if (name == "humanizeDuration") return humanize_duration;
  if (name == "humanizeTimestamp") return humanize_timestamp;
  return nullptr;
}

}  // namespace coalmine::rules
