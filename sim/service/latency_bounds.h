/// The upper bounds of the latency histograms of a run: the union of what the metrics of its
/// services are configured with, so that each of them can be told exactly
/// (specs/metric-dialects.md).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/kernel/time.h"

namespace coalmine {

class LatencyBounds {
 public:
  static constexpr std::size_t kMost = 200;

  /// The default buckets of most client libraries: 5 ms to 10 s.
  LatencyBounds();
  /// In any order; equal ones once; each > 0, at most kMost different ones.
  explicit LatencyBounds(std::vector<Duration> bounds);

  std::size_t size() const { return bounds_.size() - 1; }
  /// Buckets: one for each bound and one for what lies above all.
  std::size_t buckets() const { return bounds_.size(); }
  Duration bound(std::size_t i) const { return Duration(bounds_[i]); }
  /// The place of a bound that is one of them.
  std::size_t place_of(Duration bound) const;
  bool has(Duration bound) const;

  /// The bucket of a latency: the first whose bound is not below it.
  std::size_t bucket_of(std::int64_t ns) const {
    std::size_t bucket = first_[cell_of(ns)];
    while (ns > bounds_[bucket]) ++bucket;
    return bucket;
  }

 private:
  // Eight cells per power of two: where a bucket may begin is looked up, the rest compared.
  static constexpr unsigned kCellBits = 3;
  static constexpr std::size_t cell_of(std::int64_t ns) {
    const std::uint64_t v = std::max(static_cast<std::uint64_t>(ns), std::uint64_t{8});
    const auto width = static_cast<unsigned>(std::bit_width(v));
    return (std::size_t{width} << kCellBits) + ((v >> (width - 1 - kCellBits)) & 7U);
  }
  std::vector<std::int64_t> bounds_;  ///< ascending, then the largest number there is
  std::array<std::uint8_t, (std::size_t{65} << kCellBits)> first_{};
};

}  // namespace coalmine
