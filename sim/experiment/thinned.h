/// An even selection of bounded size out of a sequence whose length nobody knows beforehand: all
/// of it while it fits, then every second, every fourth... The first item always stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"

namespace coalmine {

template <class T>
class Thinned {
 public:
  explicit Thinned(std::size_t most) : most_(most) { CM_ASSERT(most >= 2 && most % 2 == 0); }

  /// The next item of the sequence; made only if it is selected.
  template <class Make>
  void offer(const Make& make) {
    if (seen_ % stride_ == 0) {
      if (kept_.size() == most_) halve();
      // Full of an even number of items, the next one's place is even too.
      kept_.push_back(make());
    }
    ++seen_;
  }

  const std::vector<T>& kept() const { return kept_; }
  std::uint64_t stride() const { return stride_; }  ///< one in how many is selected

 private:
  void halve() {
    // The first one stays where it is: what is moved onto itself may be lost.
    for (std::size_t i = 1; i < most_ / 2; ++i) kept_[i] = std::move(kept_[2 * i]);
    kept_.resize(most_ / 2);
    stride_ *= 2;
  }

  std::size_t most_;
  std::uint64_t seen_ = 0;
  std::uint64_t stride_ = 1;
  std::vector<T> kept_;
};

}  // namespace coalmine
