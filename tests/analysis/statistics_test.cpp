#include "sim/analysis/statistics.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace coalmine {
namespace {

// The worked data of specs/statistics.md, sections 1.4 and 4.
const std::vector<double> kA{41.2, 38.7, 44.9, 40.3, 39.8, 43.1, 42.0, 37.5};
const std::vector<double> kB{39.9, 38.1, 42.8, 39.7, 38.2, 41.5, 41.1, 36.2};

void check_interval(const Interval& interval, double low, double high) {
  CHECK(interval.low == Approx(low).margin(1e-9));
  CHECK(interval.high == Approx(high).margin(1e-9));
}

}  // namespace

// Section 4.1: m -+ t s / sqrt(n).

TEST_CASE("the mean of eight runs has Student's interval") {
  const MeanEstimate e = mean_estimate(kA);
  CHECK(e.n == 8);
  CHECK(e.mean == Approx(40.9375));
  CHECK(e.sd == Approx(2.393406120));
  REQUIRE(e.ci);
  check_interval(*e.ci, 38.936562412, 42.938437588);
}

TEST_CASE("one run has no interval, equal runs one of width zero") {
  CHECK_FALSE(mean_estimate(std::vector<double>{3}).ci);
  CHECK(mean_estimate({}).n == 0);
  const MeanEstimate same = mean_estimate(std::vector<double>{3, 3, 3});
  REQUIRE(same.ci);
  CHECK(same.ci->low == 3);
  CHECK(same.ci->high == 3);
}

// Section 4.2.

TEST_CASE("paired runs give a far narrower interval of the difference") {
  const PairedEstimate e = paired_difference(kA, kB);
  CHECK(e.difference.mean == Approx(1.25));
  CHECK(e.difference.sd == Approx(0.526443594));
  CHECK(e.correlation.value() == Approx(0.979414).epsilon(1e-6));
  check_interval(*e.difference.ci, 0.809882142, 1.690117858);
}

TEST_CASE("the correlation with a constant does not exist") {
  CHECK_FALSE(paired_difference(std::vector<double>{1, 2}, std::vector<double>{5, 5}).correlation);
}

// Section 1.2.

TEST_CASE("intervals of one proportion") {
  check_interval(wilson_interval(7, 150), 0.022786549, 0.093186472);
  check_interval(wilson_interval(0, 80), 0, 0.045818130);
  check_interval(clopper_pearson_interval(7, 150), 0.018965570, 0.093785865);
  check_interval(clopper_pearson_interval(0, 80), 0, 0.045064035);
  check_interval(wilson_interval(80, 80), 1 - 0.045818130, 1);
  check_interval(clopper_pearson_interval(80, 80), 1 - 0.045064035, 1);
  check_interval(wilson_interval(30, 2000), 0.010527098, 0.021332438);
  check_interval(wilson_interval(0, 0), 0, 1);
}

// Section 4.4.

TEST_CASE("type 7 quantiles interpolate between order statistics") {
  const std::vector<double> v{4, 1, 3, 2};
  CHECK(quantile(v, 0) == 1);
  CHECK(quantile(v, 1) == 4);
  CHECK(quantile(v, 0.5) == Approx(2.5));
  CHECK(quantile(v, 0.9) == Approx(3.7));  // h = 3 * 0.9 + 1 = 3.7
  CHECK(quantile(std::vector<double>{5}, 0.99) == 5);
}

TEST_CASE("quantile intervals by order statistics") {
  struct Row {
    std::size_t n;
    double p;
    std::size_t lower, upper;
    double coverage;
  };
  for (const Row& row : {Row{200, 0.9, 171, 189, 0.966883901},
                         Row{50, 0.5, 18, 33, 0.967160862},
                         Row{1000, 0.95, 936, 964, 0.958095268}}) {
    const QuantileRanks ranks = quantile_ranks(row.n, row.p);
    CHECK(ranks.lower == row.lower);
    CHECK(ranks.upper == row.upper);
    CHECK(ranks.coverage == Approx(row.coverage).epsilon(1e-8));
  }
}

TEST_CASE("300 runs have no upper bound for a p99, 368 do") {
  CHECK(quantile_ranks(300, 0.99).lower == 293);
  CHECK(quantile_ranks(300, 0.99).upper == 301);
  std::vector<double> values(300);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i + 1);
  CHECK(quantile_estimate(values, 0.99).low == 293.0);
  CHECK_FALSE(quantile_estimate(values, 0.99).high);
  CHECK(quantile_ranks(367, 0.99).upper == 368);
  CHECK(quantile_ranks(368, 0.99).upper == 368);
}

TEST_CASE("few runs bound a median on neither side") {
  const QuantileEstimate e = quantile_estimate(std::vector<double>{1, 2, 3}, 0.5);
  CHECK(e.value == 2);
  CHECK_FALSE(e.low);
  CHECK_FALSE(e.high);
}

TEST_CASE("times that never ended count as the horizon") {
  const std::vector<std::optional<double>> times{60.0, std::nullopt, 120.0, 900.0};
  const RestrictedMean mean = restricted_mean(times, 600);
  CHECK(mean.estimate.mean == Approx((60 + 600 + 120 + 600) / 4.0));
  CHECK(mean.censored == 2);
  CHECK(mean.estimate.n == 4);
}

// Section 4.3.

TEST_CASE("replications needed for a precision") {
  CHECK(required_replications(10, 2, 1) == 40);
  CHECK(required_replications(10, 1, 3) == 2);
  CHECK(required_for_proportion(0.02, 0.005) == 3012);
  MeanEstimate e;
  e.mean = -100;
  e.ci = Interval{-109, -91};  // half-width 9 % of the mean; g = 0.1 allows 9.09 %
  CHECK(meets_relative_precision(e, 0.1));
  e.ci = Interval{-109.2, -90.8};
  CHECK_FALSE(meets_relative_precision(e, 0.1));
}

}  // namespace coalmine
