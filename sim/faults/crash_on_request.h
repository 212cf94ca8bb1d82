/// crashOnRequest: a request kills the process that serves it the moment its service starts, with
/// probability p (coin addressed by fault and request): everything inside the pod is lost, its
/// container restarts with back-off. Nobody retries, so a poisonous request kills once.
/// Spec: service-models.md section 7, number 5.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct CrashOnRequest : Fault {
  static constexpr const char* kKey = "crashOnRequest";
  double p = 0;  ///< [0, 1]

  static Section<CrashOnRequest> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool by_segment() const override { return true; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
