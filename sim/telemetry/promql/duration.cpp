#include "sim/telemetry/promql/duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "sim/telemetry/go_quote.h"

namespace coalmine::promql {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {
    {"y", 365LL * 24 * 3600 * 1000},
    {"w", 7LL * 24 * 3600 * 1000},
    {"d", 24LL * 3600 * 1000},
    {"h", 3600 * 1000},
    {"m", 60 * 1000},
    {"s", 1000},
    {"ms", 1},
};
// Go counts nanoseconds in 64 bits.
constexpr std::int64_t kLongest = INT64_MAX / 1'000'000;

}  // namespace

ReadDuration parse_duration(std::string_view text) {
  if (text == "0") return {};
  const auto bad = [text] {
    return ReadDuration{{}, "not a valid duration string: " + go_quote(text)};
  };
  if (text.empty()) return {{}, "empty duration string"};
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.front() < '0' || rest.front() > '9') return bad();
    std::int64_t count = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    const bool fits = read.ec == std::errc();
    rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
    const std::string_view name = rest.substr(0, rest.find_first_of("0123456789"));
    while (next_unit < std::size(kUnits) && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == std::size(kUnits)) return bad();
    rest.remove_prefix(name.size());
    const std::int64_t unit = kUnits[next_unit++].ms;
    if (!fits || count > (kLongest - total) / unit) return {{}, "duration out of range"};
    total += count * unit;
  }
  return {Millis(total), {}};
}

std::string duration_text(Millis duration) {
  std::int64_t ms = duration.count();
  if (ms == 0) return "0s";
  std::string text = ms < 0 ? "-" : "";
  ms = ms < 0 ? -ms : ms;
  for (const Unit& unit : kUnits) {
    if (ms < unit.ms) continue;
    text += fmt::format("{}{}", ms / unit.ms, unit.name);
    ms %= unit.ms;
  }
  return text;
}

}  // namespace coalmine::promql
