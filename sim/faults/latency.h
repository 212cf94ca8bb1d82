/// latency: the version's own work of each request takes `factor` times as long, plus `shift`.
/// Work is worker time: the slots stay busy, so queues grow as they would.
/// Spec: service-models.md section 7, number 2.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct Latency : Fault {
  static constexpr const char* kKey = "latency";
  double factor = 1;  ///< > 0
  Duration shift{};   ///< >= 0

  static Section<Latency> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
