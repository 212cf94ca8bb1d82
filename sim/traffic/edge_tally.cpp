#include "sim/traffic/edge_tally.h"

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

EdgeBin& EdgeBin::operator-=(const EdgeBin& other) {
  requests -= other.requests;
  failed -= other.failed;
  for (std::size_t i = 0; i < kMaxObjectives; ++i) bad[i] -= other.bad[i];
  return *this;
}

BitSet& BitSet::operator|=(const BitSet& other) {
  CM_ASSERT(words_.size() == other.words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
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
      affected_(1, BitSet(settings_.users)),
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

void EdgeTally::add_since(const EdgeTally& from, const EdgeTally& to) {
  CM_ASSERT(bins_.size() == to.bins_.size() && minutes_.size() == to.minutes_.size());
  for (std::size_t i = 0; i < bins_.size(); ++i) (bins_[i] += to.bins_[i]) -= from.bins_[i];
  const auto add = [](LogHistogram& mine, const LogHistogram& before, const LogHistogram& after) {
    mine.merge(after);
    mine.take_back(before);
  };
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    versions_[i].requests += to.versions_[i].requests - from.versions_[i].requests;
    versions_[i].failed += to.versions_[i].failed - from.versions_[i].failed;
    add(versions_[i].latency, from.versions_[i].latency, to.versions_[i].latency);
  }
  for (std::size_t i = 0; i < minutes_.size(); ++i)
    add(minutes_[i], from.minutes_[i], to.minutes_[i]);
  for (std::size_t i = from.affected_.size(); i < to.affected_.size(); ++i)
    affected_.back() |= to.affected_[i];
}

std::uint64_t EdgeTally::users_affected() const {
  BitSet all = affected_.front();
  for (const BitSet& some : affected_) all |= some;
  return all.count();
}

Duration EdgeTally::exposure_duration() const {
  return std::chrono::seconds(exposure_.count());
}

}  // namespace coalmine
