/// cpuRegression: the part of each request's work that needs a processor (pod.cpuShare) takes
/// `factor` times as long; what waits does not. With discipline ps and few cores it shows only near
/// the peak, when the cores run out. Spec: service-models.md section 7, number 7.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct CpuRegression : Fault {
  static constexpr const char* kKey = "cpuRegression";
  double factor = 1;  ///< > 0

  static Section<CpuRegression> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
