#include "sim/scenario/course.h"

namespace coalmine {

std::size_t Course::Landmark::bytes() const {
  std::size_t n = sizeof(*this) + pods.size() * sizeof(PodId) +
                  standing.seats.size() * sizeof(Standing::Seat) +
                  standing.fates.size() * sizeof(Fate);
  for (const auto* some : {&counts.routers, &counts.segment_routers, &counts.pods})
    for (const Instruments& instruments : *some) n += instruments.bytes();
  return n;
}

}  // namespace coalmine
