/// Every strategy a scenario may name. A new one is its folder, its test, its page and a line in
/// registry.cpp.
#pragma once

#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

StrategyCatalogue all_strategies();

}  // namespace coalmine
