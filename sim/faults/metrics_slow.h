/// metricsSlow: the version's pods take long to answer a scrape, each time `takes` x level. What
/// they answer has the time at which the scrape began and is there when it ends; one that would
/// take longer than telemetry.scrapeTimeout fails. Users notice nothing. Spec: prometheus.md
/// section 4 (scrape timeout).
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct MetricsSlow : Fault {
  static constexpr const char* kKey = "metricsSlow";
  Duration takes{};  ///< >= 0

  static Section<MetricsSlow> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  bool noticeable() const override { return false; }
  std::string lacks(const FaultSite& site) const override;
};

}  // namespace coalmine
