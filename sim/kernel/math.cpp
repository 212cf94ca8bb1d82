#include "sim/kernel/math.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace coalmine {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInverseSqrtTwoPi = 0x1.9884533d43651p-2;
constexpr double kHalfLnTwoPi = 0x1.d67f1c864beb5p-1;

/// Coefficients from the constant term up.
template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {
  double sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

namespace math_detail {

double exp_edge(double x) {
  if (x != x) return x;
  if (x > 709.79) return kInfinity;
  if (x < -745.2) return 0.0;
  // Two factors, each in range; the last multiplication rounds to a subnormal or to infinity.
  const auto [mantissa, exponent] = exp_parts(x);
  const int half = exponent / 2;
  return mantissa * power_of_two(half) * power_of_two(exponent - half);
}

double log_edge(double x) {
  if (x == 0) return -kInfinity;
  if (!(x > 0)) return kNan;
  if (x == kInfinity) return x;
  return log_normal_number(std::bit_cast<std::uint64_t>(x * 0x1p54), -54);
}

}  // namespace math_detail

// AS 241, PPND16: three rational approximations, of 0.425^2 - (p - 1/2)^2 in the middle and of
// sqrt(-ln(tail)) in the near and the far tail.
double normal_quantile(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinity : p == 1 ? kInfinity : kNan;
  const double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    static constexpr std::array kTop{3.3871328727963666080e0,
                                     1.3314166789178437745e2,
                                     1.9715909503065514427e3,
                                     1.3731693765509461125e4,
                                     4.5921953931549871457e4,
                                     6.7265770927008700853e4,
                                     3.3430575583588128105e4,
                                     2.5090809287301226727e3};
    static constexpr std::array kBottom{1.0,
                                        4.2313330701600911252e1,
                                        6.8718700749205790830e2,
                                        5.3941960214247511077e3,
                                        2.1213794301586595867e4,
                                        3.9307895800092710610e4,
                                        2.8729085735721942674e4,
                                        5.2264952788528545610e3};
    const double r = 0.180625 - q * q;
    return q * polynomial(kTop, r) / polynomial(kBottom, r);
  }
  const double r = std::sqrt(-portable_log(q < 0 ? p : 1.0 - p));
  double z = 0;
  if (r <= 5) {
    static constexpr std::array kTop{1.42343711074968357734e0,
                                     4.63033784615654529590e0,
                                     5.76949722146069140550e0,
                                     3.64784832476320460504e0,
                                     1.27045825245236838258e0,
                                     2.41780725177450611770e-1,
                                     2.27238449892691845833e-2,
                                     7.74545014278341407640e-4};
    static constexpr std::array kBottom{1.0,
                                        2.05319162663775882187e0,
                                        1.67638483018380384940e0,
                                        6.89767334985100004550e-1,
                                        1.48103976427480074590e-1,
                                        1.51986665636164571966e-2,
                                        5.47593808499534494600e-4,
                                        1.05075007164441684324e-9};
    z = polynomial(kTop, r - 1.6) / polynomial(kBottom, r - 1.6);
  } else {
    static constexpr std::array kTop{6.65790464350110377720e0,
                                     5.46378491116411436990e0,
                                     1.78482653991729133580e0,
                                     2.96560571828504891230e-1,
                                     2.65321895265761230930e-2,
                                     1.24266094738807843860e-3,
                                     2.71155556874348757815e-5,
                                     2.01033439929228813265e-7};
    static constexpr std::array kBottom{1.0,
                                        5.99832206555887937690e-1,
                                        1.36929880922735805310e-1,
                                        1.48753612908506148525e-2,
                                        7.86869131145613259100e-4,
                                        1.84631831751005468180e-5,
                                        1.42151175831644588870e-7,
                                        2.04426310338993978564e-15};
    z = polynomial(kTop, r - 5.0) / polynomial(kBottom, r - 5.0);
  }
  return q < 0 ? -z : z;
}

double normal_cdf(double x) {
  if (x != x) return x;
  const double size = x < 0 ? -x : x;
  if (size > 39) return x < 0 ? 0.0 : 1.0;
  // x^2/2 in two parts, the first exact: rounded at once, e^(-x^2/2) would lose x^2/2 ulp.
  const double coarse = static_cast<double>(static_cast<int>(size * 16.0)) * 0.0625;
  const double density = kInverseSqrtTwoPi * portable_exp(-0.5 * coarse * coarse) *
                         portable_exp(-0.5 * (size - coarse) * (size + coarse));
  if (size < 2) {
    // P(0 < Z < x) = density (x + x^3/3 + x^5/(3 5) + ...): no cancellation, term falls by x^2/n.
    double term = size;
    double sum = size;
    for (int n = 3; term > sum * 0x1p-55; n += 2) {
      term = term * size * size / n;
      sum += term;
    }
    const double half = density * sum;
    return x < 0 ? 0.5 - half : 0.5 + half;
  }
  // P(Z > x) = density / (x + 1/(x + 2/(x + 3/(x + ...)))), from the inside out; 80 levels are
  // enough at x = 2 and more than enough beyond.
  double fraction = size;
  for (int n = 80; n >= 1; --n) fraction = size + n / fraction;
  const double tail = density / fraction;
  return x < 0 ? tail : 1.0 - tail;
}

double log_gamma(double x) {
  if (!(x > 0)) return kNan;
  if (x == kInfinity) return x;
  // Gamma(x) = Gamma(x + n) / (x (x+1) ... (x+n-1)), until Stirling's series is exact to a double.
  double product = 1;
  double y = x;
  for (; y < 12; y += 1) product *= y;
  static constexpr std::array kStirling{1.0 / 12,
                                        -1.0 / 360,
                                        1.0 / 1260,
                                        -1.0 / 1680,
                                        1.0 / 1188,
                                        -691.0 / 360360,
                                        1.0 / 156,
                                        -3617.0 / 122400};
  const double inverse = 1.0 / y;
  const double series = inverse * polynomial(kStirling, inverse * inverse);
  return (y - 0.5) * portable_log(y) - y + kHalfLnTwoPi + series - portable_log(product);
}

}  // namespace coalmine
