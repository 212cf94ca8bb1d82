#include "sim/telemetry/promql/element_functions.h"

#include <chrono>
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

struct UtcTime {
  std::chrono::sys_days day;
  std::chrono::year_month_day date;
  std::chrono::seconds of_day{};
};

/// Instants of which no calendar knows are taken to the nearest one it does.
UtcTime utc(double seconds) {
  constexpr double kFarthest = 9e11;  // the year 30 000; std::chrono goes to 32 767
  const double whole =
      std::isnan(seconds) ? 0 : std::trunc(std::fmin(std::fmax(seconds, -kFarthest), kFarthest));
  const std::chrono::sys_seconds time(std::chrono::seconds(static_cast<std::int64_t>(whole)));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {day, std::chrono::year_month_day(day), time - day};
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
  return static_cast<unsigned>(utc(value).date.day());
}

double day_of_week(double value, Arguments /*arguments*/) {
  return std::chrono::weekday(utc(value).day).c_encoding();
}

double day_of_year(double value, Arguments /*arguments*/) {
  const UtcTime time = utc(value);
  const std::chrono::sys_days first(time.date.year() / std::chrono::January / 1);
  return static_cast<double>((time.day - first).count() + 1);
}

double days_in_month(double value, Arguments /*arguments*/) {
  const auto date = utc(value).date;
  const std::chrono::year_month_day_last last(date.year(),
                                              std::chrono::month_day_last(date.month()));
  return static_cast<unsigned>(last.day());
}

double hour(double value, Arguments /*arguments*/) {
  return static_cast<double>(std::chrono::floor<std::chrono::hours>(utc(value).of_day).count());
}

double minute(double value, Arguments /*arguments*/) {
  return static_cast<double>(std::chrono::floor<std::chrono::minutes>(utc(value).of_day).count() %
                             60);
}

double month(double value, Arguments /*arguments*/) {
  return static_cast<unsigned>(utc(value).date.month());
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
