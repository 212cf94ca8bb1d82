#include "sim/faults/conversion_loss.h"

namespace coalmine {

Section<ConversionLoss> ConversionLoss::table() {
  Section<ConversionLoss> table(
      kKey, "Users do less of what the business wants, and no request shows it.");
  table.field("factor",
              &ConversionLoss::factor,
              kind::number(),
              {.min = "0", .max = "1", .help = "times the usual conversion", .required = true});
  return table;
}

void ConversionLoss::install(FaultTarget& target) const {
  target.effects.conversions.push_back({factor, target.window});
}

std::string ConversionLoss::objection(const FaultSite& site) const {
  if (site.conversion > 0) return {};
  return "conversionLoss needs traffic.conversion or release.conversion: nobody converts there";
}

std::string ConversionLoss::lacks(const FaultSite& /*site*/) const {
  return factor < 1 ? "" : "a factor below 1";
}

}  // namespace coalmine
