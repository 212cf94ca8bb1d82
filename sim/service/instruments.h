/// Counters as a process or proxy exposes them: flat, cumulative, incremented per finished request,
/// read by the scraper. One for each pod (server vantage) and one for each Deployment at the router
/// (per-try vantage).
///
/// Latency buckets are the Prometheus client default bounds in seconds; `bucket[i]` counts
/// observations in (bound[i-1], bound[i]], the last one everything above. Sums are integer
/// nanoseconds so that the order of commits cannot change them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace coalmine {

inline constexpr std::array<double, 11> kLatencyBounds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

/// The bucket of a latency in nanoseconds. No two bounds share a power of two, so its bit width
/// leaves one comparison.
inline std::size_t latency_bucket(std::int64_t ns) {
  struct Octave {
    std::uint8_t first;
    std::int64_t bound;
  };
  static constexpr auto kOctaves = [] {
    std::array<Octave, 65> table{};
    for (int width = 0; width <= 64; ++width) {
      const double low = width <= 1 ? 0 : static_cast<double>(std::uint64_t{1} << (width - 1));
      std::size_t first = 0;
      while (first < kLatencyBounds.size() && kLatencyBounds[first] * 1e9 < low) ++first;
      const bool last = first == kLatencyBounds.size();
      table[static_cast<std::size_t>(width)] = {
          static_cast<std::uint8_t>(first),
          last ? std::numeric_limits<std::int64_t>::max()
               : static_cast<std::int64_t>(kLatencyBounds[first] * 1e9 + 0.5)};
    }
    return table;
  }();
  const Octave octave =
      kOctaves[static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(ns)))];
  return octave.first + static_cast<std::size_t>(ns > octave.bound);
}

/// How a request ended, as a status class with its usual code.
enum class Outcome : std::uint8_t {
  ok,           ///< 200
  error,        ///< 500: the handler failed
  rejected,     ///< 503: the pod's queue was full
  refused,      ///< 503 UF: connection refused, nobody listens at that endpoint
  reset,        ///< 503 UC: the process died with the request in flight
  no_endpoint,  ///< 503 UH: the proxy knows no ready endpoint
  timed_out,    ///< 504: the client gave up waiting
};
inline constexpr std::size_t kOutcomes = 7;

/// Sent back at once: nobody worked on it and nobody waited, so it has no latency.
constexpr bool turned_away(Outcome outcome) {
  return outcome == Outcome::rejected || outcome == Outcome::refused ||
         outcome == Outcome::no_endpoint;
}

struct Instruments {
  std::array<std::uint64_t, kOutcomes> requests{};  ///< finished, by outcome
  std::array<std::uint64_t, kLatencyBounds.size() + 1>
      bucket{};  ///< latency of those that were answered
  std::int64_t latency_sum_ns = 0;
  std::int64_t busy_ns = 0;  ///< worker time spent (pods only): saturation = rate(busy)/workers
  /// Of an experiment, at the router only: distinct users it answered first, and those of them who
  /// converted.
  std::uint64_t users = 0;
  std::uint64_t conversions = 0;

  std::uint64_t finished() const {
    std::uint64_t n = 0;
    for (const auto r : requests) n += r;
    return n;
  }
  std::uint64_t failed() const { return finished() - requests[0]; }
};

}  // namespace coalmine
