/// Positive random variables as inverse distribution functions: one uniform makes one variate.
///
/// Every variate rises with its uniform, so draws couple as well as they can between strategies,
/// and complemented bits give antithetic runs. Values are in the unit the parameters have
/// (seconds, where the simulator uses them). All of it rests on math.h: the same bits everywhere.
///
/// Set-up: pick a distribution, make a `QuantileTable` of it. Event path: `table(bits)`, 2 ns.
/// Parameters and defaults: specs/service-models.md section 4.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/kernel/distribution_spec.h"
#include "sim/kernel/math.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// Every distribution answers `quantile(p)` = x with P(X <= x) = p, and `upper_quantile(q)` = x
/// with P(X > x) = q, the same function but exact for small q. p and q lie in the open (0, 1).
/// Impossible parameters are an InternalError: the scenario checks what users write.

/// Exponential with this mean > 0: p50 = 0.693 mean, cv 1. u = to_uniform(bits) makes 1 - u exact.
/// Cheap enough for the event path (8 ns).
inline double exponential_quantile(double mean, double u) {
  return -mean * portable_log(1.0 - u);
}

struct Exponential {
  double mean_value = 1;

  double mean() const { return mean_value; }
  double quantile(double p) const { return -mean_value * portable_log_complement(p); }
  double upper_quantile(double q) const { return -mean_value * portable_log(q); }
};

/// Always the same value >= 0.
struct Constant {
  double value = 1;

  double mean() const { return value; }
  double quantile(double) const { return value; }
  double upper_quantile(double) const { return value; }
};

/// e^(mu + sigma Z): p50 = e^mu, mean = e^(mu + sigma^2/2), cv^2 = e^(sigma^2) - 1.
struct Lognormal {
  double mu = 0;
  double sigma = 1;

  static Lognormal from_mean_cv(double mean, double cv);  ///< mean > 0, cv >= 0
  static Lognormal from_p50_p99(double p50, double p99);  ///< 0 < p50 <= p99
  double mean() const;
  double cv() const;
  double quantile(double p) const { return portable_exp(mu + sigma * normal_quantile(p)); }
  double upper_quantile(double q) const { return portable_exp(mu - sigma * normal_quantile(q)); }
};

/// Gamma of this shape > 0 (up to 1e4; Erlang for whole shapes): cv^2 = 1/shape. The quantile
/// inverts the incomplete gamma function by Newton's method, relative error below 1e-10; some
/// microseconds, for set-up.
struct Gamma {
  double shape = 1;
  double scale = 1;  ///< mean / shape

  static Gamma from_mean(double mean, double shape);
  double mean() const { return shape * scale; }
  double quantile(double p) const;
  double upper_quantile(double q) const;
};

/// Weibull of this shape > 0; below 1 heavy-tailed.
struct Weibull {
  double shape = 1;
  double scale = 1;  ///< mean / Gamma(1 + 1/shape)

  static Weibull from_mean(double mean, double shape);
  double mean() const;
  double quantile(double p) const {
    return scale * portable_pow(-portable_log_complement(p), 1.0 / shape);
  }
  double upper_quantile(double q) const {
    return scale * portable_pow(-portable_log(q), 1.0 / shape);
  }
};

/// Pareto: P(X > x) = (minimum/x)^alpha; alpha > 1 for a mean, > 2 for a variance.
struct Pareto {
  double alpha = 3;
  double minimum = 1;  ///< mean (alpha - 1) / alpha

  static Pareto from_mean(double mean, double alpha);
  double mean() const { return minimum * alpha / (alpha - 1.0); }
  double quantile(double p) const { return upper_quantile(1.0 - p); }
  double upper_quantile(double q) const { return minimum * portable_pow(q, -1.0 / alpha); }
};

/// Measured quantiles, linear in the logarithm of the value between them, constant outside.
class Empirical {
 public:
  struct Point {
    double p;      ///< in [0, 1], strictly rising
    double value;  ///< > 0, not falling
  };
  explicit Empirical(std::vector<Point> points);  ///< at least one

  double quantile(double p) const;
  double upper_quantile(double q) const { return quantile(1.0 - q); }

 private:
  std::vector<Point> points_;
};

/// Any distribution as a table, evaluated in about 2 ns whatever its formula costs.
///
/// Cells: 64 per halving of the distance to the nearer end of (0, 1), from 1/2 down to 2^-53, on
/// both sides; so they are 1/256 to 1/128 of the unit interval wide in the middle and ever finer
/// towards the tails. Linear between the cell edges, where the table is exact.
/// Accuracy, for the distributions above with cv up to 2: mean within 3e-5 relative (it errs high,
/// the chord of a convex curve), any quantile from 1e-6 to 1 - 1e-6 within 1e-4.
/// Never falling in the 64 bits taken as an unsigned number; agrees with
/// quantile(to_uniform(bits)). 53 KiB, of which a run touches the middle 10; immutable, share it
/// between runs. Values above 9e9 (285 years in seconds) are cut to that.
class QuantileTable {
 public:
  /// A distribution that always gives 0.
  QuantileTable() : QuantileTable(Constant{0.0}) {}

  /// A table of `distribution`, anything with quantile(p) and upper_quantile(q). Costs 6 658 calls.
  template <class Distribution>
  explicit QuantileTable(const Distribution& distribution)
      : QuantileTable([&](double p) { return distribution.quantile(p); },
                      [&](double q) { return distribution.upper_quantile(q); }) {}

  /// The value for 64 random bits (draw_bits), in the distribution's unit.
  double operator()(std::uint64_t bits) const {
    // Bits of the upper half are complemented: v is the distance to the nearer end, in (0, 1/2).
    const std::uint64_t upper = 0 - (bits >> 63);
    const double v =
        (static_cast<double>(static_cast<std::int64_t>((bits ^ upper) >> 12)) + 0.5) * 0x1p-52;
    const auto v_bits = std::bit_cast<std::uint64_t>(v);
    const double* node =
        nodes_.data() + ((v_bits >> kFractionBits) - kFirstCell + (upper & kNodesPerSide));
    const double within =
        std::bit_cast<double>(kOne | (v_bits & kFractionMask) << (52 - kFractionBits)) - 1.0;
    return node[0] + within * (node[1] - node[0]);
  }

  /// The same for a distribution in seconds, as whole nanoseconds (the nearest).
  std::int64_t ns(std::uint64_t bits) const {
    const double seconds = (*this)(bits);
    return static_cast<std::int64_t>(seconds * 1e9 + 0.5);
  }
  Duration duration(std::uint64_t bits) const { return Duration(ns(bits)); }

  /// Mean of what the table returns (not of the distribution it was made of).
  double mean() const;

 private:
  friend class RemainderOf;
  using TailFunction = std::function<double(double)>;
  QuantileTable(const TailFunction& quantile, const TailFunction& upper_quantile);

  static constexpr int kCellBits = 6;
  static constexpr int kTailPower = 53;  ///< the smallest distance is 2^-53
  static constexpr int kFractionBits = 52 - kCellBits;
  static constexpr std::uint64_t kFractionMask = (std::uint64_t{1} << kFractionBits) - 1;
  static constexpr std::uint64_t kOne = std::uint64_t{1023} << 52;
  static constexpr std::uint64_t kFirstCell = std::uint64_t{1023 - kTailPower} << kCellBits;
  static constexpr std::uint64_t kCellsPerSide = std::uint64_t{kTailPower - 1} << kCellBits;
  static constexpr std::uint64_t kNodesPerSide = kCellsPerSide + 1;
  /// How far an edge lies from 0 on the lower side, from 1 on the upper one.
  static double edge(std::uint64_t node) {
    return std::bit_cast<double>((kFirstCell + node) << kFractionBits);
  }

  // Values at the cell edges by rising distance from 0, then by rising distance from 1.
  std::vector<double> nodes_;
};

/// What is left of a value that is under way at a random instant: a pause, say, of somebody who
/// pauses again and again. Long ones are met in proportion to their length, and anywhere within:
/// density P(X > x) / mean (renewal theory).
class RemainderOf {
 public:
  explicit RemainderOf(const QuantileTable& table);     ///< with a mean > 0
  double operator()(double which, double where) const;  ///< from two uniforms in (0, 1)

 private:
  struct Cell {
    double below;     ///< share of all length that lies in the cells before
    double from, to;  ///< values, linear between
  };
  std::vector<Cell> cells_;  ///< ends with a sentinel: below = 1
};

/// The table, in seconds, of a distribution as a scenario states it.
QuantileTable table_of(const DurationDistribution& distribution);

/// Which of n users: rank k = 0, 1, ... with probability proportional to (k + 1)^-exponent, from
/// one uniform, rising with it (rank 0 is the most frequent).
///
/// Ranks below 128 are exact. Above, ranks are grouped in cells 1/64 to 1/128 of their rank wide;
/// a cell's probability is right to 1e-6, inside it ranks are equally likely. Set-up and memory
/// grow with log n (at most 60 KiB); a draw costs about 6 ns. exponent 0 is uniform.
class ZipfSampler {
 public:
  ZipfSampler(std::uint32_t n, double exponent);  ///< n >= 1, exponent in [0, 10]

  std::uint32_t rank(double u) const {  // u in (0, 1)
    std::size_t cell = guide_[static_cast<std::size_t>(u * static_cast<double>(kGuide))];
    while (u >= cells_[cell + 1].below) ++cell;
    const Cell& c = cells_[cell];
    const auto rank = c.first + static_cast<std::uint32_t>((u - c.below) * c.ranks_per_probability);
    // Rounding must not carry a draw into the next cell.
    return rank < cells_[cell + 1].first ? rank : cells_[cell + 1].first - 1;
  }

  std::uint32_t size() const { return size_; }

 private:
  struct Cell {
    double below;  ///< P(rank < first)
    double ranks_per_probability;
    std::uint32_t first;
  };
  static constexpr std::size_t kGuide = 2048;

  std::uint32_t size_;
  std::vector<Cell> cells_;           ///< ends with a sentinel: below = 2, first = n
  std::vector<std::uint32_t> guide_;  ///< for each slice of (0, 1) the cell its start lies in
};

}  // namespace coalmine
