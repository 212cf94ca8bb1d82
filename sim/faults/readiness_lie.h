/// readinessLie: after each start the process answers its probes but fails every request (status
/// 500) for a while: ready before it is able.
/// Spec: service-models.md section 7, number 22.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct ReadinessLie : Fault {
  static constexpr const char* kKey = "readinessLie";
  Duration lasts{};  ///< key `for`

  static Section<ReadinessLie> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  /// There is no lie of no length.
  std::string lacks(const FaultSite& /*site*/) const override { return {}; }
};

}  // namespace coalmine
