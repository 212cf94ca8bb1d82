#include "sim/faults/dependency_down.h"

#include "sim/faults/dependency.h"

namespace coalmine {

Section<DependencyDown> DependencyDown::table() {
  Section<DependencyDown> table(kKey, "A service that is called answers with errors at once.");
  name_dependency(table);
  table.field("p",
              &DependencyDown::p,
              kind::ratio(),
              {.default_text = "100%",
               .min = "0",
               .max = "100%",
               .help = "share of its requests that fail"});
  return table;
}

void DependencyDown::install(FaultTarget& target) const {
  ErrorEffect effect;
  effect.p = p;
  effect.coin = target.key("coin");
  effect.when = target.window;
  effect.segments = target.segments;
  effect.fast = true;
  target.effects.errors.push_back(effect);
}

std::string DependencyDown::lacks(const FaultSite& /*site*/) const {
  return p > 0 ? "" : "p above 0%";
}

}  // namespace coalmine
