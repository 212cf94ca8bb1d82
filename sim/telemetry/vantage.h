/// Where a measurement is taken.
#pragma once

#include <cstdint>

namespace coalmine {

enum class Vantage : std::uint8_t {
  router,  ///< the proxy in front of a Deployment: per try, sees refused and timed-out requests too
  pod,     ///< the process itself: what it finished, nothing of what never reached it
};

}  // namespace coalmine
