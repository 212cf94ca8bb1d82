#include "sim/faults/readiness_lie.h"

namespace coalmine {

Section<ReadinessLie> ReadinessLie::table() {
  Section<ReadinessLie> table(kKey, "Pods report ready before they can serve.");
  table.field("for",
              &ReadinessLie::lasts,
              {.default_text = "10s",
               .min = "1ms",
               .max = "24h",
               .help = "how long after each start every request fails"});
  return table;
}

void ReadinessLie::install(FaultTarget& target) const {
  target.effects.lies.push_back({lasts, target.window});
  target.presence.young = lasts;
}

}  // namespace coalmine
