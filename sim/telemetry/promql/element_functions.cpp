#include "sim/telemetry/promql/element_functions.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "sim/telemetry/sample.h"

namespace coalmine::promql::element {
namespace {

/// From here on exp(-x) is nothing beside exp(x).
constexpr double kLarge = 21;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::int64_t kDay = 24 * 3600;

struct UtcTime {
  std::int64_t day = 0;     ///< since the epoch
  std::int64_t of_day = 0;  ///< seconds
};

/// As Go has it on the usual processors: what no 64 bits hold is the most negative number, and time
/// counts from a year so long ago that this number wraps around into the far future.
UtcTime utc(double seconds) {
  constexpr double kFarthest = 9223372036854775808.0;
  const bool fits = seconds >= -kFarthest && seconds < kFarthest;
  const auto whole = fits ? static_cast<std::int64_t>(seconds) : INT64_MIN;
  constexpr std::uint64_t kEpoch = 9223372028715321600;  // seconds of Go's absolute time at 1970
  const std::uint64_t absolute = static_cast<std::uint64_t>(whole) + kEpoch;
  return {static_cast<std::int64_t>(absolute / kDay) - static_cast<std::int64_t>(kEpoch / kDay),
          static_cast<std::int64_t>(absolute % kDay)};
}

struct Date {
  std::int64_t year = 0;
  int month = 1;
  int day = 1;
};

std::int64_t floor_divided(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Of any day, where std::chrono ends with the year 32767: years begin in March, so that the day
/// that is there every fourth year is the last one.
Date date_of(std::int64_t day) {
  constexpr std::int64_t kCycle = 146'097;  // days of 400 years
  const std::int64_t since_march_of_0 = day + 719'468;
  const std::int64_t cycle = floor_divided(since_march_of_0, kCycle);
  const std::int64_t of_cycle = since_march_of_0 - cycle * kCycle;
  const std::int64_t year_of_cycle =
      (of_cycle - of_cycle / 1460 + of_cycle / 36'524 - of_cycle / 146'096) / 365;
  const std::int64_t of_year =
      of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  const std::int64_t month_from_march = (5 * of_year + 2) / 153;
  const auto of_month = static_cast<int>(of_year - (153 * month_from_march + 2) / 5 + 1);
  const auto month =
      static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {cycle * 400 + year_of_cycle + (month <= 2 ? 1 : 0), month, of_month};
}

bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int length_of_month(const Date& date) {
  constexpr std::array<int, 12> kLengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int length = kLengths.at(static_cast<std::size_t>(date.month - 1));
  return date.month == 2 && is_leap(date.year) ? length + 1 : length;
}

}  // namespace

double go_max(double a, double b) {
  if (a == kInfinity || b == kInfinity) return kInfinity;
  if (std::isnan(a) || std::isnan(b)) return kOrdinaryNan;
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double go_min(double a, double b) {
  if (a == -kInfinity || b == -kInfinity) return -kInfinity;
  if (std::isnan(a) || std::isnan(b)) return kOrdinaryNan;
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

double clamp_max(double value, Arguments arguments) {
  return go_min(arguments[0], value);
}

double clamp_min(double value, Arguments arguments) {
  return go_max(arguments[0], value);
}

double round(double value, Arguments arguments) {
  const double inverse = 1 / (arguments.empty() ? 1 : arguments[0]);
  return std::floor(value * inverse + 0.5) / inverse;
}

double sgn(double value, Arguments /*arguments*/) {
  if (value < 0) return -1;
  return value > 0 ? 1 : value;
}

double day_of_month(double value, Arguments /*arguments*/) {
  return date_of(utc(value).day).day;
}

double day_of_week(double value, Arguments /*arguments*/) {
  constexpr std::int64_t kThursday = 4;  // the first of January 1970
  const std::int64_t days = utc(value).day + kThursday;
  return static_cast<double>(days - 7 * floor_divided(days, 7));
}

double day_of_year(double value, Arguments /*arguments*/) {
  const Date date = date_of(utc(value).day);
  int day = date.day;
  for (Date before = date; --before.month >= 1;) day += length_of_month(before);
  return day;
}

double days_in_month(double value, Arguments /*arguments*/) {
  return length_of_month(date_of(utc(value).day));
}

double hour(double value, Arguments /*arguments*/) {
  return static_cast<double>(utc(value).of_day / 3600);
}

double minute(double value, Arguments /*arguments*/) {
  return static_cast<double>(utc(value).of_day / 60 % 60);
}

double month(double value, Arguments /*arguments*/) {
  return date_of(utc(value).day).month;
}

double year(double value, Arguments /*arguments*/) {
  return static_cast<double>(date_of(utc(value).day).year);
}

double cosh(double value, Arguments /*arguments*/) {
  const double size = std::abs(value);
  return size > kLarge ? std::exp(size) * 0.5 : std::cosh(value);
}

double sinh(double value, Arguments /*arguments*/) {
  const double size = std::abs(value);
  return size > kLarge ? std::copysign(std::exp(size) * 0.5, value) : std::sinh(value);
}

double deg(double value, Arguments /*arguments*/) {
  return value * 180 / std::numbers::pi;
}

double rad(double value, Arguments /*arguments*/) {
  return value * std::numbers::pi / 180;
}

}  // namespace coalmine::promql::element
