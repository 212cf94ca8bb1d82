#include "sim/telemetry/window.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr double kInf = std::numeric_limits<double>::infinity();

/// A counter scraped every 10 s from `start` on.
struct Series {
  std::vector<Time> times;
  std::vector<double> values;
};

Series every_10s(Duration start, std::vector<double> values) {
  Series s;
  for (std::size_t i = 0; i < values.size(); ++i) {
    s.times.push_back(Time(start + static_cast<int>(i) * 10s));
  }
  s.values = std::move(values);
  return s;
}

std::optional<double> increase_of(const Series& s, Duration at, Duration window, PromDialect d) {
  return increase(select_range(s.times, s.values, Time(at), window, d), Time(at), window, d);
}
std::optional<double> rate_of(const Series& s, Duration at, Duration window, PromDialect d) {
  return rate(select_range(s.times, s.values, Time(at), window, d), Time(at), window, d);
}

constexpr PromDialect kDialects[] = {PromDialect::v2, PromDialect::v2_51, PromDialect::v3};

}  // namespace

// Expected numbers: promtool 2.42.0, specs/prometheus.md section 14.

TEST_CASE("increase adds up across a counter reset and extrapolates to both edges") {
  // c{a} = _ 10 20 30 5 15 25 at 0, 10, ...; raw 20 + 25 = 45 over 50 s, then 6 s + 4 s more.
  const Series a = every_10s(10s, {10, 20, 30, 5, 15, 25});
  for (const auto dialect : kDialects) {
    CHECK(increase_of(a, 64s, 60s, dialect).value() == Approx(54));
  }
}

TEST_CASE("the zero clamp comes before or after the gap rule, by dialect") {
  // c{b} = _ _ _ 2 4 6 8: the counter is 26 s into the window, and extrapolates to zero 10 s
  // before.
  const Series b = every_10s(30s, {2, 4, 6, 8});
  CHECK(rate_of(b, 64s, 60s, PromDialect::v2).value() == Approx(0.14666666666666667));
  CHECK(rate_of(b, 64s, 60s, PromDialect::v2_51).value() == Approx(0.13));
  CHECK(rate_of(b, 64s, 60s, PromDialect::v3).value() == Approx(0.13));
}

TEST_CASE("increase never reaches back to before the counter was zero") {
  const Series z = every_10s(10s, {0, 50, 100, 150, 200, 250});
  for (const auto dialect : kDialects) {
    CHECK(increase_of(z, 64s, 57s, dialect).value() == Approx(270));
  }
}

TEST_CASE("rates of an unevenly scraped counter with a reset follow the reference") {
  // 0, 60, 120, 20 at 0, 15, 30.25, 45 s.
  const Series s{{Time(0s), Time(15s), Time(30250ms), Time(45s)}, {0, 60, 120, 20}};
  CHECK(rate_of(s, 45s, 60s, PromDialect::v2).value() == Approx(2.3333333333333335));
  CHECK(increase_of(s, 45s, 60s, PromDialect::v2).value() == Approx(140));
  // The same as a range query: 15, 30 (where 30.25 is not yet there), 45 and 60 s.
  CHECK(rate_of(s, 15s, 60s, PromDialect::v2).value() == Approx(1));
  CHECK(rate_of(s, 60s, 60s, PromDialect::v2).value() == Approx(3.1111111111111107));
}

TEST_CASE("aligned samples: dialect 2 counts the left edge, dialect 3 does not") {
  const Series s{{Time(0s), Time(30s), Time(60s)}, {0, 30, 60}};
  CHECK(select_range(s.times, s.values, Time(60s), 60s, PromDialect::v2).size() == 3);
  CHECK(select_range(s.times, s.values, Time(60s), 60s, PromDialect::v3).size() == 2);
  CHECK(rate_of(s, 60s, 30s, PromDialect::v2).value() == Approx(1));
  CHECK_FALSE(rate_of(s, 60s, 30s, PromDialect::v3));
}

TEST_CASE("fewer than two samples give no rate") {
  const Series one = every_10s(0s, {5});
  CHECK_FALSE(increase_of(one, 5s, 60s, PromDialect::v3));
  CHECK_FALSE(increase_of(Series{}, 5s, 60s, PromDialect::v3));
}

TEST_CASE("a gap of exactly 1.1 sample distances is too far to extrapolate over") {
  // Gap 10 s, right edge 11 s after the last sample: only 5 s are added there.
  const Series s = every_10s(0s, {100, 110, 120});
  CHECK(increase_of(s, 31s, 40s, PromDialect::v3).value() == Approx(20 * (20 + 9 + 5) / 20.0));
  CHECK(increase_of(s, 30900ms, 40s, PromDialect::v3).value() ==
        Approx(20 * (20 + 9.1 + 10.9) / 20.0));
}

TEST_CASE("histogram_quantile interpolates, and stops at the largest finite bound") {
  // h: rates 2, 6, 7, 8 per 10 s below 10, 20, 40, +Inf.
  const std::vector<Bucket> h{{10, 0.2}, {20, 0.6}, {40, 0.7}, {kInf, 0.8}};
  CHECK(histogram_quantile(0.5, h) == Approx(15));
  CHECK(histogram_quantile(0.95, h) == Approx(40));
  CHECK(histogram_quantile(0.125, h) == Approx(5));  // the first bucket begins at zero
  CHECK(histogram_quantile(-0.1, h) == -kInf);
  CHECK(histogram_quantile(1.1, h) == kInf);
  CHECK(std::isnan(histogram_quantile(std::nan(""), h)));
}

TEST_CASE("histogram_quantile has no answer without observations or without a +Inf bucket") {
  CHECK(std::isnan(histogram_quantile(0.5, std::vector<Bucket>{{1, 0}, {kInf, 0}})));
  CHECK(std::isnan(histogram_quantile(0.5, std::vector<Bucket>{{1, 3}, {2, 4}})));
  CHECK(std::isnan(histogram_quantile(0.5, std::vector<Bucket>{{kInf, 4}})));
  CHECK(std::isnan(histogram_quantile(0.5, {})));
  // q = 0 with an empty first bucket is 0/0, as in Prometheus.
  CHECK(std::isnan(histogram_quantile(0, std::vector<Bucket>{{1, 0}, {2, 4}, {kInf, 4}})));
}

TEST_CASE("histogram_quantile repairs counts that fall and merges equal bounds") {
  const std::vector<Bucket> bent{{1, 4}, {2, 3.9999}, {3, 8}, {kInf, 8}};
  CHECK(histogram_quantile(0.75, bent) == Approx(2.5));
  const std::vector<Bucket> twice{{1, 2}, {1, 2}, {2, 8}, {kInf, 8}};
  CHECK(histogram_quantile(0.5, twice) == Approx(1));
  const std::vector<Bucket> below_zero{{-1, 2}, {1, 4}, {kInf, 4}};
  CHECK(histogram_quantile(0.1, below_zero) == -1);
}

TEST_CASE("histogram_count_below undoes histogram_quantile") {
  const std::vector<Bucket> h{{10, 20}, {20, 60}, {40, 70}, {kInf, 80}};
  CHECK(histogram_count_below(10, h) == Approx(20));
  CHECK(histogram_count_below(5, h) == Approx(10));
  CHECK(histogram_count_below(30, h) == Approx(65));
  CHECK(histogram_count_below(1000, h) == Approx(70));
  CHECK(histogram_count_below(0, h) == 0);
  for (const double q : {0.1, 0.3, 0.6, 0.8}) {
    CHECK(histogram_count_below(histogram_quantile(q, h), h) == Approx(q * 80));
  }
}

}  // namespace coalmine
