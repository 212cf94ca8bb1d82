/// How a comparison is printed: a table to read at a glance and sentences that say what it means;
/// or JSON and CSV by design section 5.
#pragma once

#include <string>

#include "cli/options.h"
#include "sim/experiment/compare.h"

namespace coalmine::cli {

std::string format_compare(const CompareResult& result, const Scenario& scenario, Format format);

}  // namespace coalmine::cli
