/// What Prometheus refuses of a query whose grammar is right (specs/prometheus.md section 5.1).
#pragma once

#include <string_view>

#include "sim/telemetry/promql/ast.h"

namespace coalmine::promql {

/// Throws ParseError for the first thing that is wrong, operands before operators. Compiles the
/// regular expression of label_replace. `text` is for the position.
void check_types(Node& node, std::string_view text, PromDialect dialect);

}  // namespace coalmine::promql
