#include "sim/faults/latency.h"

namespace coalmine {

Section<Latency> Latency::table() {
  Section<Latency> table(kKey, "The work of each request takes longer.");
  table
      .field("factor",
             &Latency::factor,
             kind::number(),
             {.default_text = "1", .min = "0.01", .max = "1000", .help = "times the usual work"})
      .field("shift",
             &Latency::shift,
             {.default_text = "0s", .max = "1h", .help = "added to the work of each request"})
      .check([](const Latency&, const SectionView& view, Diagnostics& diagnostics) {
        if (!view.has("factor") && !view.has("shift"))
          diagnostics.error(view.node.at, "latency changes nothing: give factor or shift");
      });
  return table;
}

void Latency::install(FaultTarget& target) const {
  target.effects.latencies.push_back({factor, shift, target.window});
}

std::string Latency::lacks(const FaultSite& /*site*/) const {
  return factor != 1 || shift > Duration{} ? "" : "a factor other than 1, or a shift";
}

}  // namespace coalmine
