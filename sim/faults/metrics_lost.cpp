#include "sim/faults/metrics_lost.h"

namespace coalmine {

Section<MetricsLost> MetricsLost::table() {
  Section<MetricsLost> table(kKey, "Scrapes are lost.");
  table.field("share",
              &MetricsLost::share,
              kind::ratio(),
              {.default_text = "100%", .min = "0", .max = "100%", .help = "of the scrapes"});
  return table;
}

void MetricsLost::install(FaultTarget& target) const {
  target.effects.scrapes.push_back({share, Duration{}, target.key("coin"), target.window});
}

std::string MetricsLost::lacks(const FaultSite& /*site*/) const {
  return share > 0 ? "" : "a share above 0%";
}

}  // namespace coalmine
