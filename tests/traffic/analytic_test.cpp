// Closed forms of queueing theory against the engines (specs/service-models.md section 2). The
// numbers come from the theory; an engine that plays the model right meets them within its own
// standard error. Level 1e-4 per row, seeds fixed beforehand.
#include <catch2/catch.hpp>

#include "tests/traffic/analytic_rows.h"
#include "tests/traffic/reference_engine.h"

using namespace coalmine;
using namespace coalmine::testing;

namespace {

constexpr std::uint64_t kRequests = 400'000;

}  // namespace

TEST_CASE("the reference engine meets the closed forms of queueing theory",
          "[traffic][analytic][slow]") {
  for (const int number : analytic_row_numbers()) {
    const auto row = analytic_row(number, kRequests);
    CHECK(misfits(row, play_reference(row.config).results) == "");
  }
}

TEST_CASE("the analytic check notices a model that is slightly off", "[traffic][analytic][slow]") {
  // M/M/5 played with work 3 % too long: P(wait) moves from 0.554 to about 0.62.
  auto row = analytic_row(3, kRequests);
  auto& demand = row.config.services[0].demand;
  demand = [right = demand](std::uint64_t bits) { return right(bits) * 103 / 100; };
  CHECK(misfits(row, play_reference(row.config).results) != "");
}
