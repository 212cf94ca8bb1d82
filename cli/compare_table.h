/// A comparison as a table for people. One block a release; strategies are rows, so that a column
/// reads down and six of them fit on a screen; every number has its 95 % interval, and below the
/// block stand the paired differences to the first strategy.
#pragma once

#include <string>

#include "sim/experiment/compare.h"

namespace coalmine::cli {

std::string compare_table(const CompareResult& result, const Scenario& scenario);

}  // namespace coalmine::cli
