// The worked values of specs/statistics.md sections 1.1 and 1.3 to 1.6 (R 4.2.2), and laws that
// hold for any arms.
#include "sim/analysis/proportions.h"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/hypergeometric.hpp>
#include <catch2/catch.hpp>
#include <cmath>

namespace coalmine {
namespace {

constexpr Proportion kBaseline{30, 2000};
constexpr Proportion kCanary{55, 2000};

void check_interval(const Interval& interval, double low, double high) {
  CHECK(interval.low == Approx(low).margin(1e-9));
  CHECK(interval.high == Approx(high).margin(1e-9));
}

double chi_squared_p(double statistic) {
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), statistic));
}

}  // namespace

// Section 1.1: 30/2000 against 55/2000.

TEST_CASE("two proportions are compared with and without Yates' correction") {
  const TwoProportions plain = two_proportion_test(kBaseline, kCanary);
  CHECK(plain.chi_squared == Approx(7.512583577).epsilon(1e-9));
  CHECK(plain.p_value == Approx(0.006126943).epsilon(1e-6));
  check_interval(plain.difference, -0.021430078, -0.003569922);
  CHECK(plain.valid);
  const TwoProportions corrected =
      two_proportion_test(kBaseline, kCanary, Alternative::two_sided, true);
  CHECK(corrected.chi_squared == Approx(6.923597025).epsilon(1e-9));
  CHECK(corrected.p_value == Approx(0.008506570).epsilon(1e-6));
  check_interval(corrected.difference, -0.021930078, -0.003069922);
}

TEST_CASE("z has the sign of the difference, and one-sided p-values are of that side") {
  const TwoProportions worse = two_proportion_test(kBaseline, kCanary, Alternative::greater);
  const TwoProportions better = two_proportion_test(kCanary, kBaseline, Alternative::greater);
  CHECK(worse.z == Approx(-std::sqrt(7.512583577)));
  CHECK(better.z == -worse.z);
  CHECK(better.p_value == Approx(0.006126943 / 2).epsilon(1e-6));
  CHECK(worse.p_value == Approx(1 - 0.006126943 / 2).epsilon(1e-6));
}

TEST_CASE("two proportions without any event do not differ, and too few events are flagged") {
  const TwoProportions none = two_proportion_test({0, 100}, {0, 100});
  CHECK(none.chi_squared == 0);
  CHECK(none.p_value == 1);
  CHECK_FALSE(none.valid);
  // 5 of 200: 2.5 expected in each arm; 10 of 200: 5.
  CHECK_FALSE(two_proportion_test({1, 100}, {4, 100}).valid);
  CHECK(two_proportion_test({1, 100}, {9, 100}).valid);
  // Few who do not do it are as bad.
  CHECK_FALSE(two_proportion_test({99, 100}, {96, 100}).valid);
}

// Section 1.3.

TEST_CASE("Newcombe's interval of a difference is made of two Wilson intervals") {
  const Interval baseline = wilson_interval(30, 2000);
  const Interval canary = wilson_interval(55, 2000);
  check_interval(baseline, 0.010527098, 0.021332438);
  check_interval(canary, 0.021188498, 0.035623112);
  check_interval(newcombe_interval(kBaseline, kCanary), -0.021773176, -0.003559372);
  const Interval turned = newcombe_interval(kCanary, kBaseline);
  check_interval(turned, 0.003559372, 0.021773176);
  // It never leaves [-1, 1], where Wald's would have no width at all.
  const Interval extreme = newcombe_interval({20, 20}, {0, 20});
  CHECK(extreme.high == 1);
  CHECK(extreme.low < 0.9);
}

// Section 1.4: the table [1 8; 49 42], columns being the arms.

TEST_CASE("Fisher's exact test sums the tables that are not more likely") {
  CHECK(fisher_exact_test({1, 50}, {8, 50}) == Approx(0.030857823).epsilon(1e-8));
  CHECK(fisher_exact_test({8, 50}, {1, 50}) == Approx(0.030857823).epsilon(1e-8));
  CHECK(fisher_exact_test({0, 50}, {0, 50}) == 1);
  CHECK(fisher_exact_test({5, 10}, {5, 10}) == Approx(1));
}

// The lady tasting tea, 3 of 4 right: (16 + 1) of C(8, 4) = 70 orders are as good or better.
TEST_CASE("Fisher's one-sided test sums one tail") {
  CHECK(fisher_exact_test({3, 4}, {1, 4}, Alternative::greater) == Approx(17.0 / 70));
  CHECK(fisher_exact_test({1, 4}, {3, 4}, Alternative::greater) == Approx(69.0 / 70));
  CHECK(fisher_exact_test({3, 4}, {1, 4}) == Approx(34.0 / 70));
}

TEST_CASE("Fisher's test equals the hypergeometric law on arms of unequal size") {
  for (const auto& [first, second] : {std::pair<Proportion, Proportion>{{3, 17}, {0, 400}},
                                      {{2, 400}, {4, 21}},
                                      {{40, 50}, {3, 4}},
                                      {{150, 3000}, {190, 3100}}}) {
    const auto events = static_cast<unsigned>(first.events + second.events);
    const auto n1 = static_cast<unsigned>(first.trials);
    const auto all = static_cast<unsigned>(first.trials + second.trials);
    const boost::math::hypergeometric law(n1, events, all);
    const double observed = boost::math::pdf(law, static_cast<double>(first.events));
    double sum = 0;
    double tail = 0;
    for (unsigned x = events - std::min(events, all - n1); x <= std::min(events, n1); ++x) {
      const double p = boost::math::pdf(law, x);
      if (p <= observed * (1 + 1e-7)) sum += p;
      if (x >= first.events) tail += p;
    }
    CHECK(fisher_exact_test(first, second) == Approx(sum).epsilon(1e-9));
    CHECK(fisher_exact_test(first, second, Alternative::greater) == Approx(tail).epsilon(1e-9));
  }
}

TEST_CASE("the reported test is z where it is valid and Fisher's where it is not") {
  const Comparison many = compare_proportions(kBaseline, kCanary);
  CHECK_FALSE(many.exact);
  CHECK(many.p_value == Approx(0.006126943).epsilon(1e-6));
  CHECK(many.z == Approx(-std::sqrt(7.512583577)));
  check_interval(many.difference, -0.021773176, -0.003559372);
  const Comparison few = compare_proportions({1, 50}, {8, 50});
  CHECK(few.exact);
  CHECK(few.p_value == Approx(0.030857823).epsilon(1e-8));
}

// Section 1.5.

TEST_CASE("arms of another size than the split says are a sample-ratio mismatch") {
  const SampleRatio even = sample_ratio_test(10200, 9800, 0.5);
  CHECK(even.chi_squared == Approx(8));
  CHECK(even.p_value == Approx(0.004677735).epsilon(1e-6));
  const SampleRatio canary = sample_ratio_test(94730, 5270, 0.05);
  CHECK(canary.chi_squared == Approx(15.34736842).epsilon(1e-9));
  CHECK(canary.p_value == Approx(8.944543e-05).epsilon(1e-6));
  CHECK(canary.p_value == Approx(chi_squared_p(canary.chi_squared)).epsilon(1e-9));
  CHECK(sample_ratio_test(75, 25, 0.25).p_value == 1);
  CHECK(sample_ratio_test(0, 1000, 0.5).p_value < 1e-200);
}

// Section 1.6: power.prop.test.

TEST_CASE("the sample that two equal arms need") {
  TestDesign design;
  CHECK(required_sample(0.02, 0.03, design) == Approx(3825.149722).epsilon(1e-9));
  CHECK(required_sample(0.03, 0.02, design) == Approx(3825.149722).epsilon(1e-9));
  design.power = 0.9;
  CHECK(required_sample(0.002, 0.004, design) == Approx(15711.774).epsilon(1e-7));
}

TEST_CASE("the power of a given sample") {
  CHECK(power_with(5000, 0.01, 0.015, {}) == Approx(0.614201014).epsilon(1e-9));
}

TEST_CASE("a 5 % canary needs about half of an equal arm, and nineteen times that beside it") {
  TestDesign design;
  const double equal = required_sample(0.02, 0.03, design);
  design.ratio = 1.0 / 19;
  const double canary = required_sample(0.02, 0.03, design) / 19;
  CHECK(canary / equal > 0.45);
  CHECK(canary / equal < 0.55);
}

TEST_CASE("the required sample has the power it was asked for, whatever the design") {
  for (const Alternative alternative : {Alternative::two_sided, Alternative::greater})
    for (const double ratio : {0.05, 1.0, 4.0})
      for (const double power : {0.5, 0.8, 0.99}) {
        const TestDesign design{0.01, power, alternative, ratio};
        const double n = required_sample(0.05, 0.06, design);
        CHECK(power_with(n, 0.05, 0.06, design) == Approx(power).epsilon(1e-9));
      }
}

TEST_CASE("a one-sided test needs the sample of a two-sided one at twice the significance") {
  const double one = required_sample(0.05, 0.06, {0.05, 0.8, Alternative::greater, 1});
  const double two = required_sample(0.05, 0.06, {0.10, 0.8, Alternative::two_sided, 1});
  CHECK(one == Approx(two));
}

}  // namespace coalmine
