// The traffic of a scenario: its mean, and its past.
#include "sim/scenario/workload.h"

#include <catch2/catch.hpp>

namespace coalmine {
namespace {

using namespace std::chrono_literals;
using Kind = TrafficSettings::Kind;

/// A bucket of five minutes each: `before` requests in each of the first `hours` hours, then
/// `after` for as long.
TrafficSettings counts(int hours, double before, double after) {
  TrafficSettings t;
  t.kind = Kind::trace_counts;
  t.trace_bucket = 5min;
  for (int i = 0; i < 24 * hours; ++i)
    t.trace.emplace_back(i * 5min, i < 12 * hours ? before : after);
  return t;
}

}  // namespace

TEST_CASE("the past has the rate that the profile has before time zero", "[scenario][workload]") {
  TrafficSettings t;
  t.rate = 70;
  CHECK(past_rate(t) == 70);

  t.kind = Kind::piecewise;
  t.points = {{0s, 10}, {5min, 400}};
  CHECK(past_rate(t) == Approx(10));
  t.points = {{5min, 30}, {10min, 400}};
  CHECK(past_rate(t) == Approx(30));

  // Six hours before midnight of a day with its peak at noon: a quarter of a turn from the trough,
  // over which the mean of the cosine is -2/pi.
  t.kind = Kind::diurnal;
  t.base = 100;
  t.peak = 500;
  t.peak_at = 12h;
  CHECK(past_rate(t) == Approx(300 - 200 * 2 / 3.14159265).epsilon(1e-3));
  t.period = 1h;
  t.peak_at = 0h;
  CHECK(past_rate(t) == Approx(300));

  t.kind = Kind::mmpp;
  t.mmpp_rate[0] = 100;
  t.mmpp_rate[1] = 600;
  t.mmpp_stay[0] = 4min;
  t.mmpp_stay[1] = 1min;
  CHECK(past_rate(t) == Approx(200));
}

TEST_CASE("the past of a trace is what it recorded, and its mean where it did not",
          "[scenario][workload]") {
  // 1/s for ten hours, then 4/s for ten.
  TrafficSettings t = counts(10, 300, 1200);
  CHECK(past_rate(t) == Approx(2.5));
  t.trace_from = 8h;
  CHECK(past_rate(t) == Approx(1));
  t.trace_from = 13h;
  CHECK(past_rate(t) == Approx((3 * 1 + 3 * 4) / 6.0));
  t.trace_from = 2h;
  CHECK(past_rate(t) == Approx((2 * 1 + 4 * 2.5) / 6.0));
  t.trace_scale = 10;
  CHECK(past_rate(t) == Approx(10 * (2 * 1 + 4 * 2.5) / 6.0));

  TrafficSettings exact;
  exact.kind = Kind::trace_offsets;
  for (int i = 0; i < 3600; ++i) exact.trace.emplace_back(i * 1s, 1.0);
  for (int i = 0; i < 3600; ++i) exact.trace.emplace_back(1h + i * 250ms, 1.0);
  exact.trace_scale = 2;
  const double mean = 2 * 7200 / 4500.75;
  CHECK(past_rate(exact) == Approx(mean).epsilon(1e-3));
  exact.trace_from = 1h;
  CHECK(past_rate(exact) == Approx((1 * 2 + 5 * mean) / 6).epsilon(1e-3));
}

// In 10 000 requests one in a thousand is seen ten times, give or take three.
TEST_CASE("the world settles for a minute, or for 10 000 requests, or six hours",
          "[scenario][workload]") {
  TrafficSettings t;
  t.rate = 2000;
  CHECK(settling_period(t) == 1min);
  t.rate = 20;
  CHECK(settling_period(t) == 500s);
  t.rate = 0.1;
  CHECK(settling_period(t) == 6h);
  t.kind = Kind::piecewise;
  t.points = {{0s, 0}, {1s, 100}};
  CHECK(settling_period(t) == 1min);
}

TEST_CASE("the run is the scenario's traffic, what came before is the past",
          "[scenario][workload]") {
  TrafficSettings t;
  t.kind = Kind::trace_offsets;
  for (int i = 0; i < 600; ++i) t.trace.emplace_back(i * 100ms, 1.0);
  t.trace_from = 30s;
  const auto key = [](std::string_view purpose) { return make_key(1, 0, purpose); };
  Arrivals arrivals = make_arrivals(t, 30s, kTimeZero - 100s, key);
  double before = 0;
  for (; arrivals.next().time < kTimeZero; arrivals.advance()) ++before;
  // 10/s, 4 standard deviations.
  CHECK(before == Approx(1000 * 60 / 60.9).margin(126));
  for (int i = 0; i < 300; ++i, arrivals.advance())
    CHECK(arrivals.next().time == kTimeZero + i * 100ms);
  CHECK(arrivals.next().time == kNever);
}

}  // namespace coalmine
