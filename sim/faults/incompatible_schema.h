/// incompatibleSchema: what the new version writes, the old one cannot read. Each request that the
/// new version takes marks its user's data (writes: requests), or its first start migrates
/// everybody's (writes: migration). From then on requests of such users fail at the old version
/// with probability p (coin addressed by fault and request). Nothing takes a mark back: errors stay
/// after a rollback. `until` ends the writing, not what was written. Spec: service-models.md
/// section 7, number 14.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct IncompatibleSchema : Fault {
  static constexpr const char* kKey = "incompatibleSchema";
  static constexpr FaultPlace kPlace{.elsewhere = false,
                                     .why = "it is the new version that writes"};
  enum class Writes { requests, migration };
  Writes writes = Writes::requests;
  double p = 1;  ///< [0, 1]

  static Section<IncompatibleSchema> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
