/// Watching a version: checks at intervals until they allow to go on or forbid it, and what a
/// release does when they forbid it. Shared by every strategy that measures.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sim/experiment/operator.h"
#include "strategies/checks.h"

namespace coalmine {

struct WatchSettings {
  std::string what;     ///< as the timeline calls the arrangement: "weight 5 %"
  Duration interval{};  ///< before each check
  Time not_before{};    ///< a check that passes earlier is followed by another
};

/// The check that ended a watch, and what follows from it: anything but NextMove::stay.
struct Watched {
  NextMove next = NextMove::stay;
  CheckResult last;
};

/// Waits an interval, calls `look`, counts the result in `tally`, tells the timeline, and again:
/// until a check passes at settings.not_before or later, or the tally says to stop. So the last
/// check before going on always passed. `look` and `tally` outlive the task.
Task<Watched> watch(Operator& op,
                    WatchSettings settings,
                    CheckTally& tally,
                    std::function<CheckResult()> look);

/// Ends a release with the old version in charge: decides to stop, puts it back, gives `verdict`,
/// or held if it did not come back. `who` is the strategy.
Task<Verdict> stop_release(Operator& op,
                           std::string who,
                           Verdict verdict,
                           std::string why,
                           std::vector<Evidence> evidence = {});

/// ... because of what was watched: rolled_back after failed checks, aborted after inconclusive
/// ones. `where` says what is undone: "weight 5 % -> 0 %".
Task<Verdict> stop_release(Operator& op, std::string who, std::string where, Watched seen);

}  // namespace coalmine
