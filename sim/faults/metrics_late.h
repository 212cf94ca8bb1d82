/// metricsLate: what is scraped of the version can be queried only `by` later, with the time of the
/// scrape on it. Users notice nothing; decisions are made on what was known then.
/// Spec: service-models.md section 7, number 23.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct MetricsLate : Fault {
  static constexpr const char* kKey = "metricsLate";
  Duration by{};  ///< >= 0

  static Section<MetricsLate> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool noticeable() const override { return false; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
