#include "sim/telemetry/series_store.h"

#include <algorithm>

#include "sim/kernel/assert.h"

namespace coalmine {

namespace {

bool is_bucket(Column column) {
  return column >= kFirstBucket && column < kFirstBucket + kBuckets;
}

/// The series whose first increment brings `column` into being; `column` itself: always exists.
std::optional<Column> midwife(Column column) {
  if (column < kOutcomes || column == kUsers) return column;
  if (column == kConversions) return kUsers;
  if (is_bucket(column) || column == kLatencySum) return bucket_column(kBuckets - 1);
  return std::nullopt;
}

}  // namespace

Sample make_sample(const Instruments& instruments, double in_flight) {
  Sample sample{};
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    sample[i] = static_cast<double>(instruments.requests[i]);
  }
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    below += instruments.bucket[i];
    sample[bucket_column(i)] = static_cast<double>(below);
  }
  sample[kLatencySum] = static_cast<double>(instruments.latency_sum_ns) * 1e-9;
  sample[kBusySeconds] = static_cast<double>(instruments.busy_ns) * 1e-9;
  sample[kUsers] = static_cast<double>(instruments.users);
  sample[kConversions] = static_cast<double>(instruments.conversions);
  sample[kInFlight] = in_flight;
  return sample;
}

SeriesStore::Target& SeriesStore::at(TargetId target) {
  CM_ASSERT(target.index() < targets_.size());
  return targets_[target.index()];
}

const SeriesStore::Target& SeriesStore::at(TargetId target) const {
  CM_ASSERT(target.index() < targets_.size());
  return targets_[target.index()];
}

TargetId SeriesStore::add_target(const TargetInfo& info) {
  CM_ASSERT(info.scrape_interval.count() > 0);
  Target target;
  target.info = info;
  target.born.fill(kUnborn);
  targets_.push_back(std::move(target));
  return TargetId{static_cast<std::uint32_t>(targets_.size() - 1)};
}

void SeriesStore::append(TargetId id, Time when, const Sample& sample) {
  Target& target = at(id);
  CM_ASSERT(target.times.empty() || when > target.times.back());
  const std::size_t index = target.times.size();
  for (Column column = 0; column < kColumns; ++column) {
    auto& values = target.columns[column];
    if (target.first_reset == kUnborn && column != kInFlight && index > 0 &&
        sample[column] < values.back()) {
      target.first_reset = index;
    }
    values.push_back(sample[column]);
    if (target.born[column] != kUnborn) continue;
    const auto birth = midwife(column);
    if (!birth || sample[*birth] > 0) target.born[column] = index;
  }
  target.times.push_back(when);
  target.stale = false;
}

void SeriesStore::mark_stale(TargetId id, Time when) {
  Target& target = at(id);
  CM_ASSERT(target.times.empty() || when >= target.times.back());
  target.stale_marks.push_back(when);
  target.stale = true;
}

std::size_t SeriesStore::first_sample(TargetId target, Column column) const {
  CM_ASSERT(exists(target, column));
  return at(target).born[column];
}

void SeriesStore::set_backfill(TargetId id, const Sample& per_second) {
  Target& target = at(id);
  for (const double rate : per_second) CM_ASSERT(rate >= 0);
  target.backfill = per_second;
  // A counter that moved in the past exists since then.
  for (Column column = 0; column < kColumns; ++column) {
    const auto birth = midwife(column);
    if (birth && per_second[*birth] > 0) target.born[column] = 0;
  }
}

RangePoints SeriesStore::range(
    TargetId id, Column column, Time now, Duration window, PromDialect dialect) const {
  const Target& target = at(id);
  const std::size_t born = target.born.at(column);
  if (born == kUnborn || born >= target.times.size()) return {};
  const auto times = std::span(target.times).subspan(born);
  const auto values = std::span(target.columns[column]).subspan(born);
  RangePoints points = select_range(times, values, now, window, dialect);
  if (!target.backfill || born > 0 || points.times.empty()) return points;

  const auto first_index = static_cast<std::size_t>(points.times.data() - target.times.data());
  points.long_lived = first_index < target.first_reset;
  if (first_index > 0) return points;

  // Samples at anchor - k * interval, k = 1, 2, ... as far as the window reaches.
  const Time anchor = points.times.front();
  const Duration interval = target.info.scrape_interval;
  const Duration reach = anchor - (now - window);
  std::int64_t k = reach / interval;
  if (dialect == PromDialect::v3 && reach % interval == Duration::zero()) --k;
  if (k <= 0) return points;
  points.virtual_points = static_cast<std::size_t>(k);
  points.virtual_first = anchor - k * interval;
  points.virtual_first_value =
      points.values.front() - (*target.backfill)[column] * to_seconds(k * interval);
  return points;
}

std::optional<double> SeriesStore::newest(TargetId id, Column column, Time now) const {
  const Target& target = at(id);
  if (target.stale || target.times.empty() || target.born.at(column) == kUnborn) {
    return std::nullopt;
  }
  if (target.times.back() <= now - kLookback) return std::nullopt;
  return target.columns[column].back();
}

}  // namespace coalmine
