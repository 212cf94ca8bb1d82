/// The longest latency of the last while, as client libraries keep it for a timer's maximum: a ring
/// of three maxima, each of a third of the window, the largest of which is told
/// (specs/metric-dialects.md section 5).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/kernel/time.h"
#include "sim/service/instruments.h"

namespace coalmine {

class LongestLatency {
 public:
  static constexpr Duration kWindow = std::chrono::minutes(1);

  void observe(Outcome outcome, std::int64_t at_ns, std::int64_t latency_ns) {
    const std::int64_t part = part_of(at_ns);
    Part& place = parts_[place_of(part)];
    if (place.part != part) place = {part, {}};
    std::int64_t& longest = place.longest[static_cast<std::size_t>(outcome)];
    longest = std::max(longest, latency_ns);
  }
  /// In nanoseconds, of those with one outcome; 0: there was none.
  std::int64_t longest(std::size_t outcome, std::int64_t now_ns) const {
    const std::int64_t now = part_of(now_ns);
    std::int64_t most = 0;
    for (const Part& place : parts_)
      if (place.part <= now && place.part > now - kParts)
        most = std::max(most, place.longest[outcome]);
    return most;
  }

 private:
  static constexpr std::int64_t kParts = 3;
  struct Part {
    std::int64_t part = -(std::int64_t{1} << 40);
    std::array<std::int64_t, kOutcomes> longest{};
  };

  static std::int64_t part_of(std::int64_t ns) {
    constexpr std::int64_t kLength = kWindow.count() / kParts;
    return ns / kLength - (ns % kLength < 0 ? 1 : 0);
  }
  static std::size_t place_of(std::int64_t part) {
    return static_cast<std::size_t>(((part % kParts) + kParts) % kParts);
  }
  std::array<Part, kParts> parts_;
};

}  // namespace coalmine
