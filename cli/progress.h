/// A line on the terminal that tells how far a batch is and how long it will take. Silent unless
/// shown to.
#pragma once

#include <chrono>
#include <cstddef>

namespace coalmine::cli {

class Progress {
 public:
  void show(std::size_t done, std::size_t total);
  void clear();

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_{};
  bool visible_ = false;
};

}  // namespace coalmine::cli
