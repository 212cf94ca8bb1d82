#include "sim/faults/metrics_slow.h"

namespace coalmine {

Section<MetricsSlow> MetricsSlow::table() {
  Section<MetricsSlow> table(kKey, "Pods take long to answer scrapes.");
  table.field("takes",
              &MetricsSlow::takes,
              {.max = "1h",
               .help = "of each scrape; above telemetry.scrapeTimeout it fails",
               .required = true});
  return table;
}

void MetricsSlow::install(FaultTarget& target) const {
  target.effects.scrapes.push_back({0, {}, target.key("coin"), target.window, takes});
}

std::string MetricsSlow::lacks(const FaultSite& /*site*/) const {
  return takes > Duration{} ? "" : "takes above 0s";
}

}  // namespace coalmine
