#include "sim/telemetry/promql/sliding.h"

#include <algorithm>

#include "sim/telemetry/promql/quantile.h"

namespace coalmine::promql {

void Sorted::enter(std::span<const double> values, std::size_t i, bool /*alone*/) {
  values_.insert(std::upper_bound(values_.begin(), values_.end(), values[i], ranks_before),
                 values[i]);
}

void Sorted::leave(std::span<const double> values, std::size_t i) {
  values_.erase(std::lower_bound(values_.begin(), values_.end(), values[i], ranks_before));
}

}  // namespace coalmine::promql
