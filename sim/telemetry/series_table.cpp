#include "sim/telemetry/series_table.h"

#include <algorithm>

namespace coalmine {

bool SeriesTable::append(const Labels& labels, Timestamp time, double value) {
  const auto [place, made] = places_.try_emplace(labels, series_.size());
  if (made) series_.push_back({labels, {}, {}});
  Column& column = series_[place->second];
  if (!column.times.empty() && time <= column.times.back()) return false;
  column.times.push_back(time);
  column.values.push_back(value);
  ++samples_;
  return true;
}

std::vector<StoredSeries> SeriesTable::select(std::span<const Matcher> matchers) const {
  std::vector<StoredSeries> found;
  for (const Column& column : series_) {
    const bool fits = std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) {
      return m.matches(column.labels);
    });
    if (fits) found.push_back({&column.labels, column.times, column.values});
  }
  return found;
}

}  // namespace coalmine
