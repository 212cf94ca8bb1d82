#include "sim/kernel/distributions.h"

#include <rapidcheck.h>
#include <algorithm>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/weibull.hpp>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/lognormal_distribution.hpp>
#include <boost/random/weibull_distribution.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/random.h"

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

struct Moments {
  double mean;
  double cv;
};

/// Moments over a grid of n uniforms, so without sampling error.
template <class F>
Moments moments_of(F value_at, std::uint64_t n = 1 << 20) {
  double sum = 0;
  double squares = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double x = value_at((static_cast<double>(i) + 0.5) / static_cast<double>(n));
    sum += x;
    squares += x * x;
  }
  const double mean = sum / static_cast<double>(n);
  return {mean, std::sqrt(squares / static_cast<double>(n) - mean * mean) / mean};
}

/// Correlation of f(u) and f(1 - u) over random bits.
template <class F>
double antithetic_correlation(F f) {
  constexpr int kN = 200000;
  const RandomKey key = make_key(11, 0, "antithetic");
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (std::uint64_t i = 0; i < kN; ++i) {
    const std::uint64_t bits = draw_bits(key, i);
    const double x = f(bits);
    const double y = f(~bits);
    sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
  }
  return (sxy - sx * sy / kN) / std::sqrt((sxx - sx * sx / kN) * (syy - sy * sy / kN));
}

/// Kolmogorov-Smirnov distance of two samples, sqrt(n/2) times: beyond 2.69 once in a million.
double ks_distance(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const auto n = static_cast<double>(a.size());
  double worst = 0;
  std::size_t j = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    while (j < b.size() && b[j] <= a[i]) ++j;
    worst = std::max(worst, std::abs(static_cast<double>(i + 1) - static_cast<double>(j)) / n);
  }
  return worst * std::sqrt(n / 2);
}

template <class Oracle>
double distance_from(Oracle oracle, const QuantileTable& table) {
  Xoshiro256 theirs(make_key(5, 0, "oracle"));
  Xoshiro256 ours(make_key(5, 0, "table"));
  std::vector<double> a, b;
  for (int i = 0; i < 200000; ++i) {
    a.push_back(oracle(theirs));
    b.push_back(table(ours()));
  }
  return ks_distance(std::move(a), std::move(b));
}

std::uint64_t bits_of_uniform(double u) {
  return static_cast<std::uint64_t>(u * 0x1p52) << 12;
}

/// The table against its formula: mean, and values from deep in the lower to deep in the upper
/// tail.
template <class Distribution>
void check_table(const Distribution& distribution, double mean) {
  const QuantileTable table(distribution);
  CHECK(table.mean() == Approx(mean).epsilon(3e-5));
  double worst = 0;
  const RandomKey key = make_key(1, 0, "table");
  for (std::uint64_t i = 0; i < 20000; ++i) {
    // Random bits, and for every other draw a tail 2^-k deep on either side.
    std::uint64_t bits = draw_bits(key, 2 * i);
    if (i % 2 == 1) {
      bits = (bits | std::uint64_t{1} << 63) >> (2 + i % 18);
      if (i % 4 == 1) bits = ~bits;
    }
    const double u = to_uniform(bits);
    const double truth = u < 0.5 ? distribution.quantile(u) : distribution.upper_quantile(1 - u);
    worst = std::max(worst, std::abs(table(bits) / truth - 1));
  }
  CHECK(worst < 1e-4);
  for (const double p : {0.5, 0.99, 0.999, 0.9999})
    CHECK(table(bits_of_uniform(p)) == Approx(distribution.quantile(p)).epsilon(1e-4));
}

}  // namespace

TEST_CASE("lognormal by mean and cv has the worked quantiles", "[kernel][distributions]") {
  // Margins: the worked values come from rounded steps.
  // mean 50 ms, cv 1: mu = -3.34231, s = 0.832555 -> p50 35.36, p95 139.1, p99 245.3 ms
  const auto d = Lognormal::from_mean_cv(0.050, 1);
  CHECK(d.mu == Approx(-3.34231).margin(5e-6));
  CHECK(d.sigma == Approx(0.832555).margin(5e-7));
  CHECK(d.quantile(0.50) == Approx(0.03536).margin(5e-6));
  CHECK(d.quantile(0.95) == Approx(0.1391).margin(5e-5));
  CHECK(d.quantile(0.99) == Approx(0.2453).margin(1e-4));
  CHECK(d.mean() == Approx(0.050).epsilon(1e-14));
  CHECK(d.cv() == Approx(1).epsilon(1e-14));
}

TEST_CASE("lognormal by p50 and p99 has the worked moments", "[kernel][distributions]") {
  // p50 20 ms, p99 200 ms: s = 0.98977, mean 32.6 ms, cv 1.29
  const auto d = Lognormal::from_p50_p99(0.020, 0.200);
  CHECK(d.sigma == Approx(0.98977).margin(2e-5));
  CHECK(d.mean() == Approx(0.0326).margin(5e-5));
  CHECK(d.cv() == Approx(1.29).margin(5e-3));
  CHECK(d.quantile(0.5) == Approx(0.020).epsilon(1e-14));
  CHECK(d.quantile(0.99) == Approx(0.200).epsilon(1e-14));
}

TEST_CASE("formulas have the moments their parameters say", "[kernel][distributions]") {
  // gamma: cv = 1/sqrt(k); Weibull: cv^2 = Gamma(1+2/k)/Gamma(1+1/k)^2 - 1; Pareto: cv^2 =
  // 1/(alpha (alpha-2)); exponential: 1.
  // The grid stops at 1 - 2^-21, which costs heavy tails a little variance.
  const auto exponential = moments_of([](double u) { return Exponential{0.1}.quantile(u); });
  CHECK(exponential.mean == Approx(0.1).epsilon(1e-5));
  CHECK(exponential.cv == Approx(1).epsilon(1e-4));
  const auto erlang4 = Gamma::from_mean(0.1, 4);
  const auto m = moments_of([&](double u) { return erlang4.quantile(u); }, 1 << 14);
  CHECK(m.mean == Approx(0.1).epsilon(1e-4));
  CHECK(m.cv == Approx(0.5).epsilon(2e-3));
  const auto weibull = Weibull::from_mean(0.1, 2);
  CHECK(weibull.mean() == Approx(0.1).epsilon(1e-14));
  const auto w = moments_of([&](double u) { return weibull.quantile(u); });
  CHECK(w.mean == Approx(0.1).epsilon(1e-5));
  CHECK(w.cv == Approx(std::sqrt(4 / M_PI - 1)).epsilon(1e-4));
  const auto pareto = Pareto::from_mean(0.1, 6);
  CHECK(pareto.minimum == Approx(0.1 * 5 / 6));
  const auto p = moments_of([&](double u) { return pareto.quantile(u); });
  CHECK(p.mean == Approx(0.1).epsilon(1e-4));
  CHECK(p.cv == Approx(std::sqrt(1.0 / 24)).epsilon(1e-3));
}

TEST_CASE("gamma quantiles invert the incomplete gamma function on both sides",
          "[kernel][distributions]") {
  // Oracle: Boost.Math.
  for (const double shape : {0.05, 0.5, 1.0, 2.0, 4.0, 100.0, 1e4}) {
    const Gamma ours{shape, 2.0};
    const boost::math::gamma_distribution<> theirs(shape, 2.0);
    for (const double p : {1e-15, 1e-9, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99}) {
      CAPTURE(shape, p);
      const double lower = boost::math::quantile(theirs, p);
      const double upper = boost::math::quantile(boost::math::complement(theirs, p));
      CHECK(ours.quantile(p) == Approx(lower).epsilon(1e-11).margin(1e-250));
      CHECK(ours.upper_quantile(p) == Approx(upper).epsilon(1e-11));
    }
  }
}

TEST_CASE("Weibull quantiles agree with Boost.Math", "[kernel][distributions]") {
  for (const double shape : {0.3, 0.5, 1.0, 2.0, 10.0}) {
    const Weibull ours{shape, 3.0};
    const boost::math::weibull_distribution<> theirs(shape, 3.0);
    for (const double p : {1e-12, 1e-6, 9.9e-6, 1.01e-5, 1e-3, 0.1, 0.5, 0.9, 0.999}) {
      CAPTURE(shape, p);
      CHECK(ours.quantile(p) == Approx(boost::math::quantile(theirs, p)).epsilon(1e-13));
      CHECK(ours.upper_quantile(p) ==
            Approx(boost::math::quantile(boost::math::complement(theirs, p))).epsilon(1e-13));
    }
  }
}

TEST_CASE("an empirical distribution is linear in the logarithm between its points",
          "[kernel][distributions]") {
  // Between p50 = 10 and p90 = 1000, p70 is the geometric mean 100.
  const Empirical d({{0.5, 10}, {0.9, 1000}, {1.0, 1000}});
  CHECK(d.quantile(0.7) == Approx(100).epsilon(1e-14));
  CHECK(d.quantile(0.5) == 10);
  CHECK(d.quantile(0.1) == 10);
  CHECK(d.quantile(0.95) == Approx(1000));
  CHECK(d.upper_quantile(0.3) == Approx(100).epsilon(1e-14));
  CHECK_THROWS_AS(Empirical({{0.5, 10}, {0.4, 20}}), InternalError);
  CHECK_THROWS_AS(Empirical({{0.5, 10}, {0.6, 9}}), InternalError);
  CHECK_THROWS_AS(Empirical({}), InternalError);
}

TEST_CASE("impossible parameters are refused", "[kernel][distributions]") {
  CHECK_THROWS_AS(Lognormal::from_mean_cv(0, 1), InternalError);
  CHECK_THROWS_AS(Lognormal::from_mean_cv(1, -1), InternalError);
  CHECK_THROWS_AS(Lognormal::from_p50_p99(2, 1), InternalError);
  CHECK_THROWS_AS(Lognormal::from_mean_cv(std::nan(""), 1), InternalError);
  CHECK_THROWS_AS(Gamma::from_mean(1, 0), InternalError);
  CHECK_THROWS_AS(Pareto::from_mean(1, 1), InternalError);
  CHECK_THROWS_AS(Weibull::from_mean(-1, 1), InternalError);
}

TEST_CASE("tables keep mean and quantiles of what they are made of", "[kernel][distributions]") {
  for (const double cv : {0.1, 0.5, 1.0, 2.0}) check_table(Lognormal::from_mean_cv(0.05, cv), 0.05);
  check_table(Lognormal::from_p50_p99(0.04, 0.25), Lognormal::from_p50_p99(0.04, 0.25).mean());
  check_table(Exponential{0.1}, 0.1);
  check_table(Gamma::from_mean(0.1, 4), 0.1);
  check_table(Gamma::from_mean(0.1, 0.5), 0.1);
  check_table(Weibull::from_mean(0.1, 0.7), 0.1);
  check_table(Pareto::from_mean(0.1, 2.5), 0.1);
}

TEST_CASE("table tails go on to one draw in 2^53", "[kernel][distributions]") {
  const Exponential d{1.0};
  const QuantileTable table(d);
  CHECK(table(~std::uint64_t{0}) == Approx(53 * std::log(2.0)).epsilon(1e-12));
  CHECK(table(0) == Approx(0x1p-53).epsilon(1e-12));
  CHECK(table(std::uint64_t{1} << 12) == Approx(0x1.8p-52).epsilon(1e-12));
}

TEST_CASE("tables never fall as the bits rise", "[kernel][distributions][property]") {
  const QuantileTable table(Lognormal::from_mean_cv(0.1, 1));
  // Neighbouring 52-bit numbers around every cell edge, and random pairs.
  for (int k = 2; k <= 52; ++k)
    for (std::uint64_t cell = 0; cell < 64; ++cell) {
      const std::uint64_t edge = ((std::uint64_t{1} << 52) + (cell << 46)) >> k;
      for (std::uint64_t i = edge < 3 ? 0 : edge - 3; i < edge + 3; ++i) {
        REQUIRE(table(i << 12) <= table((i + 1) << 12));
        REQUIRE(table(~(i << 12)) >= table(~((i + 1) << 12)));
      }
    }
  const std::uint64_t half = std::uint64_t{1} << 63;
  CHECK(table(half - 1) <= table(half));
  CHECK(rc::check([&](std::uint64_t a, std::uint64_t b) {
    const auto [low, high] = std::minmax(a, b);
    RC_ASSERT(table(low) <= table(high));
    RC_ASSERT(table.ns(low) <= table.ns(high));
  }));
}

TEST_CASE("tables have the shape Boost.Random samples have", "[kernel][distributions]") {
  // Two-sample Kolmogorov-Smirnov, 200 000 each; error rate 1e-6 each, seeds fixed.
  constexpr double kLimit = 2.69;
  const auto l = Lognormal::from_mean_cv(0.1, 1);
  CHECK(distance_from(boost::random::exponential_distribution<>(10),
                      QuantileTable(Exponential{0.1})) < kLimit);
  CHECK(distance_from(boost::random::lognormal_distribution<>(l.mu, l.sigma), QuantileTable(l)) <
        kLimit);
  CHECK(distance_from(boost::random::gamma_distribution<>(4, 0.025),
                      QuantileTable(Gamma::from_mean(0.1, 4))) < kLimit);
  CHECK(distance_from(boost::random::weibull_distribution<>(0.7, 2),
                      QuantileTable(Weibull{0.7, 2})) < kLimit);
  // The test has teeth: 2 % in the mean is seen.
  CHECK(distance_from(boost::random::exponential_distribution<>(10),
                      QuantileTable(Exponential{0.102})) > kLimit);
}

TEST_CASE("complemented bits couple as antithetic runs should", "[kernel][distributions]") {
  // Exponential: 1 - pi^2/6 = -0.645; normal: -1; gamma of shape 4: beyond -0.85; lognormal with
  // sigma s: (e^(-s^2) - 1)/(e^(s^2) - 1) = -e^(-s^2) = -1/2 at cv 1.
  const QuantileTable exponential(Exponential{1.0});
  CHECK(antithetic_correlation(exponential) == Approx(1 - M_PI * M_PI / 6).margin(0.01));
  CHECK(antithetic_correlation([](std::uint64_t b) {
          return exponential_quantile(1, to_uniform(b));
        }) == Approx(1 - M_PI * M_PI / 6).margin(0.01));
  CHECK(antithetic_correlation([](std::uint64_t b) { return normal_quantile(to_uniform(b)); }) ==
        Approx(-1).margin(1e-12));
  CHECK(antithetic_correlation(QuantileTable(Gamma::from_mean(1, 4))) < -0.85);
  CHECK(antithetic_correlation(QuantileTable(Lognormal::from_mean_cv(1, 1))) ==
        Approx(-0.5).margin(0.03));
}

TEST_CASE("whole nanoseconds are the table's seconds rounded", "[kernel][distributions]") {
  const QuantileTable table(Constant{0.0123456789});
  CHECK(table.ns(12345) == 12345679);
  CHECK(table.duration(0) == 12345679ns);
  CHECK(QuantileTable().duration(99) == 0ns);
  // 285 years and no more.
  CHECK(QuantileTable(Constant{1e300}).ns(1) == 9000000000000000000);
}

TEST_CASE("a scenario's distribution becomes its table", "[kernel][distributions]") {
  using Kind = DurationDistribution::Kind;
  CHECK(table_of({Kind::deterministic, 0.25, 0, 1}).duration(7) == 250ms);
  CHECK(table_of({Kind::exponential, 0.25, 0, 1}).mean() == Approx(0.25).epsilon(1e-4));
  CHECK(table_of({Kind::erlang, 0.25, 0, 3}).mean() == Approx(0.25).epsilon(1e-4));
  const auto l = Lognormal::from_p50_p99(0.02, 0.2);
  const auto table = table_of({Kind::lognormal, l.mean(), l.sigma, 1});
  CHECK(table(bits_of_uniform(0.5)) == Approx(0.02).epsilon(1e-5));
  CHECK(table(bits_of_uniform(0.99)) == Approx(0.2).epsilon(1e-4));
}

namespace {

/// P(rank < k) as the sampler has it: the smallest u that gives k or more, by bisection.
double share_below(const ZipfSampler& zipf, std::uint32_t k) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 53; ++i) {
    const double middle = (low + high) / 2;
    (zipf.rank(middle) < k ? low : high) = middle;
  }
  return high;
}

}  // namespace

TEST_CASE("Zipf ranks have their probabilities", "[kernel][distributions]") {
  // P(rank < k) = H(k, s) / H(n, s), H(k, s) = sum of j^-s for j = 1..k.
  for (const double s : {0.0, 0.5, 1.0, 1.2, 3.0}) {
    constexpr std::uint32_t kN = 50000;
    const ZipfSampler zipf(kN, s);
    std::vector<double> sums{0};
    for (std::uint32_t k = 1; k <= kN; ++k) sums.push_back(sums.back() + std::pow(k, -s));
    for (std::uint32_t k = 1; k < kN; k = k < 200 ? k + 1 : k + k / 37) {
      CAPTURE(s, k);
      const double truth = sums[k] / sums[kN];
      // Exact in the head and at cell edges; inside a cell ranks are shared out evenly, which moves
      // at most (1/64)^2 s / 8 of the rank's mass k P(k).
      const double slack =
          k <= 128 ? 1e-6 * truth : std::pow(k, 1 - s) / sums[kN] * s / 32768 + 1e-6;
      REQUIRE(share_below(zipf, k) == Approx(truth).margin(slack).epsilon(0));
    }
  }
}

TEST_CASE("Zipf ranks rise with the uniform and reach both ends",
          "[kernel][distributions][property]") {
  for (const std::uint32_t n : {1u, 2u, 127u, 128u, 129u, 130u, 50000u, 4294967295u}) {
    const ZipfSampler zipf(n, 1.0);
    CHECK(zipf.size() == n);
    CHECK(zipf.rank(0x1p-53) == 0);
    CHECK(zipf.rank(1 - 0x1p-53) == n - 1);
    std::uint32_t before = 0;
    for (int i = 0; i < 100000; ++i) {
      const std::uint32_t rank = zipf.rank((i + 0.5) / 100000);
      REQUIRE(rank >= before);
      REQUIRE(rank < n);
      before = rank;
    }
  }
  CHECK_THROWS_AS(ZipfSampler(0, 1), InternalError);
  CHECK_THROWS_AS(ZipfSampler(5, -1), InternalError);
}

TEST_CASE("exponent zero makes every Zipf rank equally likely", "[kernel][distributions]") {
  const ZipfSampler zipf(1000, 0);
  std::vector<int> counts(1000);
  for (int i = 0; i < 1000000; ++i) ++counts[zipf.rank((i + 0.5) / 1000000)];
  for (const int n : counts) REQUIRE(std::abs(n - 1000) <= 1);
}

// Renewal theory: the remainder has the density P(X > x) / E X, so its mean is E X^2 / (2 E X).
TEST_CASE("what is left of a value met under way", "[kernel][distributions]") {
  const auto mean_left = [](const QuantileTable& table) {
    const RemainderOf left(table);
    return moments_of([&](double u) { return left(u, 0.5); }).mean;
  };
  CHECK(mean_left(QuantileTable(Constant{3})) == Approx(1.5));
  CHECK(mean_left(QuantileTable(Exponential{3})) == Approx(3).epsilon(1e-3));
  CHECK(mean_left(QuantileTable(Gamma::from_mean(3, 4))) == Approx(3 * 1.25 / 2).epsilon(1e-3));
  CHECK(mean_left(QuantileTable(Lognormal::from_mean_cv(3, 1))) == Approx(3).epsilon(1e-3));
  // Anywhere within: of a constant it is uniform, of an exponential exponential (no memory).
  const RemainderOf constant(QuantileTable(Constant{3}));
  CHECK(constant(0.2, 0.25) == Approx(0.75));
  CHECK(constant(0.9, 0.25) == Approx(0.75));
  const RemainderOf exponential(QuantileTable(Exponential{1}));
  int longer = 0;
  for (int i = 0; i < 1000; ++i)
    for (int k = 0; k < 1000; ++k) longer += exponential((i + 0.5) / 1000, (k + 0.5) / 1000) > 2;
  CHECK(longer / 1e6 == Approx(std::exp(-2)).epsilon(5e-3));
  CHECK_THROWS_AS(RemainderOf(QuantileTable()), InternalError);
}

TEST_CASE("tables and ranks have the same bits on every machine", "[kernel][distributions]") {
  const RandomKey key = make_key(1, 0, "golden");
  const auto fingerprint = [&](const auto& value_of) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (std::uint64_t i = 0; i < 20000; ++i)
      hash = (hash ^ value_of(draw_bits(key, i))) * 0x100000001b3ULL;
    return hash;
  };
  const auto of_table = [&](const QuantileTable& table) {
    return fingerprint([&](std::uint64_t b) { return std::bit_cast<std::uint64_t>(table(b)); });
  };
  CHECK(of_table(QuantileTable(Lognormal::from_mean_cv(0.1, 1))) == 0x7316bb1f2466c3f8ULL);
  CHECK(of_table(QuantileTable(Exponential{0.1})) == 0x64eea6e37e6806d1ULL);
  CHECK(of_table(QuantileTable(Gamma::from_mean(0.1, 4))) == 0xecce770ee9ff543dULL);
  CHECK(of_table(QuantileTable(Weibull::from_mean(0.1, 0.7))) == 0x96bc0bd0ee2bcfdcULL);
  const ZipfSampler zipf(50000, 1.1);
  CHECK(fingerprint([&](std::uint64_t b) { return std::uint64_t{zipf.rank(to_uniform(b))}; }) ==
        0xf1764c11cc5d6a40ULL);
}
