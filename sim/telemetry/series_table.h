/// Series in memory, as a file or a test gives them: the plainest SeriesSource.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "sim/telemetry/series_source.h"

namespace coalmine {

class SeriesTable final : public SeriesSource {
 public:
  /// Appends to the series with these labels, which is made if it is new. False, and nothing kept,
  /// when `time` is not later than the series' last sample: Prometheus drops those too.
  bool append(const Labels& labels, Timestamp time, double value);

  std::size_t series() const { return series_.size(); }
  std::size_t samples() const { return samples_; }

  std::vector<StoredSeries> select(std::span<const Matcher> matchers) const override;

 private:
  struct Column {
    Labels labels;
    std::vector<Timestamp> times;
    std::vector<double> values;
  };
  std::deque<Column> series_;  ///< stays put while it grows: labels are pointed at
  std::map<Labels, std::size_t> places_;
  std::size_t samples_ = 0;
};

}  // namespace coalmine
