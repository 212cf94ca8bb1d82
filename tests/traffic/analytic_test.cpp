// Closed forms of queueing theory against the engines (specs/service-models.md section 2). The
// numbers come from the theory; an engine that plays the model right meets them within its own
// standard error. Level 1e-4 per row, seeds fixed beforehand.
#include <catch2/catch.hpp>

#include <cmath>
#include <ostream>

#include "tests/traffic/analytic_rows.h"
#include "tests/traffic/reference_engine.h"

using namespace coalmine;
using namespace coalmine::testing;

namespace {

constexpr std::uint64_t kRequests = 400'000;

void check_row(const AnalyticRow& row, const std::vector<RefResult>& requests) {
  const double limit = critical_t(row.laws.size());
  for (const auto& result : measure_row(row, requests)) {
    INFO("row " << row.number << " (" << row.model << "), law "
                << static_cast<int>(result.law.measure) << ": theory " << result.law.expected
                << ", measured " << result.mean << " +- " << result.standard_error
                << ", t = " << result.t() << ", limit " << limit);
    CHECK(std::abs(result.t()) < limit);
  }
}

}  // namespace

TEST_CASE("the reference engine meets the closed forms of queueing theory",
          "[traffic][analytic][slow]") {
  for (const int number : analytic_row_numbers()) {
    const auto row = analytic_row(number, kRequests);
    check_row(row, play_reference(row.config).results);
  }
}

TEST_CASE("the analytic check notices a model that is slightly off", "[traffic][analytic][slow]") {
  // M/M/5 played with work 3 % too long: P(wait) moves from 0.554 to about 0.62.
  auto row = analytic_row(3, kRequests);
  auto& demand = row.config.services[0].demand;
  demand = [right = demand](std::uint64_t bits) { return right(bits) * 103 / 100; };
  const auto results = measure_row(row, play_reference(row.config).results);
  CHECK(std::abs(results[0].t()) > critical_t(row.laws.size()));
}
