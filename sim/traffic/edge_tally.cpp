#include "sim/traffic/edge_tally.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

/// The last bin edge at or before time zero.
Time first_edge(Time some_edge, Duration bin) {
  const Duration into = (some_edge - kTimeZero) % bin;
  return into.count() > 0 ? kTimeZero + into - bin : kTimeZero;
}

}  // namespace

EdgeBin& EdgeBin::operator+=(const EdgeBin& other) {
  requests += other.requests;
  failed += other.failed;
  for (std::size_t i = 0; i < kMaxObjectives; ++i) bad[i] += other.bad[i];
  return *this;
}

std::uint64_t BitSet::count() const {
  std::uint64_t n = 0;
  for (const std::uint64_t w : words_) n += static_cast<std::uint64_t>(std::popcount(w));
  return n;
}

EdgeTally::EdgeTally(EdgeSettings settings)
    : settings_(std::move(settings)),
      bins_from_(first_edge(settings_.measure_from, kBin)),
      versions_(settings_.versions + 1),
      bins_(slots(bins_from_, kBin) * versions_.size()),
      minutes_(slots(settings_.measure_from, kMinute)),
      last_bad_(settings_.users),
      exposed_(settings_.users),
      exposure_(slots(kTimeZero, kSecond)) {
  CM_ASSERT(settings_.bad_above.size() <= kMaxObjectives);
  CM_ASSERT(kTimeZero <= settings_.measure_from && settings_.measure_from <= settings_.end);
}

std::size_t EdgeTally::slots(Time from, Duration each) const {
  const std::size_t whole = slot(from, settings_.end, each);
  return from + static_cast<std::int64_t>(whole) * each < settings_.end ? whole + 1 : whole;
}

std::vector<EdgeBin> EdgeTally::bins_of(std::size_t version) const {
  std::vector<EdgeBin> bins;
  for (std::size_t i = version; i < bins_.size(); i += versions_.size()) bins.push_back(bins_[i]);
  return bins;
}

std::vector<EdgeBin> EdgeTally::bins_of_all(std::size_t first) const {
  const std::size_t n = versions_.size();
  std::vector<EdgeBin> totals(bins_.size() / n - first);
  for (std::size_t i = first * n; i < bins_.size(); ++i) totals[i / n - first] += bins_[i];
  return totals;
}

void EdgeTally::add_since(const EdgeTally& other, Time since) {
  CM_ASSERT(bins_.size() == other.bins_.size() && minutes_.size() == other.minutes_.size());
  CM_ASSERT(since >= settings_.measure_from &&
            (since - settings_.measure_from) % kMinute == Duration{});
  if (since >= settings_.end) return;
  const std::size_t n = versions_.size();
  for (std::size_t i = slot(bins_from_, since, kBin) * n; i < bins_.size(); ++i) {
    bins_[i] += other.bins_[i];
    versions_[i % n].requests += other.bins_[i].requests;
    versions_[i % n].failed += other.bins_[i].failed;
  }
  const auto with_latency =
      std::find_if(other.versions_.begin(), other.versions_.end(), [](const EdgeVersion& v) {
        return v.latency.count() > 0;
      });
  for (std::size_t i = slot(settings_.measure_from, since, kMinute); i < minutes_.size(); ++i) {
    minutes_[i].merge(other.minutes_[i]);
    if (with_latency != other.versions_.end())
      versions_[static_cast<std::size_t>(with_latency - other.versions_.begin())].latency.merge(
          other.minutes_[i]);
  }
  for (std::size_t user = 0; user < last_bad_.size(); ++user)
    if (other.last_bad_[user] >= nth_minute(since))
      last_bad_[user] = std::max(last_bad_[user], other.last_bad_[user]);
}

std::uint64_t EdgeTally::users_affected() const {
  return static_cast<std::uint64_t>(
      std::count_if(last_bad_.begin(), last_bad_.end(), [](auto minute) { return minute > 0; }));
}

Duration EdgeTally::exposure_duration() const {
  return std::chrono::seconds(exposure_.count());
}

}  // namespace coalmine
