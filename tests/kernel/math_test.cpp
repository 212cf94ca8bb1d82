#include "sim/kernel/math.h"

#include <bit>
#include <boost/math/special_functions/erf.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/kernel/random.h"

using namespace coalmine;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();
constexpr double kLargest = std::numeric_limits<double>::max();

/// Distance of `got` from the true value in units of the last place of the true value.
double ulps(double got, long double truth) {
  const auto rounded = static_cast<double>(truth);
  const double size = std::abs(rounded);
  const double ulp = std::nextafter(size, kInf) - size;
  return static_cast<double>(std::abs(static_cast<long double>(got) - truth) / ulp);
}

double relative(double got, long double truth) {
  return static_cast<double>(std::abs((static_cast<long double>(got) - truth) / truth));
}

/// One number for many results: any changed bit changes it.
template <class Function>
std::uint64_t fingerprint(Function f, double from, double to) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (int i = 0; i <= 20000; ++i) {
    const double x = from + (to - from) * i / 20000.0;
    hash = (hash ^ std::bit_cast<std::uint64_t>(f(x))) * 0x100000001b3ULL;
  }
  return hash;
}

std::uint64_t bits(double x) {
  return std::bit_cast<std::uint64_t>(x);
}

}  // namespace

TEST_CASE("exp is within one ulp of the truth over its whole range", "[kernel][math]") {
  double worst = 0;
  for (double x = -708.3; x < 709.7; x += 0.00731)
    worst = std::max(worst, ulps(portable_exp(x), std::exp(static_cast<long double>(x))));
  for (double x = -1; x < 1; x += 1.37e-5)
    worst = std::max(worst, ulps(portable_exp(x), std::exp(static_cast<long double>(x))));
  for (double x = 1e-300; x < 1e-3; x *= 3.1) {
    worst = std::max(worst, ulps(portable_exp(x), std::exp(static_cast<long double>(x))));
    worst = std::max(worst, ulps(portable_exp(-x), std::exp(static_cast<long double>(-x))));
  }
  CHECK(worst < 1.0);
}

TEST_CASE("exp rounds gradually to zero and overflows to infinity", "[kernel][math]") {
  double worst = 0;
  for (double x = -745; x < -708; x += 0.0137)
    worst = std::max(worst, ulps(portable_exp(x), std::exp(static_cast<long double>(x))));
  CHECK(worst <= 1.0);
  CHECK(portable_exp(-745.1) == kSmallest);
  CHECK(portable_exp(-745.2) == 0.0);
  CHECK(portable_exp(-kLargest) == 0.0);
  CHECK(portable_exp(-kInf) == 0.0);
  // The largest x whose exponential is a number: ln of the largest double, rounded down.
  constexpr double kLast = 0x1.62e42fefa39efp+9;
  CHECK(ulps(portable_exp(kLast), std::exp(static_cast<long double>(kLast))) < 1.0);
  CHECK(portable_exp(709.7828) == kInf);
  CHECK(portable_exp(kLargest) == kInf);
  CHECK(portable_exp(kInf) == kInf);
  CHECK(std::isnan(portable_exp(kNan)));
  CHECK(portable_exp(0.0) == 1.0);
  CHECK(portable_exp(-0.0) == 1.0);
}

TEST_CASE("log is within one ulp of the truth from the smallest to the largest number",
          "[kernel][math]") {
  double worst = 0;
  for (double x = kSmallest; x < kLargest / 2; x *= 1.0137) {
    worst = std::max(worst, ulps(portable_log(x), std::log(static_cast<long double>(x))));
    if (x < 1e-320) x += kSmallest;
  }
  for (double x = 0.5; x < 2; x += 1.237e-5)
    worst = std::max(worst, ulps(portable_log(x), std::log(static_cast<long double>(x))));
  for (double d = 0x1p-52; d < 0.1; d *= 1.7)
    for (const double x : {1 + d, 1 - d})
      worst = std::max(worst, ulps(portable_log(x), std::log(static_cast<long double>(x))));
  CHECK(worst < 1.0);
}

TEST_CASE("log of zero, infinity, negative numbers and NaN follows IEEE 754", "[kernel][math]") {
  CHECK(portable_log(1.0) == 0.0);
  CHECK_FALSE(std::signbit(portable_log(1.0)));
  CHECK(portable_log(0.0) == -kInf);
  CHECK(portable_log(-0.0) == -kInf);
  CHECK(portable_log(kInf) == kInf);
  CHECK(std::isnan(portable_log(-1.0)));
  CHECK(std::isnan(portable_log(-kSmallest)));
  CHECK(std::isnan(portable_log(-kInf)));
  CHECK(std::isnan(portable_log(kNan)));
  CHECK(ulps(portable_log(kSmallest), std::log(static_cast<long double>(kSmallest))) < 1.0);
  CHECK(ulps(portable_log(kLargest), std::log(static_cast<long double>(kLargest))) < 1.0);
}

TEST_CASE("ln(1 - p) keeps the digits of a small p", "[kernel][math]") {
  double worst = 0;
  for (double p = 1e-300; p < 0.999; p *= 1.09)
    worst =
        std::max(worst, ulps(portable_log_complement(p), std::log1p(-static_cast<long double>(p))));
  CHECK(worst < 3.0);
  CHECK(portable_log_complement(0) == 0.0);
  CHECK(portable_log_complement(1) == -kInf);
}

TEST_CASE("log undoes exp", "[kernel][math]") {
  // d ln(y) = dy / y: one ulp of y = e^x is at most 2^-52 of y, so x comes back to 2^-52 + an ulp.
  for (double x = -700; x < 700; x += 0.37)
    REQUIRE(std::abs(portable_log(portable_exp(x)) - x) < 2.3e-16 * (1 + std::abs(x)));
}

TEST_CASE("exp and log are usable at compile time", "[kernel][math]") {
  static_assert(portable_exp(0.0) == 1.0);
  static_assert(portable_log(1.0) == 0.0);
  // The compiler and the processor agree to the bit.
  constexpr double at_compile_time = portable_exp(portable_log(3.7) * 0.3);
  volatile double x = 3.7;
  CHECK(bits(portable_exp(portable_log(x) * 0.3)) == bits(at_compile_time));
}

TEST_CASE("the normal quantile is right to 1e-14 into the far tails", "[kernel][math]") {
  // z = -sqrt(2) erfc^-1(2p).
  const auto truth = [](double p) {
    return -std::sqrt(2.0L) * boost::math::erfc_inv(2 * static_cast<long double>(p));
  };
  double worst = 0;
  for (double p = 1e-300; p < 0.4999; p *= 1.03)
    worst = std::max(worst, relative(normal_quantile(p), truth(p)));
  for (double p = 0.501; p < 1; p += 0.00037)
    worst = std::max(worst, relative(normal_quantile(p), truth(p)));
  for (int i = 10; i <= 53; ++i)
    worst = std::max(
        worst, relative(normal_quantile(1 - std::ldexp(1.0, -i)), -truth(std::ldexp(1.0, -i))));
  CHECK(worst < 1e-14);
  CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-14));
}

TEST_CASE("the normal quantile is odd about one half, and never falls", "[kernel][math]") {
  CHECK(normal_quantile(0.5) == 0.0);
  double before = -kInf;
  for (int i = 1; i < 4096; ++i) {
    const double p = i / 4096.0;  // 1 - p is exact
    REQUIRE(normal_quantile(p) == -normal_quantile(1 - p));
    REQUIRE(normal_quantile(p) > before);
    before = normal_quantile(p);
  }
  CHECK(normal_quantile(0.0) == -kInf);
  CHECK(normal_quantile(1.0) == kInf);
  CHECK(std::isnan(normal_quantile(-0.1)));
  CHECK(std::isnan(normal_quantile(1.1)));
  CHECK(std::isnan(normal_quantile(kNan)));
}

TEST_CASE("the normal distribution function is right to 1e-14, relative, in the lower tail too",
          "[kernel][math]") {
  const auto truth = [](double x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; };
  double worst = 0;
  for (double x = -37.4; x < 9; x += 0.0113)
    worst = std::max(worst, relative(normal_cdf(x), truth(x)));
  CHECK(worst < 1e-14);
  CHECK(normal_cdf(0) == 0.5);
  CHECK(normal_cdf(kInf) == 1.0);
  CHECK(normal_cdf(-kInf) == 0.0);
  CHECK(std::isnan(normal_cdf(kNan)));
}

TEST_CASE("log gamma agrees with the truth, and its factorials", "[kernel][math]") {
  double worst = 0;
  for (double x = 1e-5; x < 1e4; x *= 1.013) {
    const long double truth = std::lgamma(static_cast<long double>(x));
    worst = std::max(
        worst,
        static_cast<double>(std::abs(log_gamma(x) - truth) / std::max(1.0L, std::abs(truth))));
  }
  CHECK(worst < 1e-14);
  CHECK(log_gamma(5) == Approx(std::log(24.0)).epsilon(1e-14));  // Gamma(5) = 4!
  CHECK(std::isnan(log_gamma(0)));
  CHECK(std::isnan(log_gamma(-1)));
}

TEST_CASE("every machine and compiler gives the same bits", "[kernel][math]") {
  // Frozen: these may never change without a new recording format, because stored runs replay.
  CHECK(bits(portable_exp(1.0)) == 0x4005bf0a8b14576aULL);
  CHECK(bits(portable_exp(-0.1)) == 0x3fecf46d99d52b3aULL);
  CHECK(bits(portable_log(10.0)) == 0x40026bb1bbb55516ULL);
  CHECK(bits(portable_log(0.3)) == 0xbff34378fcbda721ULL);
  CHECK(bits(normal_quantile(0.99)) == 0x40029c5c4630ff0cULL);
  CHECK(bits(normal_cdf(-3.0)) == 0x3f561de1f985b5d7ULL);
  CHECK(fingerprint(portable_exp, -700, 700) == 0x58e0a91a6ea4e880ULL);
  CHECK(fingerprint(portable_exp, -745, -708) == 0x1486a7ea83077d1cULL);
  CHECK(fingerprint(portable_log, 1e-3, 7) == 0x771ac6cec7e3c449ULL);
  CHECK(fingerprint(normal_quantile, 1e-9, 1 - 1e-9) == 0x90349041c90a452bULL);
  CHECK(fingerprint(normal_cdf, -30, 9) == 0xd8b6defc2c83dfd0ULL);
  CHECK(fingerprint(log_gamma, 0.01, 30) == 0xe9ef73adeecba852ULL);
}
