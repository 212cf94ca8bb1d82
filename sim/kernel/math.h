/// Elementary functions with the same bits on every machine.
///
/// libm picks its variant by processor (with or without fused multiply-add), so its last bits
/// differ between hosts and a run would too. These use only IEEE 754 binary64 +, -, *, /, sqrt and
/// bit operations in a fixed order, in round-to-nearest; the build forbids contraction
/// (-ffp-contract=off).
///
/// portable_exp and portable_log are for the event path (a few ns, inline, usable at compile time);
/// the others are for set-up and statistics.
#pragma once

#include <bit>
#include <cstdint>

namespace coalmine {

namespace math_detail {

// ln 2 in two parts: the first has its last 20 bits zero, so that k * kLn2High is exact for every
// exponent k of a double.
inline constexpr double kLn2High = 0x1.62e42feep-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
inline constexpr double kLog2E = 0x1.71547652b82fep+0;

/// e^(k ln 2 + r) = 2^k e^r: x = k ln 2 + rest, |rest| <= ln 2 / 2.
struct ExpParts {
  double mantissa;  ///< e^rest, 0.707..1.415
  int exponent;     ///< k
};

/// Valid for |x| < 1e6.
constexpr ExpParts exp_parts(double x) {
  // Adding 1.5 * 2^52 leaves the nearest integer in the low bits.
  constexpr double kShift = 0x1.8p52;
  const double shifted = x * kLog2E + kShift;
  const double k = shifted - kShift;
  const double high = x - k * kLn2High;
  const double low = k * kLn2Low;
  const double r = high - low;
  const double lost = (high - r) - low;
  // Taylor to r^13 (the next term is below 2^-57), grouped in pairs to shorten the chain.
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double a = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
  const double b = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
  const double c =
      (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800));
  const double tail = r2 * (a + r4 * (b + r4 * c));
  return {1.0 + (r + (tail + lost)), static_cast<int>(k)};
}

constexpr double power_of_two(int k) {  // -1022 <= k <= 1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

double exp_edge(double x);
double log_edge(double x);

/// ln(2^k m) for the normal double whose bits are given.
constexpr double log_normal_number(std::uint64_t bits, int extra_exponent) {
  // m in [sqrt(1/2), sqrt(2)): then ln m = 2 atanh(s), s = (m-1)/(m+1), |s| <= 0.172.
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e00000000ULL;
  const std::int64_t exponent = static_cast<std::int64_t>(bits - kSqrtHalf) >> 52;
  const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(exponent) << 52));
  const double k = static_cast<double>(exponent + extra_exponent);
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double z2 = z * z;
  const double z4 = z2 * z2;
  // 2 atanh(s) = 2s + s * rest, rest = sum over i of 2 z^i / (2i+1); cut after z^10 (below 2^-59).
  const double p = (2.0 / 3 + z * (2.0 / 5)) + z2 * (2.0 / 7 + z * (2.0 / 9));
  const double q = (2.0 / 11 + z * (2.0 / 13)) + z2 * (2.0 / 15 + z * (2.0 / 17));
  const double rest = z * (p + z4 * (q + z4 * (2.0 / 19 + z * (2.0 / 21))));
  // 2s = f - s f = f - (f^2/2 - s f^2/2): f itself is exact, only the small rest is rounded.
  const double half_square = 0.5 * f * f;
  return k * kLn2High - ((half_square - (s * (half_square + rest) + k * kLn2Low)) - f);
}

}  // namespace math_detail

/// e^x, error below 1 ulp; subnormal results are rounded once more. exp(-inf) = 0, exp(+inf) and
/// x > 709.79 give +inf, NaN gives NaN.
constexpr double portable_exp(double x) {
  if (!(x > -708.0 && x < 709.0)) [[unlikely]]
    return math_detail::exp_edge(x);
  const auto [mantissa, exponent] = math_detail::exp_parts(x);
  return mantissa * math_detail::power_of_two(exponent);
}

/// ln x, error below 1 ulp, subnormal x included. log(0) = -inf, log(+inf) = +inf, x < 0 and NaN
/// give NaN.
constexpr double portable_log(double x) {
  constexpr std::uint64_t kSmallestNormal = 0x0010000000000000ULL;
  constexpr std::uint64_t kInfinity = 0x7ff0000000000000ULL;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  if (bits - kSmallestNormal >= kInfinity - kSmallestNormal) [[unlikely]]
    return math_detail::log_edge(x);
  return math_detail::log_normal_number(bits, 0);
}

/// ln(1 - p) for p in [0, 1], exact to a few ulp for small p as well.
constexpr double portable_log_complement(double p) {
  // The rounding of 1 - p is undone to first order: ln(1 - p) / p hardly changes with p.
  const double rest = 1.0 - p;
  return rest == 1.0   ? -p
         : rest == 0.0 ? portable_log(0.0)
                       : portable_log(rest) * (p / (1.0 - rest));
}

/// base^exponent for base > 0 as e^(exponent ln base): relative error about 1e-16 (1 + |exponent ln
/// base|).
constexpr double portable_pow(double base, double exponent) {
  return portable_exp(exponent * portable_log(base));
}

/// x with P(Z <= x) = p, Z standard normal; relative error below 1e-14 for p in [1e-300, 1 -
/// 2^-53]. p = 0 and 1 give -inf and +inf; outside [0, 1] and NaN give NaN. Exactly odd about 1/2.
/// Algorithm AS 241 (Wichura 1988, Applied Statistics 37, PPND16). 5-20 ns.
double normal_quantile(double p);

/// P(Z <= x), Z standard normal; relative error below 1e-14 as long as the result is a normal
/// number (x > -37.5). A series near zero, the continued fraction of Mills' ratio in the tails; up
/// to 0.5 microseconds, for set-up and statistics.
double normal_cdf(double x);

/// ln Gamma(x) for x > 0, to 1e-14 of the larger of |result| and 1. Stirling's series after
/// shifting x above 12. For set-up. x <= 0 and NaN give NaN.
double log_gamma(double x);

}  // namespace coalmine
