#include "sim/faults/cpu_regression.h"

namespace coalmine {

Section<CpuRegression> CpuRegression::table() {
  Section<CpuRegression> table(kKey, "The processor's part of the work takes longer.");
  table.field(
      "factor",
      &CpuRegression::factor,
      kind::number(),
      {.min = "0.01", .max = "1000", .help = "times the usual processor time", .required = true});
  return table;
}

void CpuRegression::install(FaultTarget& target) const {
  LatencyEffect effect;
  effect.factor = factor;
  effect.when = target.window;
  effect.cpu_only = true;
  target.effects.latencies.push_back(effect);
}

std::string CpuRegression::lacks(const FaultSite& /*site*/) const {
  return factor != 1 ? "" : "a factor other than 1";
}

}  // namespace coalmine
