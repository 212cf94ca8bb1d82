#include "sim/telemetry/alert_objective.h"

#include <algorithm>

namespace coalmine {

double burn_rate_threshold(const BurnRateRow& row, Duration objective_window) {
  const double windows = to_seconds(objective_window) / to_seconds(row.long_window);
  return std::max(1.0, row.budget_share * windows);
}

}  // namespace coalmine
