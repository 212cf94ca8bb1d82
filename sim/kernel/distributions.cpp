#include "sim/kernel/distributions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {

namespace {

constexpr double kZ99 = 2.3263478740408411;  // normal_quantile(0.99)
constexpr double kLargest = 9e9;             // seconds that still fit a Duration

bool positive(double x) {
  return x > 0 && x < 1e300;  // false for NaN
}

/// Logarithms of P(X <= x) and P(X > x), X gamma of the given shape and scale 1.
struct LogTails {
  double lower;
  double upper;
};

LogTails log_tails(double shape, double log_gamma_shape, double x, double log_x) {
  const double log_front = shape * log_x - x - log_gamma_shape;  // x^a e^-x / Gamma(a)
  if (x < shape + 1) {
    // P = front (1/a + x/(a(a+1)) + x^2/(a(a+1)(a+2)) + ...), positive terms.
    double term = 1.0 / shape;
    double sum = term;
    for (double n = shape + 1; term > sum * 0x1p-55; n += 1) {
      term = term * x / n;
      sum += term;
    }
    const double lower = log_front + portable_log(sum);
    return {lower, portable_log(1.0 - std::min(portable_exp(lower), 1.0))};
  }
  // Q = front / (x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))), Lentz's method.
  double b = x + 1 - shape;
  double c = 1e300;
  double d = 1 / b;
  double fraction = d;
  for (int n = 1; n < 100000; ++n) {
    const double a = n * (shape - n);
    b += 2;
    d = 1 / (a * d + b);
    c = a / c + b;
    fraction *= d * c;
    if (d * c > 1 - 0x1p-52 && d * c < 1 + 0x1p-52) break;
  }
  const double upper = log_front + portable_log(fraction);
  return {portable_log(1.0 - std::min(portable_exp(upper), 1.0)), upper};
}

/// x with the given tail probability, scale 1. Newton's method on ln(tail) over ln x, kept inside a
/// bracket: both are nearly straight lines in the tails, so few steps are needed.
double gamma_quantile(double shape, double tail, bool is_upper) {
  const double log_gamma_shape = log_gamma(shape);
  const double target = portable_log(tail);
  // First guess: Wilson and Hilferty's cube, or the leading term of P where that is not positive.
  const double z = is_upper ? -normal_quantile(tail) : normal_quantile(tail);
  const double cube = 1 - 1 / (9 * shape) + z / (3 * std::sqrt(shape));
  double y = cube > 0.2
                 ? portable_log(shape) + 3 * portable_log(cube)
                 : ((is_upper ? portable_log(1 - tail) : target) + log_gamma(shape + 1)) / shape;
  double low = -1e9;
  double high = 25;
  for (int step = 0; step < 200 && high - low > 1e-15; ++step) {
    y = std::clamp(y, low, high);
    if (y < -740) return 0;  // below the smallest number
    const double x = portable_exp(y);
    const LogTails tails = log_tails(shape, log_gamma_shape, x, y);
    const double error = (is_upper ? tails.upper : tails.lower) - target;
    (is_upper ? error < 0 : error > 0) ? high = y : low = y;
    // d ln P / dy = x f(x) / P, x f(x) = x^a e^-x / Gamma(a); for Q the sign turns.
    const double slope =
        portable_exp(shape * y - x - log_gamma_shape - (is_upper ? tails.upper : tails.lower));
    const double next = is_upper ? y + error / slope : y - error / slope;
    if (next > y - 1e-14 && next < y + 1e-14) return portable_exp(next);
    y = next > low && next < high ? next : low + (high - low) / 2;
  }
  return portable_exp(y);
}

}  // namespace

Lognormal Lognormal::from_mean_cv(double mean, double cv) {
  CM_ASSERT(positive(mean) && cv >= 0 && cv < 1e100);
  const double variance = portable_log(1 + cv * cv);
  return {portable_log(mean) - variance / 2, std::sqrt(variance)};
}

Lognormal Lognormal::from_p50_p99(double p50, double p99) {
  CM_ASSERT(positive(p50) && positive(p99) && p50 <= p99);
  return {portable_log(p50), portable_log(p99 / p50) / kZ99};
}

double Lognormal::mean() const {
  return portable_exp(mu + sigma * sigma / 2);
}

double Lognormal::cv() const {
  return std::sqrt(portable_exp(sigma * sigma) - 1);
}

Gamma Gamma::from_mean(double mean, double shape) {
  CM_ASSERT(positive(mean) && positive(shape) && shape <= 1e4);
  return {shape, mean / shape};
}

double Gamma::quantile(double p) const {
  return scale * gamma_quantile(shape, p, false);
}

double Gamma::upper_quantile(double q) const {
  return scale * gamma_quantile(shape, q, true);
}

Weibull Weibull::from_mean(double mean, double shape) {
  CM_ASSERT(positive(mean) && positive(shape));
  return {shape, mean / portable_exp(log_gamma(1 + 1 / shape))};
}

double Weibull::mean() const {
  return scale * portable_exp(log_gamma(1 + 1 / shape));
}

Pareto Pareto::from_mean(double mean, double alpha) {
  CM_ASSERT(positive(mean) && alpha > 1 && alpha < 1e6);
  return {alpha, mean * (alpha - 1) / alpha};
}

Empirical::Empirical(std::vector<Point> points) : points_(std::move(points)) {
  CM_ASSERT(!points_.empty());
  for (std::size_t i = 0; i < points_.size(); ++i) {
    CM_ASSERT(points_[i].p >= 0 && points_[i].p <= 1 && positive(points_[i].value));
    CM_ASSERT(i == 0 || (points_[i - 1].p < points_[i].p &&  //
                         points_[i - 1].value <= points_[i].value));
  }
}

double Empirical::quantile(double p) const {
  const auto after =
      std::upper_bound(points_.begin(), points_.end(), p, [](double value, const Point& point) {
        return value < point.p;
      });
  if (after == points_.begin()) return points_.front().value;
  if (after == points_.end()) return points_.back().value;
  const Point& from = *(after - 1);
  const double share = (p - from.p) / (after->p - from.p);
  return from.value * portable_exp(share * portable_log(after->value / from.value));
}

QuantileTable::QuantileTable(const TailFunction& quantile, const TailFunction& upper_quantile) {
  nodes_.reserve(2 * kNodesPerSide);
  const auto value_at = [](const TailFunction& function, std::uint64_t node) {
    const double value = function(edge(node));
    CM_ASSERT(value >= 0);
    return std::min(value, kLargest);
  };
  for (std::uint64_t i = 0; i < kNodesPerSide; ++i) nodes_.push_back(value_at(quantile, i));
  for (std::uint64_t i = 0; i < kNodesPerSide; ++i) nodes_.push_back(value_at(upper_quantile, i));
  // The last digits of a quantile function may not be monotone; the table is. From the median
  // outwards on both sides, the median being one value.
  const std::uint64_t median = kNodesPerSide - 1;
  nodes_[median + kNodesPerSide] = nodes_[median];
  for (std::uint64_t i = median; i-- > 0;) {
    nodes_[i] = std::min(nodes_[i], nodes_[i + 1]);
    nodes_[kNodesPerSide + i] = std::max(nodes_[kNodesPerSide + i], nodes_[kNodesPerSide + i + 1]);
  }
}

double QuantileTable::mean() const {
  double sum = 0;
  for (std::uint64_t i = 0; i + 1 < kNodesPerSide; ++i) {
    const double width = edge(i + 1) - edge(i);
    sum += width * (nodes_[i] + nodes_[i + 1]) / 2;
    sum += width * (nodes_[kNodesPerSide + i] + nodes_[kNodesPerSide + i + 1]) / 2;
  }
  return sum;
}

RemainderOf::RemainderOf(const QuantileTable& table) {
  using Table = QuantileTable;
  double total = 0;
  for (const std::uint64_t side : {std::uint64_t{0}, Table::kNodesPerSide})
    for (std::uint64_t i = 0; i + 1 < Table::kNodesPerSide; ++i) {
      const double from = table.nodes_[side + i];
      const double to = table.nodes_[side + i + 1];
      cells_.push_back({total, from, to});
      total += (Table::edge(i + 1) - Table::edge(i)) * (from + to) / 2;
    }
  CM_ASSERT(total > 0);
  for (Cell& cell : cells_) cell.below /= total;
  cells_.push_back({1, 0, 0});
}

double RemainderOf::operator()(double which, double where) const {
  const auto after =
      std::upper_bound(cells_.begin() + 1, cells_.end() - 1, which, [](double w, const Cell& cell) {
        return w < cell.below;
      });
  const Cell& cell = *(after - 1);
  const double within = (which - cell.below) / (after->below - cell.below);
  // Inside a cell values from..to are equally likely, and are met in proportion to themselves.
  const double squared =
      cell.from * cell.from + (cell.to * cell.to - cell.from * cell.from) * within;
  return where * std::sqrt(std::max(0.0, squared));
}

QuantileTable table_of(const DurationDistribution& distribution) {
  const double mean = distribution.mean;
  switch (distribution.kind) {
    case DurationDistribution::Kind::lognormal: {
      CM_ASSERT(positive(mean) && distribution.sigma >= 0);
      const double sigma = distribution.sigma;
      return QuantileTable(Lognormal{portable_log(mean) - sigma * sigma / 2, sigma});
    }
    case DurationDistribution::Kind::exponential:
      CM_ASSERT(positive(mean));
      return QuantileTable(Exponential{mean});
    case DurationDistribution::Kind::erlang:
      return QuantileTable(Gamma::from_mean(mean, distribution.shape));
    case DurationDistribution::Kind::deterministic:
      break;
  }
  return QuantileTable(Constant{mean});
}

ZipfSampler::ZipfSampler(std::uint32_t n, double exponent) : size_(n) {
  CM_ASSERT(n >= 1);
  CM_ASSERT(exponent >= 0 && exponent <= 10);
  const auto weight = [&](double k) { return portable_exp(-exponent * portable_log(k)); };
  // Cells hold one rank each up to 128, then 64 to the power of two. A cell's mass is the integral
  // from half a rank before its first to half a rank after its last (Euler-Maclaurin), by Simpson's
  // rule, less the first correction of the midpoint rule.
  double total = 0;
  for (std::uint32_t first = 0; first < n;) {
    const std::uint32_t width = std::min(n - first, first < 128 ? 1 : std::bit_floor(first) / 64);
    const double from = static_cast<double>(first) + 0.5;
    const double to = from + static_cast<double>(width);
    double mass = weight(from + 0.5);
    if (width > 1) {
      const double integral =
          (to - from) / 6 * (weight(from) + 4 * weight((from + to) / 2) + weight(to));
      const double slopes = -exponent * (weight(to) / to - weight(from) / from);
      mass = integral - slopes / 24;
    }
    cells_.push_back({total, static_cast<double>(width) / mass, first});
    total += mass;
    first += width;
  }
  for (Cell& cell : cells_) {
    cell.below /= total;
    cell.ranks_per_probability *= total;
  }
  cells_.push_back({2.0, 0.0, n});
  std::uint32_t cell = 0;
  for (std::size_t slice = 0; slice < kGuide; ++slice) {
    const double start = static_cast<double>(slice) / static_cast<double>(kGuide);
    while (start >= cells_[cell + 1].below) ++cell;
    guide_.push_back(cell);
  }
}

}  // namespace coalmine
