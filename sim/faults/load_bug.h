/// loadBug: trouble only under load. While a pod has more than aboveConcurrency requests in
/// service, or took more than aboveRate requests in the last full second, its requests fail with
/// probability p (coin addressed by fault and request) and their work takes `factor` times as long.
/// Spec: service-models.md section 7, number 8.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct LoadBug : Fault {
  static constexpr const char* kKey = "loadBug";
  int above_concurrency = 0;  ///< requests in service; 0: no such bound
  double above_rate = 0;      ///< requests/s of one pod; 0: no such bound
  double p = 0;               ///< [0, 1]
  double factor = 1;          ///< > 0

  static Section<LoadBug> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
