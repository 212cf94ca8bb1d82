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

std::uint64_t BitSet::count() const {
  std::uint64_t n = 0;
  for (const std::uint64_t w : words_) n += static_cast<std::uint64_t>(std::popcount(w));
  return n;
}

EdgeTally::EdgeTally(EdgeSettings settings)
    : settings_(std::move(settings)),
      bins_from_(first_edge(settings_.measure_from, kBin)),
      bins_(slots(bins_from_, kBin)),
      versions_(settings_.versions + 1),
      minutes_(slots(settings_.measure_from, kMinute)),
      affected_(settings_.users),
      exposed_(settings_.users),
      exposure_(slots(kTimeZero, kSecond)) {
  CM_ASSERT(settings_.bad_above.size() <= kMaxObjectives);
  CM_ASSERT(kTimeZero <= settings_.measure_from && settings_.measure_from <= settings_.end);
}

std::size_t EdgeTally::slots(Time from, Duration each) const {
  const std::size_t whole = slot(from, settings_.end, each);
  return from + static_cast<std::int64_t>(whole) * each < settings_.end ? whole + 1 : whole;
}

Duration EdgeTally::exposure_duration() const {
  return std::chrono::seconds(exposure_.count());
}

}  // namespace coalmine
