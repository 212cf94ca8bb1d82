/// dependencySlow: the work of a service that is called takes `factor` times as long, plus `shift`.
/// Who calls it holds a worker meanwhile, so the callers' queues fill: 503 and time-outs there,
/// after the fault's end too. Spec: service-models.md section 7, number 13.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct DependencySlow : Fault {
  static constexpr const char* kKey = "dependencySlow";
  static constexpr FaultPlace kPlace{.in_release = false,
                                     .why = "a release makes its own service slow with latency"};
  double factor = 1;  ///< > 0
  Duration shift{};   ///< >= 0

  static Section<DependencySlow> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
