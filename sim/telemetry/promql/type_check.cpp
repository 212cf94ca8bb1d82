#include "sim/telemetry/promql/type_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/promql/lexer.h"
#include "sim/telemetry/promql/regex_text.h"

namespace coalmine::promql {
namespace {

class TypeCheck {
 public:
  TypeCheck(std::string_view text, PromDialect dialect) : text_(text), dialect_(dialect) {}

  void check(Node& node) {
    std::visit([&](auto& is) { this->check(node, is); }, node.is);
  }

 private:
  void check(Node& /*node*/, NumberLiteral& /*is*/) {}
  void check(Node& /*node*/, StringLiteral& /*is*/) {}
  void check(Node& /*node*/, Paren& paren) { check(*paren.inner); }
  void check(Node& node, MatrixSelector& matrix) { check(node, matrix.selector); }
  void check(Node& node, VectorSelector& selector);
  void check(Node& node, Subquery& subquery);
  void check(Node& node, Unary& unary);
  void check(Node& node, Binary& binary);
  void check(Node& node, Call& call);
  void check(Node& node, Aggregation& aggregation);

  void check_matching(const Node& node, const Binary& binary, bool vectors);
  void check_label_replace(Call& call);
  void expect(Node& node, ValueType wanted, std::string_view context);
  [[noreturn]] void fail(std::size_t offset, std::string message) const {
    throw error_at(text_, offset, std::move(message));
  }

  std::string_view text_;
  PromDialect dialect_;
};

bool is_scalar_or_vector(ValueType type) {
  return type == ValueType::scalar || type == ValueType::vector;
}

void TypeCheck::expect(Node& node, ValueType wanted, std::string_view context) {
  check(node);
  if (node.type != wanted)
    fail(node.begin,
         fmt::format(
             "expected type {} in {}, got {}", name_of(wanted), context, name_of(node.type)));
}

void TypeCheck::check(Node& node, VectorSelector& selector) {
  const auto& matchers = selector.matchers;
  if (!selector.name.empty()) {
    for (const Matcher& matcher : std::span(matchers).subspan(1))
      if (matcher.name() == kMetricName)
        fail(node.begin,
             fmt::format("metric name must not be set twice: {} or {}",
                         go_quote(selector.name),
                         go_quote(matcher.value())));
    return;
  }
  const bool all_match_nothing =
      std::all_of(matchers.begin(), matchers.end(), [](const Matcher& m) { return m.matches(""); });
  if (all_match_nothing)
    fail(node.begin, "vector selector must contain at least one non-empty matcher");
}

void TypeCheck::check(Node& node, Subquery& subquery) {
  check(*subquery.inner);
  if (subquery.inner->type != ValueType::vector)
    fail(node.begin,
         fmt::format(
             "subquery is only allowed on instant vector, got {} instead",
             subquery.inner->type == ValueType::matrix ? "matrix" : name_of(subquery.inner->type)));
}

void TypeCheck::check(Node& node, Unary& unary) {
  check(*unary.inner);
  if (!is_scalar_or_vector(unary.inner->type))
    fail(node.begin,
         fmt::format(
             "unary expression only allowed on expressions of type scalar or instant vector, "
             "got \"{}\"",
             name_of(unary.inner->type)));
}

void TypeCheck::check(Node& node, Binary& binary) {
  check(*binary.left);
  check(*binary.right);
  const ValueType left = binary.left->type;
  const ValueType right = binary.right->type;
  if (binary.returns_bool && !is_comparison(binary.op))
    fail(binary.op_offset, "bool modifier can only be used on comparison operators");
  const bool scalars = left == ValueType::scalar && right == ValueType::scalar;
  if (is_comparison(binary.op) && !binary.returns_bool && scalars)
    fail(binary.op_offset, "comparisons between scalars must use BOOL modifier");
  const Matching& matching = binary.matching;
  for (const std::string& label : matching.labels)
    if (matching.on &&
        std::find(matching.copied.begin(), matching.copied.end(), label) != matching.copied.end())
      fail(binary.op_offset,
           fmt::format("label {} must not occur in ON and GROUP clause at once", go_quote(label)));
  for (const NodePtr* side : {&binary.left, &binary.right})
    if (!is_scalar_or_vector((*side)->type))
      fail((*side)->begin, "binary expression must contain only scalar and instant vector types");
  check_matching(node, binary, left == ValueType::vector && right == ValueType::vector);
}

void TypeCheck::check_matching(const Node& node, const Binary& binary, bool vectors) {
  const bool set_operator = is_set_operator(binary.op);
  if (!vectors && !binary.matching.labels.empty())
    fail(node.begin, "vector matching only allowed between instant vectors");
  if (vectors && set_operator && binary.matching.cardinality != Cardinality::one_to_one)
    fail(node.begin, fmt::format("no grouping allowed for \"{}\" operation", name_of(binary.op)));
  if (!vectors && set_operator)
    fail(node.begin,
         fmt::format("set operator \"{}\" not allowed in binary scalar expression",
                     name_of(binary.op)));
}

void TypeCheck::check(Node& node, Call& call) {
  const Function& function = *call.function;
  const std::size_t given = call.arguments.size();
  const std::size_t known = function.arguments.size();
  if (function.variadic == 0 && given != known)
    fail(node.begin,
         fmt::format(
             "expected {} argument(s) in call to \"{}\", got {}", known, function.name, given));
  if (function.variadic != 0) {
    const std::size_t least = known - 1;
    const std::size_t most = least + static_cast<std::size_t>(std::max(function.variadic, 0));
    if (given < least)
      fail(node.begin,
           fmt::format("expected at least {} argument(s) in call to \"{}\", got {}",
                       least,
                       function.name,
                       given));
    if (function.variadic > 0 && given > most)
      fail(node.begin,
           fmt::format("expected at most {} argument(s) in call to \"{}\", got {}",
                       most,
                       function.name,
                       given));
  }
  const std::string context = fmt::format("call to function \"{}\"", function.name);
  for (std::size_t i = 0; i < given; ++i)
    expect(*call.arguments[i], function.arguments[std::min(i, known - 1)], context);
  if (function.special == Special::label_replace) check_label_replace(call);
}

// Prometheus finds this out when the query runs; nobody gains from waiting.
void TypeCheck::check_label_replace(Call& call) {
  const Node& node = without_parens(*call.arguments[4]);
  const std::string& pattern = std::get<StringLiteral>(node.is).value;
  try {
    call.regex = anchored_regex(pattern, dialect_);
  } catch (const BadRegex& bad) {
    fail(node.begin,
         fmt::format("invalid regular expression in label_replace(): {} ({})",
                     pattern,
                     regex_message(bad.what())));
  }
}

void TypeCheck::check(Node& /*node*/, Aggregation& aggregation) {
  expect(*aggregation.inner, ValueType::vector, "aggregation expression");
  if (!aggregation.parameter) return;
  const bool takes_label = aggregation.op == AggregateOp::count_values;
  expect(*aggregation.parameter,
         takes_label ? ValueType::string : ValueType::scalar,
         "aggregation parameter");
}

}  // namespace

void check_types(Node& node, std::string_view text, PromDialect dialect) {
  TypeCheck(text, dialect).check(node);
}

}  // namespace coalmine::promql
