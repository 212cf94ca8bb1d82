#include "cli/instants.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

#include "sim/telemetry/go_number.h"

namespace coalmine::cli {
namespace {

constexpr double kLastSecond = 253'402'300'799;  ///< of the year 9999

/// Two or four digits at the front, which are taken off.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// ".5" at the front as milliseconds; nothing there is 0.
std::optional<Millis> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return Millis(0);
  Millis fraction{0};
  std::int64_t place = 100;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    fraction += Millis((text.front() - '0') * place);
    place /= 10;
    ++digits;
  }
  return digits > 0 ? std::optional(fraction) : std::nullopt;
}

/// "Z", "+01:00"
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, 'Z')) return std::chrono::minutes(0);
  const bool west = take(text, '-');
  if (!west && !take(text, '+')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes((west ? -1 : 1) * (*hours * 60 + *minutes));
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  const auto zone = take_zone(text);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!fraction || !zone || !text.empty() || !date.ok()) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                   std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *fraction -
                   *zone);
}

}  // namespace

Parsed<Timestamp> parse_unix_time(std::string_view text) {
  std::optional<Timestamp> time = parse_rfc3339(text);
  if (const auto seconds = parse_go_number(text); seconds && std::abs(*seconds) <= 1e15) {
    double whole = 0;
    const double fraction = std::modf(*seconds, &whole);
    time = Timestamp(Millis(static_cast<std::int64_t>(whole) * 1000 +
                            static_cast<std::int64_t>(std::round(fraction * 1000))));
  } else if (seconds && !std::isnan(*seconds)) {
    time = *seconds < 0 ? Timestamp::min() : Timestamp::max();
  }
  if (!time)
    return {std::nullopt,
            fmt::format("'{}' is no instant; write seconds since 1970 (1700000045.5) or a date "
                        "with time and zone (2023-11-14T22:14:05Z)",
                        text)};
  if (*time < Timestamp{}) return {std::nullopt, fmt::format("{} is before 1970", text)};
  if (*time > Timestamp(Millis(static_cast<std::int64_t>(kLastSecond) * 1000 + 999)))
    return {std::nullopt,
            fmt::format("{} is after the year 9999; instants are seconds, not milliseconds", text)};
  return {time, {}};
}

Parsed<Timestamp> parse_run_time(std::string_view text) {
  constexpr double kMostSeconds = 30.0 * 365 * 24 * 3600;
  const bool before = !text.empty() && text.front() == '-';
  const std::string_view length = before ? text.substr(1) : text;
  double seconds = std::nan("");
  if (const auto number = parse_go_number(length))
    seconds = *number;
  else if (const Parsed<Duration> duration = parse_duration(length))
    seconds = to_seconds(*duration.value);
  if (!(seconds >= 0 && seconds <= kMostSeconds))
    return {std::nullopt,
            fmt::format("'{}' is no instant of a run; write seconds from its start (450) or a "
                        "duration (7m30s)",
                        text)};
  const Time time(std::chrono::nanoseconds(std::llround((before ? -seconds : seconds) * 1e9)));
  return {to_timestamp(time), {}};
}

std::string format_run_time(Timestamp time) {
  const std::int64_t millis = std::abs(time.time_since_epoch().count());
  const std::int64_t seconds = millis / 1000;
  const std::string sign = time < Timestamp{} ? "-" : "";
  if (seconds < 3600)
    return fmt::format("{}{:02}:{:02}.{:03}", sign, seconds / 60, seconds % 60, millis % 1000);
  return fmt::format("{}{}:{:02}:{:02}.{:03}",
                     sign,
                     seconds / 3600,
                     seconds / 60 % 60,
                     seconds % 60,
                     millis % 1000);
}

Parsed<Millis> parse_step(std::string_view text) {
  double seconds = 0;
  if (const auto number = parse_go_number(text)) {
    seconds = *number;
  } else {
    const Parsed<Duration> duration = parse_duration(text);
    if (!duration)
      return {std::nullopt,
              fmt::format("'{}' is no step; write seconds (15) or a duration (15s, 1m30s)", text)};
    seconds = to_seconds(*duration.value);
  }
  if (!(seconds >= 0.001))
    return {std::nullopt, fmt::format("{} is no step: it takes a millisecond at least", text)};
  if (seconds > kLastSecond)
    return {std::nullopt, fmt::format("a step of {} is longer than the calendar", text)};
  return {Millis(static_cast<std::int64_t>(std::round(seconds * 1000))), {}};
}

std::string format_unix_time(Timestamp time) {
  const Millis since = time.time_since_epoch();
  const auto days = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss<Millis> clock(since - days);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                                 static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()),
                                 clock.hours().count(),
                                 clock.minutes().count(),
                                 clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:03}", clock.subseconds().count());
  return text + "Z";
}

std::string format_unix_seconds(Timestamp time) {
  return go_number_plain(static_cast<double>(time.time_since_epoch().count()) / 1000);
}

}  // namespace coalmine::cli
