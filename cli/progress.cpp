#include "cli/progress.h"

#include <fmt/core.h>

#include <cstdio>

#include "cli/numbers.h"

namespace coalmine::cli {

void Progress::show(std::size_t done, std::size_t total) {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  if (now - shown_ < milliseconds(200) && done < total) return;
  shown_ = now;
  const double spent = duration<double>(now - begun_).count();
  const double left = spent / static_cast<double>(done) * static_cast<double>(total - done);
  fmt::print(stderr, "\r{} of {} runs, about {} left \033[K", done, total, human_seconds(left));
  std::fflush(stderr);
  visible_ = true;
}

void Progress::clear() {
  if (visible_) fmt::print(stderr, "\r\033[K");
  visible_ = false;
}

}  // namespace coalmine::cli
