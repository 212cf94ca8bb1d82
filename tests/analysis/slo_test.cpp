#include "sim/analysis/slo.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr Slo kThreeNines{0.999, 24h * 30};

}  // namespace

// specs/statistics.md section 3.2.

TEST_CASE("99.9 % over 30 days is 43.2 minutes of total outage") {
  CHECK(to_seconds(budget_in_full_outage(kThreeNines)) == Approx(43.2 * 60));
  // At 400 requests/s: 0.001 * 400 * 2 592 000.
  CHECK(budget_events(kThreeNines, 400) == Approx(1036800));
}

TEST_CASE(
    "a release failing one request in five for 30 min burns 13.9 % of the month, a 5 % canary 0.69 "
    "%") {
  const double rate = 400;
  const double bad = 0.2 * rate * 30 * 60;
  CHECK(budget_consumed(kThreeNines, bad, rate) == Approx(0.2 * 30 / 43.2));
  CHECK(budget_consumed(kThreeNines, bad, rate) == Approx(0.139).epsilon(0.005));
  CHECK(budget_consumed(kThreeNines, 0.05 * bad, rate) == Approx(0.0069).epsilon(0.01));
}

TEST_CASE("at night the same outage costs less of the budget, which the whole cycle's mean sets") {
  const double mean = mean_rate_of_cycle(100, 700);
  CHECK(mean == 400);
  const double night = budget_consumed(kThreeNines, 100.0 * 600, mean);
  const double noon = budget_consumed(kThreeNines, 700.0 * 600, mean);
  CHECK(noon == Approx(7 * night));
}

TEST_CASE("burn rate and exhaustion") {
  CHECK(burn_rate(kThreeNines, 0.0144) == Approx(14.4));
  CHECK(to_seconds(exhausted_after(kThreeNines, 14.4)) == Approx(30.0 / 14.4 * 86400));
  CHECK(exhausted_after(kThreeNines, 0) == kForever);
  CHECK(budget_consumed(kThreeNines, 0, 0) == 0);
  CHECK(std::isinf(budget_consumed(kThreeNines, 1, 0)));
}

// Section 3.3.

TEST_CASE("closed forms of burn-rate detection and reset") {
  const BurnRule slow{6h, 30min, 6 * 0.005};  // 99.5 %
  CHECK(to_seconds(detected_after(slow, 0.1).value()) == Approx(108 * 60));
  CHECK(to_seconds(reset_after(slow, 0.1).value()) == Approx(21 * 60));
  const BurnRule fast{1h, 5min, 14.4 * 0.001};
  CHECK(to_seconds(detected_after(fast, 1).value()) == Approx(51.84));
  CHECK_FALSE(detected_after(fast, 0.01));  // the 5 % canary at 20 % errors
  CHECK_FALSE(reset_after(fast, 0.01));
  const BurnRule single{1h, 1h, 36 * 0.001};  // 5 % in 1 h without a short window
  CHECK(to_seconds(detected_after(single, 1).value()) == Approx(2.16 * 60));
  CHECK(to_seconds(reset_after(single, 1).value()) == Approx(57.84 * 60));
  // With a ratio b before: W (h - b)/(e - b).
  CHECK(to_seconds(detected_after(fast, 1, 0.001).value()) == Approx(3600 * 0.0134 / 0.999));
}

TEST_CASE("mean rates of traffic profiles") {
  const std::vector<std::pair<Duration, double>> ramp{{0s, 100}, {10s, 100}, {30s, 300}};
  CHECK(mean_rate_of_points(ramp, 30s) == Approx((1000 + 4000) / 30.0));
  // Level after the last point, cut at the end, level before the first.
  CHECK(mean_rate_of_points(ramp, 60s) == Approx((1000 + 4000 + 9000) / 60.0));
  CHECK(mean_rate_of_points(ramp, 20s) == Approx((1000 + 1500) / 20.0));
  const std::vector<std::pair<Duration, double>> jump{{0s, 0}, {1s, 100}};
  CHECK(mean_rate_of_points(jump, 1000s) == Approx(99.95));
  const std::vector<std::pair<Duration, double>> one{{5s, 7}};
  CHECK(mean_rate_of_points(one, 2s) == Approx(7));
  CHECK(mean_rate_of_points(one, 60s) == Approx(7));
  CHECK(mean_rate_of_bursts(100, 1000, 9min, 1min) == Approx(190));
  CHECK(mean_rate_of_trace(1200, 10min) == Approx(2));
}

}  // namespace coalmine
