/// Puts expressions into words: where a text needs parentheses, and the many ways to write the
/// same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/telemetry/differential/dice.h"
#include "tests/telemetry/differential/draws.h"

namespace coalmine::promql {

/// How firmly a text holds together: 1 to 6 as precedence() of ast.h, and this.
inline constexpr int kWhole = 7;

/// A text, and how much of its answer Prometheus defines. Where the answer of a node has several
/// elements, most of its code passes them through a Go map, whose order is drawn anew each time.
struct Expression {
  std::string text;
  int level = kWhole;
  bool sign = false;             ///< begins with one: binds as `*`, may stand right of anything
  bool ordered = true;           ///< the elements at one instant
  bool ordered_in_steps = true;  ///< the elements in a query of several steps
  bool by_value = false;         ///< sorted: elements of equal value may change places
  bool rounded_anyhow = false;   ///< Go and C may differ in the last bits of it
  bool has_and = false;          ///< whose left side we may leave alone, errors and all
  bool one_step = false;         ///< which elements are in it depends on their order
};

class ExpressionWriter {
 public:
  ExpressionWriter(Dice& dice, Draws& draws) : dice_(dice), draws_(draws) {}

  /// "sum" as "SUM" now and then: keywords and operators of aggregation.
  std::string keyword(std::string_view word);
  std::string string(std::string_view value);
  std::string label_list(const std::vector<std::string>& labels);
  /// Mostly nothing: space, a line feed, a comment.
  std::string gap();

  std::string in_parens(const Expression& inner);
  /// As an operand of `^`..`or`; `left` of the operator or right of it.
  std::string operand(const Expression& inner, int level, bool left);
  std::string signed_operand(const Expression& inner);
  /// In front of [5m:1m].
  std::string subquery_base(const Expression& inner);

 private:
  Dice& dice_;
  Draws& draws_;
};

}  // namespace coalmine::promql
