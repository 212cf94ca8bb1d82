#include "sim/faults/config_partial.h"

namespace coalmine {

Section<ConfigPartial> ConfigPartial::table() {
  Section<ConfigPartial> table(kKey, "Some of the pods fail their requests, the others are well.");
  table
      .field("share",
             &ConfigPartial::share,
             kind::ratio(),
             {.min = "0", .max = "100%", .help = "of the pods", .required = true})
      .field("p",
             &ConfigPartial::p,
             kind::ratio(),
             {.default_text = "100%",
              .min = "0",
              .max = "100%",
              .help = "share of their requests that fail"});
  return table;
}

void ConfigPartial::install(FaultTarget& target) const {
  ErrorEffect effect;
  effect.p = p;
  effect.coin = target.key("coin");
  effect.when = target.window;
  effect.segments = target.segments;
  effect.pods = share;
  effect.pod_coin = target.key("pod");
  target.effects.errors.push_back(effect);
  target.presence.share = share;
  target.presence.coin = effect.pod_coin;
}

std::string ConfigPartial::lacks(const FaultSite& /*site*/) const {
  if (share <= 0) return "a share above 0%";
  return p > 0 ? "" : "p above 0%";
}

}  // namespace coalmine
