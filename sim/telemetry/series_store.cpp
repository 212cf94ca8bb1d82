#include "sim/telemetry/series_store.h"

#include <algorithm>

namespace coalmine {
namespace {

/// More different questions than a run asks; beyond them the oldest are forgotten.
constexpr std::size_t kMostRemembered = 256;

bool same(const Matcher& a, const Matcher& b) {
  return a.op() == b.op() && a.name() == b.name() && a.value() == b.value();
}

}  // namespace

SeriesId SeriesStore::series(const Labels& labels) {
  const auto known = places_.find(labels);
  if (known != places_.end()) return SeriesId{known->second};
  const auto place = static_cast<std::uint32_t>(columns_.size());
  columns_.push_back({std::make_shared<const Labels>(labels), {}, {}});
  places_.emplace(columns_.back().labels, place);
  return SeriesId{place};
}

bool SeriesStore::append(SeriesId id, Timestamp time, double value) {
  Column& column = columns_[id.index()];
  if (!column.times.empty() && time <= column.times.back()) return false;
  column.times.push_back(time);
  column.values.push_back(value);
  return true;
}

void SeriesStore::forget_before(Timestamp time) {
  for (Column& column : columns_) {
    const auto kept = std::lower_bound(column.times.begin(), column.times.end(), time);
    column.values.erase(column.values.begin(),
                        column.values.begin() + (kept - column.times.begin()));
    column.times.erase(column.times.begin(), kept);
    if (!column.times.empty()) continue;
    column.times.shrink_to_fit();
    column.values.shrink_to_fit();
  }
}

StoredSeries SeriesStore::at(SeriesId id) const {
  const Column& column = columns_[id.index()];
  return {column.labels.get(), column.times, column.values};
}

SeriesStore::Found& SeriesStore::remembered(std::span<const Matcher> matchers) const {
  const auto known = std::find_if(found_.begin(), found_.end(), [&](const Found& found) {
    return std::equal(
        matchers.begin(), matchers.end(), found.matchers.begin(), found.matchers.end(), same);
  });
  if (known != found_.end()) return *known;
  if (found_.size() == kMostRemembered) found_.erase(found_.begin());
  found_.push_back({{matchers.begin(), matchers.end()}, {}, 0});
  return found_.back();
}

std::vector<StoredSeries> SeriesStore::select(std::span<const Matcher> matchers) const {
  Found& found = remembered(matchers);
  const auto known = static_cast<std::ptrdiff_t>(found.places.size());
  for (; found.looked_at < columns_.size(); ++found.looked_at) {
    const Labels& labels = *columns_[found.looked_at].labels;
    const bool fits = std::all_of(
        matchers.begin(), matchers.end(), [&](const Matcher& m) { return m.matches(labels); });
    if (fits) found.places.push_back(static_cast<std::uint32_t>(found.looked_at));
  }
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return *columns_[a].labels < *columns_[b].labels;
  };
  const auto begin = found.places.begin();
  std::sort(begin + known, found.places.end(), before);
  std::inplace_merge(begin, begin + known, found.places.end(), before);
  std::vector<StoredSeries> series;
  series.reserve(found.places.size());
  for (const std::uint32_t place : found.places)
    if (!columns_[place].times.empty()) series.push_back(at(SeriesId{place}));
  return series;
}

}  // namespace coalmine
