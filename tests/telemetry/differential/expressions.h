/// Random expressions of the right types over random series, every part of the language among them.
///
/// What Prometheus itself does not define is kept out: where sums are rounded in an order drawn
/// anew each time, or Go's functions round otherwise than those of C, nothing is built on top that
/// would make a difference of the last bit a visible one.
#pragma once

#include <string>
#include <vector>

#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/sample.h"
#include "tests/telemetry/differential/dice.h"
#include "tests/telemetry/differential/draws.h"
#include "tests/telemetry/differential/expression_writer.h"
#include "tests/telemetry/differential/random_series.h"

namespace coalmine::promql {

class Expressions {
 public:
  /// `from` and `to`: where the series have samples.
  Expressions(std::uint64_t seed, Timestamp from, Timestamp to, Draws& draws);

  Expression next();
  /// Not PromQL, most likely: an expression with a piece lost, doubled or out of place.
  std::string damaged();

 private:
  /// Whether selectors may be displaced by `@`: not everywhere does that work in 2.42.
  enum class Pinning : std::uint8_t { any, not_with_offset, none };
  /// What an expression is needed for.
  struct Context {
    int depth = 3;
    bool exact = false;  ///< whoever asks would make the last bit visible
    bool plain = false;  ///< the order of the elements must be defined
    int subqueries = 0;  ///< around it
    Pinning pinning = Pinning::any;
    const Metric* metric = nullptr;  ///< all selectors, if any
    Context deeper() const;
    Context deeper_exact() const;
    Context of(const Metric& one) const;
  };
  using Part = std::variant<const Function*, AggregateOp, BinaryOp>;

  // expressions.cpp
  Expression of_part(const Part& part, const Context& context);
  Expression vector(const Context& context);
  Expression plain_vector(const Context& context);
  Expression scalar(const Context& context);
  Expression scalar_literal(const std::vector<std::string>& pool);
  Expression signed_vector(const Context& context);
  Expression aggregation(AggregateOp op, const Context& context);
  Expression aggregated(AggregateOp op, const Context& context);
  Expression parameter(AggregateOp op, const Context& context);
  std::string grouping(std::size_t most);

  // expressions_calls.cpp
  Expression call(const Function& function, const Context& context);
  Expression random_call(const Context& context);
  std::vector<Expression> arguments(const Function& function, const Context& context);
  std::vector<Expression> arguments_of_labels(const Function& function, const Context& context);
  Expression scalar_argument(const Function& function, const Context& context);
  Expression buckets(const Context& context);
  Expression dates(const Context& context);

  // expressions_operators.cpp
  Expression binary(BinaryOp op, const Context& context);
  Expression between_scalars(BinaryOp op, const Context& context);
  Expression with_scalar(BinaryOp op, const Context& context);
  Expression between_vectors(BinaryOp op, const Context& context);
  Expression joined(BinaryOp op,
                    const Expression& left,
                    const std::string& matching,
                    const Expression& right);
  Expression same_metric(BinaryOp op, const Context& context);
  Expression same_grouping(BinaryOp op, const Context& context);
  Expression many_to_one(BinaryOp op, const Context& context);
  Expression anyhow(BinaryOp op, const Context& context);
  std::string matching(std::string_view how, const std::vector<std::string>& labels);
  std::string bool_modifier(BinaryOp op, bool must);

  // expressions_selectors.cpp
  const Metric& metric(const Context& context);
  std::string matcher(const LabelPool& label);
  std::string selector_text(const Metric& metric);
  std::string displacement(const Context& context);
  Expression selector(const Context& context);
  Expression matrix(const Context& context);
  Expression subquery(const Context& context);
  std::vector<std::string> some_labels(const Metric& metric);

  Timestamp from_;
  Timestamp to_;
  Dice dice_;
  Draws& draws_;
  ExpressionWriter writer_;
  std::vector<Part> parts_;
  std::size_t next_part_ = 0;
  std::size_t asked_ = 0;
};

/// Whether Go and C may differ in the last bits of it.
bool is_rounded_anyhow(const Function& function);
bool is_rounded_anyhow(BinaryOp op);

/// The flags of what is made of both.
void take_flags(Expression& made, const Expression& of);

}  // namespace coalmine::promql
