#include "strategies/sizing.h"

#include <algorithm>
#include <cmath>

namespace coalmine {

int pods_for(double share, int replicas) {
  // The hair keeps 7 % of 100, which is 7.000000000000001 in binary, at 7.
  const double pods = std::ceil(share * static_cast<double>(replicas) - 1e-9);
  return std::max(1, static_cast<int>(pods));
}

}  // namespace coalmine
