#include "sim/faults/error_rate.h"

namespace coalmine {

Section<ErrorRate> ErrorRate::table() {
  Section<ErrorRate> table(kKey, "Requests fail with status 500 at random.");
  table.field("p",
              &ErrorRate::p,
              kind::ratio(),
              {.min = "0", .max = "100%", .help = "share of requests that fail", .required = true});
  return table;
}

void ErrorRate::install(FaultTarget& target) const {
  target.effects.errors.push_back({p, target.key("coin"), target.window, target.segments});
}

std::string ErrorRate::lacks(const FaultSite& /*site*/) const {
  return p > 0 ? "" : "p above 0%";
}

}  // namespace coalmine
