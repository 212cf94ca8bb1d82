/// Strategies side by side on the same worlds: replications in parallel, merged by key, so the
/// answer does not depend on the number of threads. Each strategy is played on the bad release and
/// on a good one, and on releases as they come where the scenario has a mix; each with the human on
/// call and without. summary.h says what becomes of the replications.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/experiment/summary.h"

namespace coalmine {

struct CompareResult {
  std::string scenario;
  std::uint64_t seed = 0;
  std::size_t replications = 0;  ///< finished ones
  /// By release: the bad one (unless nothing is wrong with it), the good one, the mix (if there is
  /// one); within it with the human on call (if there is one), then without; last the control
  /// (release "none").
  std::vector<ComparedStrategy> strategies;
  bool interrupted = false;
};

struct CompareOptions {
  std::size_t replications = 20;
  int threads = 0;  ///< 0: one per core
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::stop_token stop;
};

CompareResult compare(std::shared_ptr<const Scenario> scenario,
                      std::uint64_t seed,
                      const CompareOptions& options);

}  // namespace coalmine
