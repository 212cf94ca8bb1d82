/// How one run is printed: the timeline with every decision and its evidence, then the outcomes; or
/// JSON and CSV by design section 5.
#pragma once

#include <string>

#include "cli/options.h"
#include "sim/experiment/run.h"

namespace coalmine::cli {

std::string format_run(const RunResult& result,
                       const Scenario& scenario,
                       const RunSpec& spec,
                       Format format);

/// An outcome for people: "4 min 10 s", "1 234", "0.4 %", "-" for none.
std::string outcome_text(const std::string& name, std::optional<double> value);

}  // namespace coalmine::cli
