#include "strategies/wording.h"

#include <cstdint>

namespace coalmine {
namespace {

/// Rounded half away from zero; the caller's numbers are far below 2^53.
std::int64_t rounded(double value) {
  return static_cast<std::int64_t>(value < 0 ? value - 0.5 : value + 0.5);
}

/// `value` >= 0 with at most `decimals` decimals, trailing zeros dropped.
std::string decimal(double value, int decimals) {
  std::int64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  const std::int64_t scaled = rounded(value * static_cast<double>(scale));
  std::string text = std::to_string(scaled / scale);
  std::string fraction = std::to_string(scale + scaled % scale).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (decimals > 0 && !fraction.empty()) text += "." + fraction;
  return text;
}

void append_unit(std::string& text, std::int64_t amount, const char* unit) {
  if (amount == 0) return;
  if (!text.empty()) text += ' ';
  text += std::to_string(amount) + ' ' + unit;
}

}  // namespace

std::string say_percent(double ratio) {
  const double percent = ratio * 100;
  // Two decimals tell 0.05 % from 0.1 %; above 10 % they are noise.
  return decimal(percent, percent < 10 ? 2 : 1) + " %";
}

std::string say_decimal(double value, int decimals) {
  const std::string text = decimal(value < 0 ? -value : value, decimals);
  return value < 0 && text != "0" ? "-" + text : text;
}

std::string say_count(double count) {
  std::string text = std::to_string(rounded(count));
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, " ");
  return text;
}

std::string say_duration(Duration length) {
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
  std::string text;
  append_unit(text, ms / 3'600'000, "h");
  append_unit(text, ms / 60'000 % 60, "min");
  append_unit(text, ms / 1000 % 60, "s");
  append_unit(text, ms % 1000, "ms");
  return text.empty() ? "0 s" : text;
}

std::string say_latency(double in_seconds) {
  return in_seconds < 1 ? decimal(in_seconds * 1000, 0) + " ms" : decimal(in_seconds, 2) + " s";
}

}  // namespace coalmine
