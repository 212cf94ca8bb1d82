/// A query written out again, the way Prometheus writes it: one line, `by` in front, matchers and
/// durations in their usual form. What is printed parses to the same tree.
#pragma once

#include <string>

#include "sim/telemetry/promql/ast.h"

namespace coalmine::promql {

std::string to_text(const Node& node);

}  // namespace coalmine::promql
