/// errorRate: each request the version serves fails with probability p (status 500), decided when
/// its service starts. The coin is addressed by (fault, request), so a request has the same luck on
/// whichever pod and under whichever strategy.
/// Spec: service-models.md section 7, number 1.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct ErrorRate : Fault {
  static constexpr const char* kKey = "errorRate";
  double p = 0;  ///< [0, 1]

  static Section<ErrorRate> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool by_segment() const override { return true; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
