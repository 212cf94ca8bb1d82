/// A histogram of latencies, cheap enough for every request.
///
/// Log-linear buckets read off the bits of the value: 32 equal buckets per power of two, so none is
/// wider than 1/32 (3.2 %) of its lower edge. From 1.024 us to 2^40 ns (18 minutes); one bucket
/// holds everything below, one everything from there on. add() is an increment at a computed place
/// (about 1 ns), merging is addition, so the order of both is irrelevant to the result. Each bucket
/// counts to 2^32 - 1; the caller keeps below that.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sim/kernel/assert.h"
#include "sim/kernel/time.h"

namespace coalmine {

class LogHistogram {
 public:
  static constexpr int kSubBits = 5;        ///< 2^5 buckets per power of two
  static constexpr int kLowestPower = 10;   ///< 2^10 ns: below is one bucket
  static constexpr int kHighestPower = 40;  ///< 2^40 ns: from here on is one bucket
  static constexpr std::size_t kBuckets =
      (std::size_t{kHighestPower - kLowestPower} << kSubBits) + 2;

  /// The bucket of a value in nanoseconds; negative values count as zero.
  static constexpr std::size_t bucket_of(std::int64_t ns) {
    // Clamped to just below and just above the range, the formula itself gives the first and last
    // bucket.
    constexpr std::int64_t kBelow = (std::int64_t{1} << kLowestPower) - 1;
    constexpr std::int64_t kAbove = std::int64_t{1} << kHighestPower;
    const auto v = static_cast<std::uint64_t>(std::clamp(ns, kBelow, kAbove));
    const auto shift = static_cast<unsigned>(63 - std::countl_zero(v)) - kSubBits;
    return (std::size_t{shift} << kSubBits) + static_cast<std::size_t>(v >> shift) + 1 - kOrigin;
  }

  /// Smallest nanoseconds of a bucket; bucket kBuckets - 1 starts at 2^40.
  static constexpr std::int64_t lower_edge(std::size_t bucket) {
    if (bucket == 0) return 0;
    const std::size_t place = bucket - 1 + kOrigin;
    const std::size_t shift = (place >> kSubBits) - 1;
    return static_cast<std::int64_t>((place - (shift << kSubBits)) << shift);
  }

  /// First nanosecond past a bucket. The last bucket has no end; it is reported as ending where it
  /// starts.
  static constexpr std::int64_t upper_edge(std::size_t bucket) {
    return lower_edge(std::min(bucket + 1, kBuckets - 1));
  }

  void add(Duration value) { ++counts_[bucket_of(value.count())]; }
  void add(Duration value, std::uint32_t times) { counts_[bucket_of(value.count())] += times; }

  /// Takes back a value added before (a request killed before its departure).
  void remove(Duration value) {
    auto& n = counts_[bucket_of(value.count())];
    CM_ASSERT(n > 0);
    --n;
  }

  void merge(const LogHistogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  }
  void clear() { counts_.fill(0); }

  std::uint64_t count() const {
    std::uint64_t total = 0;
    for (const std::uint32_t n : counts_) total += n;
    return total;
  }
  std::uint32_t bucket_count(std::size_t bucket) const { return counts_[bucket]; }

  /// Values at or below `limit`, the bucket holding the limit shared out linearly.
  double count_up_to(Duration limit) const {
    const std::size_t last = bucket_of(limit.count());
    double total = 0;
    for (std::size_t i = 0; i < last; ++i) total += counts_[i];
    const auto lower = static_cast<double>(lower_edge(last));
    const double width = static_cast<double>(upper_edge(last)) - lower;
    const double into = std::max(0.0, static_cast<double>(limit.count()) - lower);
    return total + (width > 0 ? into / width : 1.0) * counts_[last];
  }

  /// The value below which the fraction p in [0, 1] of all values lies, taken as evenly spread
  /// within a bucket: off by at most the bucket's width. Empty: no value. In the last bucket: 2^40.
  std::optional<Duration> quantile(double p) const {
    CM_ASSERT(p >= 0 && p <= 1);
    const std::uint64_t total = count();
    if (total == 0) return std::nullopt;
    const double rank = p * static_cast<double>(total);
    double below = 0;
    std::size_t bucket = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if (counts_[i] == 0) continue;
      bucket = i;
      if (below + counts_[i] >= rank) break;
      below += counts_[i];
    }
    const auto lower = static_cast<double>(lower_edge(bucket));
    const double width = static_cast<double>(upper_edge(bucket)) - lower;
    const double share = std::clamp((rank - below) / counts_[bucket], 0.0, 1.0);
    return Duration(static_cast<std::int64_t>(lower + width * share + 0.5));
  }

  friend bool operator==(const LogHistogram&, const LogHistogram&) = default;

 private:
  // The place of 2^10 ns before shifting the numbering to start at bucket 1.
  static constexpr std::size_t kOrigin = std::size_t{kLowestPower - kSubBits + 1} << kSubBits;

  std::array<std::uint32_t, kBuckets> counts_{};
};

static_assert(LogHistogram::bucket_of(0) == 0 && LogHistogram::bucket_of(1023) == 0);
static_assert(LogHistogram::bucket_of(1024) == 1);
static_assert(LogHistogram::bucket_of(INT64_MAX) == LogHistogram::kBuckets - 1);

}  // namespace coalmine
