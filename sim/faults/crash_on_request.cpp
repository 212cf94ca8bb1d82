#include "sim/faults/crash_on_request.h"

namespace coalmine {

Section<CrashOnRequest> CrashOnRequest::table() {
  Section<CrashOnRequest> table(kKey, "Some requests kill the process that serves them.");
  table.field("p",
              &CrashOnRequest::p,
              kind::ratio(),
              {.min = "0",
               .max = "100%",
               .help = "share of requests that kill their process",
               .required = true});
  return table;
}

void CrashOnRequest::install(FaultTarget& target) const {
  target.effects.poisons.push_back({p, target.key("coin"), target.window, target.segments});
}

std::string CrashOnRequest::lacks(const FaultSite& /*site*/) const {
  return p > 0 ? "" : "p above 0%";
}

}  // namespace coalmine
