/// Strategies side by side on the same worlds: replications in parallel, merged by key, so the
/// answer does not depend on the number of threads. Statistics: specs/statistics section 4 (t
/// intervals, paired differences, Wilson intervals for verdict rates, restricted means for censored
/// times).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/experiment/run.h"

namespace coalmine {

struct OutcomeSummary {
  std::optional<double> mean, low, high;  ///< 95 % interval; censored times: restricted mean
  std::optional<double> p50, p95;
  std::size_t n = 0;         ///< replications for which the outcome applies
  std::size_t censored = 0;  ///< of these, how many did not happen before the end
};

struct ComparedStrategy {
  std::string strategy, name, release;
  std::size_t replications = 0;
  std::map<std::string, double>
      verdicts;  ///< share of replications, all four and wrong_rollback or missed_bad_release
  std::map<std::string, OutcomeSummary> outcomes;  ///< all names; n = 0: it does not apply
  /// This minus the first strategy on the same release, pair by pair; empty for the first.
  std::map<std::string, OutcomeSummary> paired_difference;
};

struct CompareResult {
  std::string scenario;
  std::uint64_t seed = 0;
  std::size_t replications = 0;  ///< finished ones
  std::vector<ComparedStrategy>
      strategies;  ///< bad release first, then good, then the control (release "none")
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
