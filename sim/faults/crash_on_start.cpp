#include "sim/faults/crash_on_start.h"

namespace coalmine {

Section<CrashOnStart> CrashOnStart::table() {
  Section<CrashOnStart> table(kKey, "The process exits soon after it started.");
  table
      .field("p",
             &CrashOnStart::p,
             kind::ratio(),
             {.default_text = "100%", .min = "0", .max = "100%", .help = "probability per start"})
      .field("after",
             &CrashOnStart::after,
             {.default_text = "0s", .max = "24h", .help = "from listening to the exit"});
  return table;
}

void CrashOnStart::install(FaultTarget& target) const {
  const RandomKey coin = target.key("start");
  target.effects.crashes.push_back({p, after, coin, target.window});
  target.presence.share = p;
  target.presence.coin = coin;
  target.presence.of_start = true;
}

std::string CrashOnStart::lacks(const FaultSite& site) const {
  if (p <= 0) return "p above 0%";
  if (after < site.left) return {};
  return "an after below " + format_duration(site.left) + ", which is what the run has left";
}

}  // namespace coalmine
