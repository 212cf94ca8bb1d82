/// Functions over ranges whose next range, a little further on, costs only the samples that came
/// and those that went, and yet gives the same number as all samples looked at anew, but for the
/// sign of a quantile that is zero. (Sums cannot: what they lose to rounding depends on where they
/// began.)
///
/// A memory has enter(values, i, alone) for the sample at i that came last, `alone` where there is
/// none before it; leave(values, i), for the earliest one, which another follows; and clear().
#pragma once

#include <cmath>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "sim/telemetry/promql/functions.h"

namespace coalmine::promql {

template <typename Memory>
class Sliding final : public RangeMemory {
 public:
  const Memory& move_to(const Window& window) {
    const std::size_t end = window.begin + window.values.size();
    if (window.begin < begin_ || end < end_ || window.begin >= end_) {
      memory_.clear();
      begin_ = end_ = window.begin;
    }
    for (; end_ < end; ++end_) memory_.enter(window.series, end_, begin_ == end_);
    for (; begin_ < window.begin; ++begin_) memory_.leave(window.series, begin_);
    return memory_;
  }

 private:
  Memory memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// The memory of the window's series, brought to the window.
template <typename Memory>
const Memory& slide_to(const Window& window) {
  if (!*window.memory) *window.memory = std::make_unique<Sliding<Memory>>();
  return static_cast<Sliding<Memory>&>(**window.memory).move_to(window);
}

/// How many samples differ in `Differ`'s sense from the one before.
template <auto Differ>
class CountOfPairs {
 public:
  void clear() { count_ = 0; }
  void enter(std::span<const double> values, std::size_t i, bool alone) {
    if (!alone && Differ(values[i - 1], values[i])) ++count_;
  }
  void leave(std::span<const double> values, std::size_t i) {
    if (Differ(values[i], values[i + 1])) --count_;
  }
  double count() const { return static_cast<double>(count_); }

 private:
  std::size_t count_ = 0;
};

/// The value that no other beats, the earliest of equals. NaN only where there is nothing else.
template <auto Beats>
class Extreme {
 public:
  void clear() { candidates_.clear(); }
  void enter(std::span<const double> values, std::size_t i, bool /*alone*/) {
    const double value = values[i];
    while (!candidates_.empty() && beats(value, candidates_.back().value)) candidates_.pop_back();
    candidates_.push_back({i, value});
  }
  void leave(std::span<const double> /*values*/, std::size_t i) {
    if (candidates_.front().place == i) candidates_.pop_front();
  }
  double value() const { return candidates_.front().value; }

 private:
  struct Candidate {
    std::size_t place;
    double value;
  };
  static bool beats(double value, double other) { return std::isnan(other) || Beats(value, other); }

  std::deque<Candidate> candidates_;  ///< each beaten by none that came later
};

/// All values in the order of quantile.h.
class Sorted {
 public:
  void clear() { values_.clear(); }
  void enter(std::span<const double> values, std::size_t i, bool alone);
  void leave(std::span<const double> values, std::size_t i);
  std::span<const double> values() const { return values_; }

 private:
  std::vector<double> values_;
};

}  // namespace coalmine::promql
