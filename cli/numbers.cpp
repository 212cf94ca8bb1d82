#include "cli/numbers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace coalmine::cli {
namespace {

constexpr double kNothing = 1e-9;  ///< what arithmetic may leave of a 0

/// Exponent of the first digit: 2 for 884, -2 for 0.012.
int magnitude(double value) {
  return static_cast<int>(std::floor(std::log10(value)));
}

/// How far a percentage is from saying nothing: from 0, or from 100 if that is nearer.
double left_of(double p) {
  const double a = std::abs(p);
  return a < 100 ? std::min(a, 100 - a) : a;
}

/// Decimals that show `digits` digits of `value`.
int decimals_of(double value, int digits) {
  return std::max(0, digits - 1 - magnitude(value));
}

/// One digit of an error, two where rounding would change it by much: 0.7, but 0.11 and 2.6.
int decimals_of_error(double error) {
  const double first = error / std::pow(10, magnitude(error));
  return decimals_of(error, first < 3 ? 2 : 1);
}

/// Fixed decimals, thousands apart, no minus before nothing.
std::string fixed(double value, int decimals) {
  if (decimals == 0) return grouped(value);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') text.erase(0, 1);
  return text;
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// A percentage to `digits` digits of what is left to 0 or 100.
std::string percentage(double p, int digits) {
  const double left = left_of(p);
  if (left < kNothing) return fmt::format("{:.0f}", p);
  return without_trailing_zeros(fmt::format("{:.{}f}", p, decimals_of(left, digits)));
}

struct Scale {
  double factor = 1;
  const char* suffix = "";
};

/// What a value of that size is counted in.
Scale scale_of(Unit unit, double size) {
  if (unit == Unit::ratio) return {100, " %"};
  if (unit == Unit::count) return {};
  if (size > 0 && size < 0.9995) return {1000, " ms"};
  if (size < 59.95) return {1, " s"};
  if (size < 3600) return {1.0 / 60, " min"};
  return {1.0 / 3600, " h"};
}

std::string alone(Unit unit, double value) {
  return unit == Unit::ratio     ? percent(value)
         : unit == Unit::seconds ? human_seconds(value)
                                 : grouped(value);
}

std::string estimate(Unit unit, double mean, double half_width) {
  constexpr int kDigitsOfMean = 4;
  const Scale scale = scale_of(unit, std::max(std::abs(mean), half_width));
  const double m = mean * scale.factor;
  const double h = half_width * scale.factor;
  const double size = std::max(unit == Unit::ratio ? left_of(m) : std::abs(m), h);
  if (h < kNothing) {
    const int decimals = size < kNothing || unit == Unit::count ? 0 : decimals_of(size, 3);
    return fixed(m, decimals) + " ± 0" + scale.suffix;
  }
  const int decimals = std::min(decimals_of_error(h), decimals_of(size, kDigitsOfMean));
  const double step = std::pow(10, -decimals);
  const std::string half =
      h < step / 2 ? fmt::format("<{:.{}f}", step, decimals) : fixed(h, decimals);
  return fixed(m, decimals) + " ± " + half + scale.suffix;
}

}  // namespace

std::string grouped(double value) {
  const std::string digits = fmt::format("{:.0f}", std::abs(value));
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ' ';
    out += digits[i];
  }
  return (value < 0 && digits != "0" ? "-" : "") + out;
}

std::string human_seconds(double s) {
  const double a = std::abs(s);
  if (a < 0.9995) return fmt::format("{:.0f} ms", s * 1e3);
  if (a < 59.95) return fmt::format("{:.1f} s", s);
  const auto whole = static_cast<long>(std::lround(a));
  const char* sign = s < 0 ? "-" : "";
  if (whole < 3600) return fmt::format("{}{} min {:02} s", sign, whole / 60, whole % 60);
  return fmt::format("{}{} h {:02} min", sign, whole / 3600, whole / 60 % 60);
}

std::string percent(double ratio) {
  return percentage(ratio * 100, 2) + " %";
}

std::string counted(std::size_t n, const std::string& what) {
  return fmt::format("{} {}{}", grouped(static_cast<double>(n)), what, n == 1 ? "" : "s");
}

Unit unit_of(const std::string& outcome) {
  const auto has = [&](const char* part) { return outcome.find(part) != std::string::npos; };
  if (has("pod_seconds")) return Unit::count;
  if (has("latency") || has("p99") || has("time_to") || has("duration")) return Unit::seconds;
  if (has("availability") || has("budget") || has("fraction")) return Unit::ratio;
  return Unit::count;
}

std::string outcome_text(const std::string& name, std::optional<double> value) {
  return value ? alone(unit_of(name), *value) : "-";
}

std::string estimate_text(Unit unit, double mean, std::optional<double> half_width) {
  return half_width ? estimate(unit, mean, *half_width) : alone(unit, mean);
}

std::string difference_text(Unit unit, double mean, std::optional<double> half_width) {
  const std::string text = estimate_text(unit, mean, half_width);
  return mean > 0 ? "+" + text : text;
}

std::string share_text(double share, double low, double high) {
  return fmt::format(
      "{} ({}-{})", percent(share), percentage(low * 100, 1), percentage(high * 100, 1));
}

}  // namespace coalmine::cli
