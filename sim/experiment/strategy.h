/// A way of releasing: what every folder under strategies/ implements, and the verdicts it can
/// reach.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/task.h"

namespace coalmine {

class Operator;

/// How a release ended.
enum class Verdict {
  promoted,     ///< the new version is in charge
  rolled_back,  ///< the old version is in charge again after the new one was judged bad
  aborted,      ///< given up for another reason, old version in charge
  held,         ///< undecided when the run ended, or the old version did not come back
};
std::string_view verdict_name(Verdict verdict);

/// Immutable once configured; one object serves all runs. The coroutine reads as the runbook.
class Strategy {
 public:
  virtual ~Strategy() = default;

  /// Plays the release from release.at on. Starts with the old version alone in charge; ends with
  /// one version in charge and the cluster settled, or held. Acts only through `op`; every wait has
  /// a time limit.
  virtual Task<Verdict> roll_out(Operator& op) const = 0;

  /// The PromQL it asks besides the readings of MetricReader, placeholders filled in with anything:
  /// what it selects is stored.
  virtual std::vector<std::string> queries() const { return {}; }
  /// Whether it reads at Vantage::pod. Every pod's sidecar shows as much as the router: that is
  /// stored for those who ask.
  virtual bool reads_pods() const { return false; }
};

}  // namespace coalmine
