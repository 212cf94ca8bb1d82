/// latencyTail: a share pSlow of the requests (coin addressed by fault and request) takes `factor`
/// times as long, the others are as before: p99 moves, the median does not. Spec: service-models.md
/// section 7, number 3.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct LatencyTail : Fault {
  static constexpr const char* kKey = "latencyTail";
  double p_slow = 0;  ///< [0, 1]
  double factor = 1;  ///< > 0

  static Section<LatencyTail> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
