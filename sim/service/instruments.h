/// Counters as a process or proxy exposes them: flat, cumulative, incremented per finished request,
/// read by the scraper. One for each pod (server vantage) and one for each Deployment at the router
/// (per-try vantage).
///
/// Latencies are kept by outcome and bucket (latency_bounds.h). Sums are integer nanoseconds so
/// that the order of commits cannot change them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace coalmine {

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
  /// `buckets`: of the run's LatencyBounds.
  explicit Instruments(std::size_t buckets) : buckets_(buckets), observed_(kOutcomes * buckets) {}

  std::array<std::uint64_t, kOutcomes> requests{};       ///< finished, by outcome
  std::array<std::int64_t, kOutcomes> latency_sum_ns{};  ///< of those that were observed
  std::int64_t busy_ns = 0;  ///< worker time spent (pods only): saturation = rate(busy)/workers
  /// Of an experiment, at the router only: distinct users it answered first, and those of them who
  /// converted.
  std::uint64_t users = 0;
  std::uint64_t conversions = 0;

  void observe(Outcome outcome, std::size_t bucket, std::int64_t latency_ns) {
    const auto o = static_cast<std::size_t>(outcome);
    ++requests[o];
    latency_sum_ns[o] += latency_ns;
    ++observed_[o * buckets_ + bucket];
  }
  /// One that ended without a latency.
  void count(Outcome outcome) { ++requests[static_cast<std::size_t>(outcome)]; }

  /// Those with this outcome and a latency in this bucket.
  std::uint64_t observed(Outcome outcome, std::size_t bucket) const {
    return observed_[static_cast<std::size_t>(outcome) * buckets_ + bucket];
  }
  std::size_t buckets() const { return buckets_; }
  std::size_t bytes() const { return sizeof(*this) + observed_.size() * sizeof(observed_[0]); }

  std::uint64_t finished() const {
    std::uint64_t n = 0;
    for (const auto r : requests) n += r;
    return n;
  }
  std::uint64_t failed() const { return finished() - requests[0]; }

  /// Adds up, as a proxy does that outlives the process it stands before.
  Instruments& operator+=(const Instruments& other);
  /// Takes away what was counted before.
  Instruments& operator-=(const Instruments& other);
  friend bool operator==(const Instruments&, const Instruments&) = default;

 private:
  Instruments& combined(const Instruments& other, auto with);

  std::size_t buckets_;
  std::vector<std::uint64_t> observed_;  ///< by outcome, then by bucket
};

}  // namespace coalmine
