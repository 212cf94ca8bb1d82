/// Asking for a run by the strategy's name, and reading what it left behind.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sim/experiment/run.h"

namespace coalmine::test {

/// Strategy by its name in the scenario, "control" for none; fails the test when there is no such.
RunSpec spec_of(std::shared_ptr<const Scenario> scenario,
                std::string_view strategy,
                std::string release = "bad",
                std::uint64_t seed = 7);

bool has_outcome(const RunResult& result, const std::string& name);
double outcome(const RunResult& result, const std::string& name);  ///< fails the test when empty
std::size_t count_events(const RunResult& result, std::string_view reason);
std::string timeline_of(const RunResult& result);  ///< the decisions, for INFO

}  // namespace coalmine::test
