/// How one run is printed: the timeline with every decision and its evidence, then the outcomes; or
/// JSON and CSV by design section 5.
#pragma once

#include <string>

#include "cli/options.h"
#include "sim/experiment/run.h"

namespace coalmine::cli {

std::string format_run(const RunResult& result, Format format);

}  // namespace coalmine::cli
