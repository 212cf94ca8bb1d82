#include "sim/scenario/scenario.h"

namespace coalmine {

const FaultList& Scenario::release_faults(std::string_view which) const {
  static const FaultList kNone;
  return which == "good" ? kNone : release.faults;
}

}  // namespace coalmine
