/// slowStart: work costs `slowdown` times as much when a process begins to listen, falling linearly
/// to 1 over `for`; on top of pod.warmup, which every version has. Processes of time zero are warm.
/// Spec: service-models.md section 5 and section 7, number 18.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct SlowStart : Fault {
  static constexpr const char* kKey = "slowStart";
  Duration lasts{};     ///< key `for`
  double slowdown = 1;  ///< >= 1

  static Section<SlowStart> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
