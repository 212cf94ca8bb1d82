#include "sim/faults/dependency_slow.h"

#include "sim/faults/dependency.h"

namespace coalmine {

Section<DependencySlow> DependencySlow::table() {
  Section<DependencySlow> table(kKey, "A service that is called takes longer.");
  name_dependency(table);
  table
      .field("factor",
             &DependencySlow::factor,
             kind::number(),
             {.default_text = "1", .min = "0.01", .max = "1000", .help = "times its usual work"})
      .field(
          "shift",
          &DependencySlow::shift,
          {.default_text = "0s", .max = "1h", .help = "added to the work of each of its requests"})
      .check([](const DependencySlow&, const SectionView& view, Diagnostics& diagnostics) {
        if (!view.has("factor") && !view.has("shift"))
          diagnostics.error(view.node.at, "dependencySlow changes nothing: give factor or shift");
      });
  return table;
}

void DependencySlow::install(FaultTarget& target) const {
  LatencyEffect effect;
  effect.factor = factor;
  effect.shift = shift;
  effect.when = target.window;
  target.effects.latencies.push_back(effect);
}

std::string DependencySlow::lacks(const FaultSite& /*site*/) const {
  return factor != 1 || shift > Duration{} ? "" : "a factor other than 1, or a shift";
}

}  // namespace coalmine
