/// The scenario reference page (Markdown) and the list of `--set` paths, made from the tables.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

/// docs/scenario-reference.md: `coalmine schema --reference` prints it.
std::string scenario_reference(const StrategyCatalogue& strategies);

/// Every path that `--set` accepts, with N for the number or name of an element:
/// "service.pod.queue", "objectives[N].target", "strategies[canary].interval".
struct SettablePath {
  std::string path;
  const Field* field;  ///< lives as long as the table it came from
};
std::vector<SettablePath> settable_paths(const AnySection& table);

}  // namespace coalmine
