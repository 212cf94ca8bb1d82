/// The time-series store of one run: what was scraped, and nothing else.
///
/// A *target* (a pod, or the router's view of a Deployment) has one column of scrape times and,
/// beside it, one column of values per series; all are append-only and ascend in time. Histogram
/// columns are cumulative over the bounds, as exposed. A failed scrape appends nothing: windows
/// simply have a hole there, and instant reads find the series stale.
///
/// A request counter is born with its first increment, as in most client libraries, and a histogram
/// with its first observation: earlier zeros do not exist for a query, so the step from nothing to
/// the first value is invisible to rate() (specs/prometheus.md section 4). busy_seconds and
/// in_flight are there from the first scrape.
///
/// The world starts settled, so windows must reach back into a past that was never played: a
/// backfill is a constant rate per second per series that stands in for the samples before the
/// first one, on the scrape grid, without storing them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"
#include "sim/service/instruments.h"
#include "sim/telemetry/vantage.h"
#include "sim/telemetry/window.h"

namespace coalmine {

using TargetId = Id<struct TargetTag>;

/// One series of a target: requests by outcome, buckets by bound, and six more.
using Column = std::size_t;
inline constexpr std::size_t kBuckets = kLatencyBounds.size() + 1;
inline constexpr Column kFirstBucket = kOutcomes;
inline constexpr Column kLatencySum = kFirstBucket + kBuckets;  ///< seconds
inline constexpr Column kBusySeconds = kLatencySum + 1;         ///< worker seconds
inline constexpr Column kUsers = kBusySeconds + 1;              ///< of an experiment: distinct...
inline constexpr Column kConversions = kUsers + 1;              ///< ...and those who converted
inline constexpr Column kInFlight = kConversions + 1;           ///< a gauge
inline constexpr std::size_t kColumns = kInFlight + 1;

constexpr Column requests_column(Outcome outcome) {
  return static_cast<Column>(outcome);
}
constexpr Column bucket_column(std::size_t bucket) {
  return kFirstBucket + bucket;
}

/// The values of one scrape, by column.
using Sample = std::array<double, kColumns>;
Sample make_sample(const Instruments& instruments, double in_flight);

struct TargetInfo {
  Vantage vantage = Vantage::router;
  DeploymentId deployment;
  PodId pod;           ///< invalid at the router
  double workers = 0;  ///< worker slots of the pod; 0 at the router
  Duration scrape_interval{};
  std::optional<std::uint8_t> segment{};  ///< router: of the users; empty: all of them
};

class SeriesStore {
 public:
  /// Instant reads look back this far, as Prometheus does.
  static constexpr Duration kLookback = std::chrono::minutes(5);

  TargetId add_target(const TargetInfo& info);
  std::size_t target_count() const { return targets_.size(); }
  const TargetInfo& info(TargetId target) const { return at(target).info; }

  /// `when` must be later than the target's last sample.
  void append(TargetId target, Time when, const Sample& sample);
  /// The scrape at `when` failed, or the target is gone: stale until a scrape succeeds.
  void mark_stale(TargetId target, Time when);
  /// Lets every counter of the target reach back for ever at `per_second` (>= 0 each).
  void set_backfill(TargetId target, const Sample& per_second);

  std::span<const Time> times(TargetId target) const { return at(target).times; }
  /// Whether the series has been born.
  bool exists(TargetId target, Column column) const {
    return at(target).born.at(column) != kUnborn;
  }
  /// The sample with which it was born; it must exist.
  std::size_t first_sample(TargetId target, Column column) const;
  std::span<const double> values(TargetId target, Column column) const {
    return at(target).columns.at(column);
  }
  const std::optional<Sample>& backfill(TargetId target) const { return at(target).backfill; }
  /// When it was marked stale, in that order.
  std::span<const Time> stale_marks(TargetId target) const { return at(target).stale_marks; }

  /// The window (now - window, now] of one counter.
  RangePoints range(TargetId target,
                    Column column,
                    Time now,
                    Duration window,
                    PromDialect dialect = PromDialect::v3) const;
  /// The newest value, unless stale, not yet born or older than the lookback.
  std::optional<double> newest(TargetId target, Column column, Time now) const;

 private:
  static constexpr std::size_t kUnborn = static_cast<std::size_t>(-1);
  struct Target {
    TargetInfo info;
    std::vector<Time> times;
    std::array<std::vector<double>, kColumns> columns;
    std::array<std::size_t, kColumns> born{};  ///< index of a column's first sample, or kUnborn
    std::size_t first_reset = kUnborn;         ///< index of the first sample after a restart
    std::optional<Sample> backfill;
    std::vector<Time> stale_marks;
    bool stale = false;
  };
  Target& at(TargetId target);
  const Target& at(TargetId target) const;

  std::vector<Target> targets_;
};

}  // namespace coalmine
