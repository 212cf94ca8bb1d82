#include "sim/faults/latency_tail.h"

namespace coalmine {

Section<LatencyTail> LatencyTail::table() {
  Section<LatencyTail> table(kKey, "A few requests take much longer.");
  table
      .field("pSlow",
             &LatencyTail::p_slow,
             kind::ratio(),
             {.default_text = "1%", .min = "0", .max = "100%", .help = "share of slow requests"})
      .field(
          "factor",
          &LatencyTail::factor,
          kind::number(),
          {.default_text = "10", .min = "0.01", .max = "1000", .help = "times their usual work"});
  return table;
}

void LatencyTail::install(FaultTarget& target) const {
  LatencyEffect effect;
  effect.factor = factor;
  effect.when = target.window;
  effect.p = p_slow;
  effect.coin = target.key("coin");
  target.effects.latencies.push_back(effect);
}

std::string LatencyTail::lacks(const FaultSite& /*site*/) const {
  if (p_slow <= 0) return "pSlow above 0%";
  return factor != 1 ? "" : "a factor other than 1";
}

}  // namespace coalmine
