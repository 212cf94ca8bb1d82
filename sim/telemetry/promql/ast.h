/// The syntax tree of a query. Every node knows where it stands in the text, what type its value
/// has, and a slot: its number among the nodes of the query, under which the evaluator keeps what
/// it remembers from one step to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/telemetry/matcher.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/sample.h"

namespace re2 {
class RE2;
}

namespace coalmine::promql {

struct Function;  // functions.h

using NodePtr = std::unique_ptr<Node>;

/// `offset` and `@` behind a selector or a subquery.
struct Displacement {
  enum class At : std::uint8_t { none, fixed, start, end };
  Millis offset{};  ///< positive: into the past
  At at = At::none;
  Timestamp fixed{};
};

struct NumberLiteral {
  double value = 0;
};

struct StringLiteral {
  std::string value;
};

struct VectorSelector {
  std::string name;  ///< in front of the braces; empty when there is none
  std::vector<Matcher> matchers;
  Displacement displacement;
};

struct MatrixSelector {
  VectorSelector selector;
  Millis range{};
};

struct Subquery {
  NodePtr inner;
  Millis range{};
  std::optional<Millis> step;  ///< none: the evaluation interval
  Displacement displacement;
};

struct Call {
  const Function* function = nullptr;
  std::vector<NodePtr> arguments;
  /// Of label_replace, compiled once.
  std::shared_ptr<const re2::RE2> regex;
};

enum class AggregateOp : std::uint8_t {
  sum,
  avg,
  count,
  min,
  max,
  group,
  stddev,
  stdvar,
  topk,
  bottomk,
  count_values,
  quantile,
};

struct Aggregation {
  AggregateOp op{};
  bool without = false;
  std::vector<std::string> grouping;  ///< as written
  NodePtr inner;
  NodePtr parameter;  ///< of topk, bottomk, count_values, quantile
};

/// In ascending order of precedence groups, comparisons together.
enum class BinaryOp : std::uint8_t {
  set_or,
  set_and,
  set_unless,
  equals,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  sub,
  mul,
  div,
  mod,
  atan2,
  pow,
};

constexpr bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::equals && op <= BinaryOp::greater_equal;
}
constexpr bool is_set_operator(BinaryOp op) {
  return op <= BinaryOp::set_unless;
}

enum class Cardinality : std::uint8_t { one_to_one, many_to_one, one_to_many };

/// Which elements of two vectors belong together.
struct Matching {
  Cardinality cardinality = Cardinality::one_to_one;
  bool on = false;                  ///< `labels` are those compared; otherwise those left out
  std::vector<std::string> labels;  ///< of on() or ignoring()
  std::vector<std::string> copied;  ///< of group_left() or group_right(), from the one side
};

struct Binary {
  BinaryOp op{};
  bool returns_bool = false;
  Matching matching;
  std::size_t op_offset = 0;
  NodePtr left;
  NodePtr right;
};

struct Unary {
  bool negative = false;
  NodePtr inner;
};

struct Paren {
  NodePtr inner;
};

struct Node {
  using Is = std::variant<NumberLiteral,
                          StringLiteral,
                          VectorSelector,
                          MatrixSelector,
                          Subquery,
                          Call,
                          Aggregation,
                          Binary,
                          Unary,
                          Paren>;
  Is is;
  ValueType type = ValueType::vector;
  std::uint32_t slot = 0;    ///< the root has the greatest
  std::uint32_t height = 1;  ///< 1 + that of the highest child
  std::size_t begin = 0;     ///< where it starts in the text
};

/// The node inside any parentheses.
const Node& without_parens(const Node& node);

/// Calls `see` for the nodes directly below, in the order of the text.
template <typename See>
void for_each_child(const Node& node, const See& see) {
  if (const auto* subquery = std::get_if<Subquery>(&node.is)) {
    see(*subquery->inner);
  } else if (const auto* call = std::get_if<Call>(&node.is)) {
    for (const NodePtr& argument : call->arguments) see(*argument);
  } else if (const auto* aggregation = std::get_if<Aggregation>(&node.is)) {
    if (aggregation->parameter) see(*aggregation->parameter);
    see(*aggregation->inner);
  } else if (const auto* binary = std::get_if<Binary>(&node.is)) {
    see(*binary->left);
    see(*binary->right);
  } else if (const auto* unary = std::get_if<Unary>(&node.is)) {
    see(*unary->inner);
  } else if (const auto* paren = std::get_if<Paren>(&node.is)) {
    see(*paren->inner);
  }
}

/// Calls `see` for a node and all below it, in the order of the text.
template <typename See>
void walk(const Node& node, const See& see) {
  see(node);
  for_each_child(node, [&](const Node& child) { walk(child, see); });
}

std::string_view name_of(AggregateOp op);
std::string_view name_of(BinaryOp op);
/// 1 for `or` up to 6 for `^`.
int precedence(BinaryOp op);

}  // namespace coalmine::promql
