/// Series in memory: those of one run (what was scraped, and what rules made of it), of a recording
/// or of a page of metrics (specs/prometheus.md sections 2, 4, 15).
///
/// A series is its labels and two append-only columns, 16 bytes a sample; the store is bounded by
/// what it is told to forget (telemetry.retention) and by which families are kept at all. Series
/// are found by matchers; the answer to the same matchers is remembered and only the series that
/// came since are looked at, so that a check asked every simulated minute costs no search. A store
/// belongs to one run and one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/telemetry/series_source.h"

namespace coalmine {

using SeriesId = Id<struct SeriesTag>;

class SeriesStore final : public SeriesSource {
 public:
  /// The series with these labels; made if it is new.
  SeriesId series(const Labels& labels);
  /// False, and nothing kept, when `time` is not later than the series' last sample: Prometheus
  /// drops what comes out of order.
  bool append(SeriesId id, Timestamp time, double value);
  /// The same to the series with these labels, which is made if it is new.
  bool append(const Labels& labels, Timestamp time, double value) {
    return append(series(labels), time, value);
  }

  /// Drops the samples before `time`. A series that has none left cannot be found until it gets
  /// another; its id stays good.
  void forget_before(Timestamp time);

  std::size_t size() const { return columns_.size(); }
  StoredSeries at(SeriesId id) const;  ///< may be without samples

  std::vector<StoredSeries> select(std::span<const Matcher> matchers) const override;

 private:
  struct Column {
    std::shared_ptr<const Labels> labels;  ///< shared with copies of the store
    std::vector<Timestamp> times;
    std::vector<double> values;
  };
  /// What some matchers have found among the first `looked_at` series.
  struct Found {
    std::vector<Matcher> matchers;
    std::vector<std::uint32_t> places;  ///< in the order of the labels
    std::size_t looked_at = 0;
  };
  Found& remembered(std::span<const Matcher> matchers) const;

  struct Before {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return of(a) < of(b); }
    static const Labels& of(const Labels& labels) { return labels; }
    static const Labels& of(const std::shared_ptr<const Labels>& labels) { return *labels; }
  };

  std::vector<Column> columns_;
  std::map<std::shared_ptr<const Labels>, std::uint32_t, Before> places_;
  mutable std::vector<Found> found_;
};

}  // namespace coalmine
