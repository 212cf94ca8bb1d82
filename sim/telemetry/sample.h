/// One sample as Prometheus keeps it: an instant in whole milliseconds and a double
/// (specs/prometheus.md section 2).
///
/// Instants count from the start of the measured run for runs (negative: the steady past before
/// it) and from the Unix epoch for files.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>

#include "sim/kernel/time.h"

namespace coalmine {

using Millis = std::chrono::duration<std::int64_t, std::milli>;

/// The clock of stored samples; nothing reads it, the simulation's clock is rounded to it.
struct PromClock {
  using duration = Millis;
  using rep = Millis::rep;
  using period = Millis::period;
  using time_point = std::chrono::time_point<PromClock, Millis>;
  static constexpr bool is_steady = true;
};
using Timestamp = PromClock::time_point;

/// The last whole millisecond not after `t`.
constexpr Timestamp to_timestamp(Time t) {
  return Timestamp(std::chrono::floor<Millis>(t.time_since_epoch()));
}
constexpr Time to_time(Timestamp t) {
  return Time(t.time_since_epoch());
}

/// The value that ends a series: a NaN of its own, told from ordinary NaNs by its bits alone.
inline constexpr std::uint64_t kStaleBits = 0x7ff0000000000002;
inline constexpr double kStaleMarker = std::bit_cast<double>(kStaleBits);
/// The NaN that Prometheus writes for "not a number".
inline constexpr double kOrdinaryNan = std::bit_cast<double>(std::uint64_t{0x7ff8000000000001});

constexpr bool is_stale_marker(double value) {
  return std::bit_cast<std::uint64_t>(value) == kStaleBits;
}

}  // namespace coalmine
