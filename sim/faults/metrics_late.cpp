#include "sim/faults/metrics_late.h"

namespace coalmine {

Section<MetricsLate> MetricsLate::table() {
  Section<MetricsLate> table(kKey, "Scrapes can be queried only later.");
  table.field("by", &MetricsLate::by, {.max = "24h", .help = "how much later", .required = true});
  return table;
}

void MetricsLate::install(FaultTarget& target) const {
  target.effects.scrapes.push_back({0, by, target.key("coin"), target.window, {}});
}

std::string MetricsLate::lacks(const FaultSite& /*site*/) const {
  return by > Duration{} ? "" : "by above 0s";
}

}  // namespace coalmine
