/// Rule groups written as a Prometheus rule file, to take home.
#pragma once

#include <span>
#include <string>

#include "sim/telemetry/rules/rule_group.h"

namespace coalmine::rules {

/// Reads back to the same groups; labels of a group stand in its rules.
std::string to_yaml(std::span<const RuleGroup> groups);

}  // namespace coalmine::rules
