/// configPartial: a share of the pods lacks something (coin addressed by fault and pod) and fails
/// its requests with probability p, restarts or not; the other pods are well. Spec:
/// service-models.md section 7, number 11.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct ConfigPartial : Fault {
  static constexpr const char* kKey = "configPartial";
  double share = 0;  ///< of the pods, [0, 1]
  double p = 1;      ///< [0, 1]

  static Section<ConfigPartial> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool by_segment() const override { return true; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
