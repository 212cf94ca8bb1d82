/// metricsLost: scrapes of the version's pods, and of what the router counts for its Deployments,
/// are lost with probability `share` (coin addressed by fault, target and scrape). Users notice
/// nothing; whoever decides by these metrics sees holes, or nothing. Spec: service-models.md
/// section 7, number 23.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct MetricsLost : Fault {
  static constexpr const char* kKey = "metricsLost";
  double share = 1;  ///< of the scrapes, [0, 1]

  static Section<MetricsLost> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool noticeable() const override { return false; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
