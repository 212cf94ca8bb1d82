#include "sim/traffic/edge_tally.h"

#include <bit>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

std::size_t slots(Time end, Duration each) {
  return static_cast<std::size_t>((end - kTimeZero) / each) + 1;
}

}  // namespace

std::uint64_t BitSet::count() const {
  std::uint64_t n = 0;
  for (const std::uint64_t w : words_) n += static_cast<std::uint64_t>(std::popcount(w));
  return n;
}

EdgeTally::EdgeTally(EdgeSettings settings)
    : settings_(std::move(settings)),
      bins_(slots(settings_.end, kBin)),
      versions_(settings_.versions + 1),
      minutes_(slots(settings_.end, kMinute)),
      affected_(settings_.users),
      exposed_(settings_.users),
      exposure_(slots(settings_.end, std::chrono::seconds(1))) {
  CM_ASSERT(settings_.bad_above.size() <= kMaxObjectives);
}

Duration EdgeTally::exposure_duration() const {
  return std::chrono::seconds(exposure_.count());
}

}  // namespace coalmine
