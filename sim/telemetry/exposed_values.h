/// Values of counters as an endpoint exposes them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/service/instruments.h"
#include "sim/telemetry/exposed_series.h"

namespace coalmine {

/// Instruments as they are exposed: histograms cumulative over the buckets.
class ExposedValues {
 public:
  ExposedValues() = default;
  explicit ExposedValues(const Instruments& instruments) { add(instruments); }

  void add(const Instruments& i) {
    buckets_ = i.buckets();
    up_to_.resize(kOutcomes * buckets_);
    for (std::size_t o = 0; o < kOutcomes; ++o) {
      requests_[o] += i.requests[o];
      sum_ns_[o] += i.latency_sum_ns[o];
      if (i.requests[o] == 0) continue;  // most outcomes never occur
      std::uint64_t n = 0;
      for (std::size_t b = 0; b < buckets_; ++b)
        up_to_[o * buckets_ + b] += n += i.observed(static_cast<Outcome>(o), b);
    }
    busy_ns_ += i.busy_ns;
    users_ += i.users;
    conversions_ += i.conversions;
  }

  double value(const Readout& readout) const {
    switch (readout.quantity) {
      case Quantity::busy_seconds:
        return static_cast<double>(busy_ns_) * 1e-9 * readout.scale;
      case Quantity::users:
        return static_cast<double>(users_);
      case Quantity::conversions:
        return static_cast<double>(conversions_) * readout.scale;
      default:
        break;
    }
    double sum = 0;
    for (std::size_t o = 0; o < kOutcomes; ++o)
      if (requests_[o] > 0 && readout.outcomes.has(o)) sum += of_outcome(readout, o);
    return sum;
  }

  /// Whether a counter has been born: with its first increment, a histogram as a whole, and a
  /// maximum with the first request it could be of.
  bool born(const Readout& readout, double value) const {
    Readout first = readout;
    switch (readout.quantity) {
      case Quantity::bucket:
      case Quantity::latency_sum:
        first.quantity = Quantity::latency_count;
        return this->value(first) > 0;
      case Quantity::latency_max:
      case Quantity::requests:
        first.quantity = Quantity::requests;
        first.scale = 1;
        return this->value(first) > 0;
      default:
        return value > 0;
    }
  }

 private:
  double of_outcome(const Readout& readout, std::size_t o) const {
    switch (readout.quantity) {
      case Quantity::requests:
        return static_cast<double>(requests_[o]) * readout.scale;
      case Quantity::bucket:
        return static_cast<double>(up_to_[o * buckets_ + readout.bucket]);
      case Quantity::latency_count:
        return static_cast<double>(up_to_[(o + 1) * buckets_ - 1]);
      case Quantity::latency_sum:
        return static_cast<double>(sum_ns_[o]) * 1e-9 * readout.scale;
      default:
        return 0;
    }
  }

  std::size_t buckets_ = 0;
  std::array<std::uint64_t, kOutcomes> requests_{};
  std::array<std::int64_t, kOutcomes> sum_ns_{};
  std::vector<std::uint64_t> up_to_;  ///< by outcome, then by bucket
  std::int64_t busy_ns_ = 0;
  std::uint64_t users_ = 0;
  std::uint64_t conversions_ = 0;
};

}  // namespace coalmine
