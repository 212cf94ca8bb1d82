/// Two or three plain sentences that say what a comparison's table means: who harms fewest and
/// whether that is more than chance, who notices, what good releases pay for it.
#pragma once

#include <string>
#include <vector>

#include "sim/experiment/compare.h"
#include "sim/scenario/scenario.h"

namespace coalmine::cli {

std::vector<std::string> conclusions(const CompareResult& result, const Scenario& scenario);

}  // namespace coalmine::cli
