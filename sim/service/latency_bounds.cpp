#include "sim/service/latency_bounds.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {

using namespace std::chrono_literals;

LatencyBounds::LatencyBounds()
    : LatencyBounds(
          std::vector<Duration>{5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s}) {}

LatencyBounds::LatencyBounds(std::vector<Duration> bounds) {
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  CM_ASSERT(bounds.size() <= kMost && (bounds.empty() || bounds.front().count() > 0));
  for (const Duration bound : bounds) bounds_.push_back(bound.count());
  bounds_.push_back(std::numeric_limits<std::int64_t>::max());
  // The smallest value of a cell tells the first bucket that any of its values can be in.
  for (unsigned width = kCellBits + 1; width <= 63; ++width) {
    for (std::uint64_t part = 0; part < 8; ++part) {
      const std::uint64_t least =
          (std::uint64_t{1} << (width - 1)) | (part << (width - 1 - kCellBits));
      const std::int64_t from = width == kCellBits + 1 ? 0 : static_cast<std::int64_t>(least);
      const auto found = std::lower_bound(bounds_.begin(), bounds_.end(), from);
      first_[(std::size_t{width} << kCellBits) + part] =
          static_cast<std::uint8_t>(found - bounds_.begin());
    }
  }
}

bool LatencyBounds::has(Duration bound) const {
  return std::binary_search(bounds_.begin(), bounds_.end() - 1, bound.count());
}

std::size_t LatencyBounds::place_of(Duration bound) const {
  CM_ASSERT(has(bound));
  return static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), bound.count()) -
                                  bounds_.begin());
}

}  // namespace coalmine
