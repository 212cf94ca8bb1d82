/// When users send requests: an open workload, the same under every strategy. Source:
/// specs/service-models section 3.
///
/// A `RateProfile` gives the rate over time as linear pieces; `Arrivals` turns it into instants by
/// inverting the integrated rate exactly (unit exponentials from one generator consumed in order).
/// Traces of exact offsets are played as recorded, multiplied with jitter inside each gap.
/// Sessions: with mean length above 1 the process starts sessions, whose further requests follow
/// after think times.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "sim/kernel/distributions.h"
#include "sim/kernel/random.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// The rate between two instants, linear from `rate_from` to `rate_to`, requests/s.
struct RatePiece {
  Time until{};
  double rate_from = 0;
  double rate_to = 0;
};

/// The pieces in order from the start of the run; the last must reach as far as anybody asks.
class RateProfile {
 public:
  virtual ~RateProfile() = default;
  /// The piece that begins at `from`; its `until` is later.
  virtual RatePiece piece_at(Time from) = 0;
};

std::unique_ptr<RateProfile> constant_rate(double rate);
/// Linear between the points, level before the first and after the last.
std::unique_ptr<RateProfile> piecewise_rate(std::vector<std::pair<Duration, double>> points);
/// A raised cosine between base and peak.
std::unique_ptr<RateProfile> diurnal_rate(double base,
                                          double peak,
                                          Duration period,
                                          Duration peak_at);
/// Markov-modulated: calm and bursting rates with exponential stays.
std::unique_ptr<RateProfile> bursty_rate(
    double calm, double burst, Duration calm_for, Duration burst_for, RandomKey key);
/// Counts per bucket, by bucket start within the trace, Poisson within each; a missing slot carries
/// the rate before it on, the time before the first has the first's. The run's time zero lies at
/// `from`; `repeat_after` > 0 is the length after which the trace begins again.
std::unique_ptr<RateProfile> counted_rate(std::vector<std::pair<Duration, double>> counts,
                                          Duration bucket,
                                          double scale,
                                          Duration from,
                                          Duration repeat_after);

/// `then` from time zero on, `rate` before.
std::unique_ptr<RateProfile> level_before_zero(double rate, std::unique_ptr<RateProfile> then);

struct SessionModel {
  double mean_requests = 1;  ///< geometric; 1: every request is its own session
  QuantileTable think;       ///< pause between two requests of a session
};

struct Arrival {
  Time time{};
  std::uint64_t session = 0;
};

/// Arrivals drawn once, to be played by several runs of the same world.
using ArrivalTape = std::vector<Arrival>;

class Arrivals {
 public:
  /// Poisson arrivals from `start` on with the profile's rate (of requests).
  Arrivals(std::unique_ptr<RateProfile> profile,
           Time start,
           RandomKey key,
           SessionModel sessions = {});
  /// Recorded instants from time zero on, each played `scale` times on average; before, from
  /// `start` on, Poisson arrivals at `rate_before`.
  Arrivals(std::vector<Duration> offsets,
           double scale,
           Time start,
           RandomKey key,
           double rate_before = 0);
  /// Those of the tape, then none.
  explicit Arrivals(std::shared_ptr<const ArrivalTape> tape);
  ~Arrivals();
  Arrivals(Arrivals&&) noexcept;

  const Arrival& next() const { return *next_; }
  void advance() {
    if (++next_ == end_) refill();
  }

 private:
  void refill();
  Time next_start();
  Arrival next_of_sessions();
  Arrival next_recorded();

  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<Arrival> block_;
  const Arrival* next_ = nullptr;  ///< in block_ or on the tape
  const Arrival* end_ = nullptr;
};

/// All arrivals of `source` up to `until`, and the first after it.
ArrivalTape record(Arrivals source, Time until);

}  // namespace coalmine
