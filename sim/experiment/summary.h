/// What many replications of one cell of a comparison (strategy, release, with or without the human
/// on call) amount to. Statistics: specs/statistics sections 1.2 and 4 (t intervals, Wilson
/// intervals of shares, paired differences, restricted means of times that may not come).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/run.h"

namespace coalmine {

struct OutcomeSummary {
  /// With its 95 % interval: Student's; of what is either so or not, Wilson's. Censored times:
  /// restricted mean.
  std::optional<double> mean, low, high;
  std::optional<double> p50, p95;
  std::size_t n = 0;         ///< replications for which the outcome applies
  std::size_t censored = 0;  ///< of these, how many did not happen before the end
};

struct ComparedStrategy {
  std::string strategy, name;
  std::string release;  ///< "bad", "good", "mix" (each replication drew one); "none": the control
  bool on_call = true;  ///< a human is behind the strategy
  std::size_t replications = 0;
  /// Shares of the replications: the four verdicts, rolled_back_by_on_call (a part of rolled_back),
  /// and of the good releases wrong_rollback, of the bad ones missed_bad_release.
  std::map<std::string, OutcomeSummary> verdicts;
  std::map<std::string, OutcomeSummary> outcomes;  ///< all names; n = 0: it does not apply
  /// This minus the first strategy on the same release, pair by pair, times cut at the end of the
  /// run; empty for the first. Shares have none.
  std::map<std::string, OutcomeSummary> paired_difference;
  /// Of each replication in order, so that any two strategies can be compared pair by pair.
  std::vector<double> excess_users_affected;
};

/// `runs` of one cell by replication, `first` those it is compared with pair by pair (itself:
/// none); `horizon` seconds are measured in each.
ComparedStrategy summarise(const std::vector<const RunResult*>& runs,
                           const std::vector<const RunResult*>& first,
                           double horizon);

}  // namespace coalmine
