#include "sim/telemetry/promql/ast.h"

namespace coalmine::promql {

const Node& without_parens(const Node& node) {
  const Node* at = &node;
  while (const auto* paren = std::get_if<Paren>(&at->is)) at = paren->inner.get();
  return *at;
}

std::string_view name_of(ValueType type) {
  static constexpr std::string_view kNames[] = {
      "scalar", "instant vector", "range vector", "string"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view name_of(AggregateOp op) {
  static constexpr std::string_view kNames[] = {"sum",
                                                "avg",
                                                "count",
                                                "min",
                                                "max",
                                                "group",
                                                "stddev",
                                                "stdvar",
                                                "topk",
                                                "bottomk",
                                                "count_values",
                                                "quantile"};
  return kNames[static_cast<std::size_t>(op)];
}

std::string_view name_of(BinaryOp op) {
  static constexpr std::string_view kNames[] = {"or",
                                                "and",
                                                "unless",
                                                "==",
                                                "!=",
                                                "<",
                                                "<=",
                                                ">",
                                                ">=",
                                                "+",
                                                "-",
                                                "*",
                                                "/",
                                                "%",
                                                "atan2",
                                                "^"};
  return kNames[static_cast<std::size_t>(op)];
}

int precedence(BinaryOp op) {
  if (op == BinaryOp::set_or) return 1;
  if (is_set_operator(op)) return 2;
  if (is_comparison(op)) return 3;
  if (op <= BinaryOp::sub) return 4;
  return op == BinaryOp::pow ? 6 : 5;
}

}  // namespace coalmine::promql
