/// Outcomes that compare a run with its control, the same world without a release
/// (design section 6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kernel/time.h"

namespace coalmine {

/// What users got at the edge, in bins of equal width from release.at to the end of the run. Bad:
/// failed, or breaking a latency objective.
struct EdgeBins {
  Duration width = std::chrono::seconds(10);
  std::vector<std::uint64_t> requests;
  std::vector<std::uint64_t> bad;
};

/// When harm began and when users were well again. Times count from the first bin's start and are
/// bin boundaries.
///
/// The excess of a stretch is its bad ratio minus the control's over the same stretch. It is
/// tolerated up to the larger of 10 % of the tightest budget share (1 - target) and a number of
/// standard errors of the difference (pooled; too wide rather than too narrow, since the two worlds
/// share their random numbers).
///
/// - Harm begins in the first bin that exceeds the tolerance alone, or, for harm too thin to show
///   in 10 s, when the last minute or five minutes exceed it, in the first bin of these with any
///   excess (and back through the unbroken run of such bins before). 4.5 standard errors here,
///   since hundreds of stretches are looked at.
/// - Users are well again at the start of the first 5 minutes in which nothing is left: their first
///   bin, their first minute and the whole are within the tolerance (2 standard errors). The
///   shorter stretches are asked as well because a short tail of harm drowns in an average over 5
///   minutes.
/// - Harm may begin again after that, by the rule above in the bins that follow. Restored is the
///   last time that users are well again: no harm begins after it.
///
/// Runs that end less than 5 minutes after the last harm are censored.
struct Restoration {
  std::optional<Duration> harmed_at;    ///< empty: no excess harm at all
  std::optional<Duration> restored_at;  ///< empty: not within the run

  bool harmed() const { return harmed_at.has_value(); }
  bool censored() const { return harmed_at && !restored_at; }
  /// Empty when there was no harm or it is censored.
  std::optional<Duration> time_to_restore() const {
    if (!harmed_at || !restored_at) return std::nullopt;
    return *restored_at - *harmed_at;
  }
};

/// Both have the same bins. `tightest_budget_share`: the smallest 1 - target of the objectives, >
/// 0.
Restoration find_restoration(const EdgeBins& treated,
                             const EdgeBins& control,
                             double tightest_budget_share);

}  // namespace coalmine
