/// `--set PATH=VALUE`: changes the tree before it is loaded, so an override is checked like any
/// other input. Paths: keys joined by dots, an element of a list in brackets by number or by name:
///
///     service.pod.queue=10   strategies[timid].interval=1m   objectives[0].target=99%
///
/// An element written as one key with settings (a strategy, a fault) is entered without naming that
/// key. VALUE is one line: a text, [..] or {..}.
#pragma once

#include <string>
#include <vector>

#include "sim/kernel/value.h"
#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

void apply_overrides(Value& scenario,
                     const std::vector<std::string>& overrides,
                     const StrategyCatalogue& strategies,
                     Diagnostics& diagnostics);

}  // namespace coalmine
