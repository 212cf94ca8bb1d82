/// dependencyDown: requests to a service that is called fail at once, at no work, with probability
/// p (coin addressed by fault and request). Every version that calls it suffers alike. Spec:
/// service-models.md section 7, number 12.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct DependencyDown : Fault {
  static constexpr const char* kKey = "dependencyDown";
  static constexpr FaultPlace kPlace{.in_release = false,
                                     .why = "a release makes its own service fail with errorRate"};
  double p = 1;  ///< [0, 1]

  static Section<DependencyDown> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool by_segment() const override { return true; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
