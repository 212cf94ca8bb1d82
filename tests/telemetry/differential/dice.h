/// Random choices that are the same on every machine: what the tests of a seed look like depends on
/// nothing but the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace coalmine::promql {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 ... count - 1; the slight preference for the low ones does not matter here.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return static_cast<int>(below(100)) < percent; }
  double unit() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }

  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <typename T, std::size_t N>
  const T& pick(const T (&from)[N]) {
    return from[below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace coalmine::promql
