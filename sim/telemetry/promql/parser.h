/// Text to syntax tree. Precedence climbing over the words of the lexer, one word of look-ahead:
/// linear in the length of the query, and never deeper than kMaxDepth.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "sim/telemetry/prom_dialect.h"
#include "sim/telemetry/promql/ast.h"

namespace coalmine::promql {

/// A tree higher than this is refused: whoever walks it may recurse.
inline constexpr std::size_t kMaxDepth = 400;
/// A text longer than this is refused; real queries have a few hundred bytes.
inline constexpr std::size_t kMaxLength = 64 * 1024;

/// The tree, its types checked (type_check.h). Throws ParseError, with the words of Prometheus and
/// for the first thing that is wrong.
std::shared_ptr<const Node> parse_query(std::string_view text, PromDialect dialect);

}  // namespace coalmine::promql
