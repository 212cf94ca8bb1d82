/// What the on-call alerts guard, and how fast a budget may be spent before they page
/// (specs/statistics.md section 3.3, page rows; Google SRE workbook, slok/sloth).
#pragma once

#include <array>
#include <string>

#include "sim/kernel/time.h"

namespace coalmine {

struct AlertObjective {
  enum class Kind { availability, latency };
  std::string name;  ///< in events: "availability", "latency-300ms"
  Kind kind = Kind::availability;
  double target = 0.999;  ///< share of good requests, (0, 1)
  Duration latency{};     ///< latency: a slower request is bad
  Duration window = std::chrono::hours(24 * 30);
};

struct BurnRateRow {
  Duration long_window{};
  Duration short_window{};
  double budget_share = 0;  ///< of the objective's budget, spent when the row fires
};
inline constexpr std::array<BurnRateRow, 2> kPageRows{{
    {std::chrono::hours(1), std::chrono::minutes(5), 0.02},
    {std::chrono::hours(6), std::chrono::minutes(30), 0.05},
}};

/// B of a row: 14.4 and 6 for an objective over 30 days.
double burn_rate_threshold(const BurnRateRow& row, Duration objective_window);

}  // namespace coalmine
