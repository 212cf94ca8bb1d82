/// coldCache: the n-th request of a process misses its cache with probability 1 - hitRatio
/// (1 - e^(-n/keys)) (coin addressed by fault and request) and then waits `miss` longer, holding
/// its worker. A process of time zero is warm. A cache in front of another service, whose misses
/// are calls there, is not a fault: `calls[].cache`. Spec: service-models.md section 5 and section
/// 7, number 17.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct ColdCache : Fault {
  static constexpr const char* kKey = "coldCache";
  double hit_ratio = 0;  ///< of a warm cache, [0, 1]
  double keys = 1;       ///< >= 1
  Duration miss{};

  static Section<ColdCache> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
