/// crashOnStart: the process exits `after` it began to listen, with probability p per start (coin
/// addressed by fault, pod and start), so its container restarts with back-off.
/// Spec: service-models.md section 7, number 4.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct CrashOnStart : Fault {
  static constexpr const char* kKey = "crashOnStart";
  double p = 1;      ///< [0, 1]
  Duration after{};  ///< from listening to the exit

  static Section<CrashOnStart> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
