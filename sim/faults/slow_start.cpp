#include "sim/faults/slow_start.h"

namespace coalmine {

Section<SlowStart> SlowStart::table() {
  Section<SlowStart> table(kKey, "Work takes longer just after each start.");
  table
      .field(
          "for",
          &SlowStart::lasts,
          {.default_text = "60s", .min = "1ms", .max = "24h", .help = "how long after each start"})
      .field("slowdown",
             &SlowStart::slowdown,
             kind::number(),
             {.default_text = "3", .min = "1", .max = "100", .help = "factor at the start"});
  return table;
}

void SlowStart::install(FaultTarget& target) const {
  target.effects.slow_starts.push_back({lasts, slowdown, target.window});
  target.presence.young = lasts;
}

std::string SlowStart::lacks(const FaultSite& /*site*/) const {
  return slowdown > 1 ? "" : "a slowdown above 1";
}

}  // namespace coalmine
