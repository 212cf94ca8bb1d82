/// conversionLoss: users who meet the version convert `factor` times as often. No request fails and
/// none is slower: only an experiment that counts conversions can see it. Spec: service-models.md
/// section 7, number 15.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct ConversionLoss : Fault {
  static constexpr const char* kKey = "conversionLoss";
  double factor = 1;  ///< [0, 1]

  static Section<ConversionLoss> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
  std::string objection(const FaultSite& site) const override;
};

}  // namespace coalmine
