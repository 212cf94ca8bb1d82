/// The simulator's clock: integer nanoseconds since the start of the measured run.
///
/// `Time` is a point (may be negative: the settling period before the run plays at t < 0),
/// `Duration` a length. Both are std::chrono types over int64 nanoseconds, so mixing them with
/// numbers or with a wall clock does not compile, equality is exact, and +-292 years fit.
#pragma once

#include <chrono>
#include <cstdint>

namespace coalmine {

using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// A clock that only the simulation moves; it has no now() on purpose: ask the `Simulation`.
struct SimClock {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<SimClock, Duration>;
  static constexpr bool is_steady = true;
};
using Time = SimClock::time_point;

inline constexpr Time kTimeZero{};
inline constexpr Time kNever = Time::max();
inline constexpr Duration kForever = Duration::max();

/// Seconds as a double, for statistics and printing.
constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-9;
}
constexpr double to_seconds(Time t) {
  return to_seconds(t.time_since_epoch());
}

/// The nearest Duration to `seconds`; the caller keeps |seconds| below 9e9 (285 years).
constexpr Duration from_seconds(double seconds) {
  const double ns = seconds * 1e9;
  return Duration(static_cast<std::int64_t>(ns < 0 ? ns - 0.5 : ns + 0.5));
}

/// t + d for d >= 0; kNever where that lies beyond the last representable instant.
constexpr Time add_saturating(Time t, Duration d) {
  return t > kTimeZero && d > kNever - t ? kNever : t + d;
}

namespace literals = std::chrono_literals;

}  // namespace coalmine
