/// Sums that keep what rounding would lose (Kahan's, in Neumaier's form), as Prometheus adds up.
#pragma once

#include <cmath>

namespace coalmine::promql {

struct KahanSum {
  double sum = 0;
  double lost = 0;

  /// Older versions let an infinity turn what was lost into no number.
  enum class Infinity : bool { loses_nothing, spoils };

  void add(double value, Infinity infinity = Infinity::loses_nothing) {
    const double next = sum + value;
    if (std::isinf(next) && infinity == Infinity::loses_nothing)
      lost = 0;
    else if (std::abs(sum) >= std::abs(value))
      lost += (sum - next) + value;
    else
      lost += (value - next) + sum;
    sum = next;
  }
  double total() const { return std::isinf(sum) ? sum : sum + lost; }
};

/// Whether an infinite mean stays what it is when `value` joins; subtracting would make it NaN.
inline bool infinite_mean_stays(double mean, double value) {
  if (!std::isinf(mean)) return false;
  if (std::isinf(value)) return (mean > 0) == (value > 0);
  return !std::isnan(value);
}

/// A mean without overflow: the sum while it is finite, and from there on a running mean.
class KahanMean {
 public:
  void add(double value) {
    ++count_;
    if (!running_) {
      KahanSum next = sum_;
      next.add(value);
      if (count_ == 1 || !std::isinf(next.sum)) {
        sum_ = next;
        return;
      }
      running_ = true;
      sum_ = {sum_.sum / (count_ - 1), sum_.lost / (count_ - 1)};
    }
    if (infinite_mean_stays(sum_.sum, value)) return;
    sum_.add(value / count_ - (sum_.sum + sum_.lost) / count_);
  }
  double mean() const { return running_ ? sum_.total() : sum_.total() / count_; }

 private:
  KahanSum sum_;  ///< the mean itself once running
  double count_ = 0;
  bool running_ = false;
};

}  // namespace coalmine::promql
