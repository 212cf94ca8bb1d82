#include "tests/telemetry/differential/expressions.h"

#include <fmt/format.h>

#include <algorithm>

namespace coalmine::promql {
namespace {

constexpr AggregateOp kAggregations[] = {
    AggregateOp::sum,
    AggregateOp::avg,
    AggregateOp::count,
    AggregateOp::min,
    AggregateOp::max,
    AggregateOp::group,
    AggregateOp::stddev,
    AggregateOp::stdvar,
    AggregateOp::topk,
    AggregateOp::bottomk,
    AggregateOp::count_values,
    AggregateOp::quantile,
};

/// The last bit of an element is no more than the last bit of the result.
bool is_tame(AggregateOp op) {
  return op == AggregateOp::min || op == AggregateOp::max || op == AggregateOp::group ||
         op == AggregateOp::count;
}

bool adds_up(AggregateOp op) {
  return op == AggregateOp::sum || op == AggregateOp::avg || op == AggregateOp::stddev ||
         op == AggregateOp::stdvar;
}

bool is_ranking(AggregateOp op) {
  return op == AggregateOp::topk || op == AggregateOp::bottomk;
}

constexpr const char* kModifiers[] = {"by",
                                      "without",
                                      "aggregation of everything",
                                      "grouping in front",
                                      "grouping behind",
                                      "bool",
                                      "on",
                                      "ignoring",
                                      "group_left",
                                      "group_right",
                                      "group_left(label)",
                                      "group_right(label)",
                                      "offset",
                                      "offset, negative",
                                      "@ number",
                                      "@ start()",
                                      "@ end()",
                                      "@ and offset",
                                      "subquery",
                                      "subquery without a step",
                                      "subquery, displaced",
                                      "range",
                                      "matcher =",
                                      "matcher !=",
                                      "matcher =~",
                                      "matcher !~",
                                      "unary -",
                                      "unary +",
                                      "()",
                                      "number",
                                      "selector by __name__"};

}  // namespace

void take_flags(Expression& made, const Expression& of) {
  made.ordered = made.ordered && of.ordered;
  made.one_step = made.one_step || of.one_step;
  made.rounded_anyhow = made.rounded_anyhow || of.rounded_anyhow;
  made.has_and = made.has_and || of.has_and;
}

Expressions::Context Expressions::Context::deeper() const {
  Context next = *this;
  --next.depth;
  return next;
}

Expressions::Context Expressions::Context::deeper_exact() const {
  Context next = deeper();
  next.exact = true;
  return next;
}

Expressions::Context Expressions::Context::of(const Metric& one) const {
  Context next = *this;
  next.metric = &one;
  return next;
}

Expressions::Expressions(std::uint64_t seed, Timestamp from, Timestamp to, Draws& draws)
    : from_(from), to_(to), dice_(seed), draws_(draws), writer_(dice_, draws) {
  for (const Function& function : all_functions()) {
    parts_.emplace_back(&function);
    draws_.expect(fmt::format("function {}", function.name));
  }
  for (const AggregateOp op : kAggregations) {
    parts_.emplace_back(op);
    draws_.expect(fmt::format("aggregation {}", name_of(op)));
  }
  for (int i = 0; i <= static_cast<int>(BinaryOp::pow); ++i) {
    const auto op = static_cast<BinaryOp>(i);
    parts_.emplace_back(op);
    draws_.expect(fmt::format("operator {}", name_of(op)));
    if (is_comparison(op)) draws_.expect(fmt::format("operator {} bool", name_of(op)));
  }
  for (const char* modifier : kModifiers) draws_.expect(modifier);
}

Expression Expressions::next() {
  // Every other one shows a part in its turn, as the outermost.
  if (++asked_ % 2 == 0) {
    const Part& part = parts_[next_part_++ % parts_.size()];
    return of_part(part, {});
  }
  const std::size_t roll = dice_.below(100);
  if (roll < 4) {
    return scalar({});
  }
  if (roll < 6) {
    return {.text = writer_.string(dice_.pick({"", "text", "a \"b\" \\c", "\xc3\xbc<&>"}))};
  }
  if (roll < 10) {
    return matrix({});
  }
  return vector({.depth = 2 + static_cast<int>(dice_.below(3))});
}

std::string Expressions::damaged() {
  std::string text = vector({.depth = 2}).text;
  const auto place = [&] { return dice_.below(text.size()); };
  static const std::vector<std::string> kPieces{"(",
                                                ")",
                                                "{",
                                                "}",
                                                "[",
                                                "]",
                                                ",",
                                                "5m",
                                                "1",
                                                " by ",
                                                " on ",
                                                " offset ",
                                                "\"",
                                                "+",
                                                "-",
                                                "==",
                                                "bool",
                                                "sum",
                                                " and(x)",
                                                "'",
                                                " @ ",
                                                "=~",
                                                "x ",
                                                "$",
                                                ":",
                                                "_",
                                                "^",
                                                "[5m]",
                                                " group_left ",
                                                "e",
                                                ".",
                                                "!",
                                                "\\",
                                                "start()",
                                                "#",
                                                "`",
                                                "0x",
                                                "inf"};
  switch (dice_.below(4)) {
    case 0:
      return text.erase(place(), 1 + dice_.below(3));
    case 1:
      return text.insert(place(), dice_.pick(kPieces));
    case 2:
      return text.substr(0, place());
    default: {
      const std::size_t at = place();
      return text.replace(at, 1, dice_.pick(kPieces));
    }
  }
}

Expression Expressions::of_part(const Part& part, const Context& context) {
  if (const auto* function = std::get_if<const Function*>(&part)) return call(**function, context);
  if (const auto* op = std::get_if<AggregateOp>(&part)) return aggregation(*op, context);
  return binary(std::get<BinaryOp>(part), context);
}

Expression Expressions::vector(const Context& context) {
  if (context.plain || context.depth <= 0) return plain_vector(context);
  const std::size_t roll = dice_.below(100);
  if (roll < 12) return plain_vector(context);
  if (roll < 45) return random_call(context);
  if (roll < 68) return aggregation(dice_.pick(kAggregations), context);
  if (roll < 94) return binary(static_cast<BinaryOp>(dice_.below(16)), context);
  return signed_vector(context);
}

/// Of which Prometheus defines the order in all circumstances.
Expression Expressions::plain_vector(const Context& context) {
  static const std::vector<std::string> kOverRange{"rate",
                                                   "increase",
                                                   "delta",
                                                   "irate",
                                                   "avg_over_time",
                                                   "max_over_time",
                                                   "last_over_time",
                                                   "count_over_time"};
  if (dice_.chance(60)) return selector(context);
  Context inner = context;
  inner.depth = 0;
  return call(*find_function(dice_.pick(kOverRange)), inner);
}

Expression Expressions::signed_vector(const Context& context) {
  const bool negative = dice_.chance(80);
  draws_.count(negative ? "unary -" : "unary +");
  const Expression inner = vector(context.deeper());
  Expression made{.text = (negative ? "-" : "+") + writer_.signed_operand(inner)};
  made.level = 5;
  made.sign = true;
  take_flags(made, inner);
  made.ordered_in_steps = inner.ordered_in_steps;
  return made;
}

Expression Expressions::scalar_literal(const std::vector<std::string>& pool) {
  draws_.count("number");
  Expression made{.text = dice_.pick(pool)};
  if (made.text.front() == '-' || made.text.front() == '+') {
    draws_.count(made.text.front() == '-' ? "unary -" : "unary +");
    made.level = 5;
    made.sign = true;
  }
  return made;
}

Expression Expressions::scalar(const Context& context) {
  static const std::vector<std::string> kNumbers{
      "0",    "1",   "2",   "3.5", "-1",   "+4",  "1e3", "0x1F", ".5",      "5.",
      "1e-3", "100", "010", "Inf", "-inf", "NaN", "1E2", "0.25", "1000000", "-0.5"};
  const std::size_t roll = context.depth <= 0 ? 0 : dice_.below(100);
  if (roll < 55) return scalar_literal(kNumbers);
  if (roll < 65) return call(*find_function(dice_.pick({"time", "pi"})), context);
  if (roll < 80) return call(*find_function("scalar"), context);
  auto op = static_cast<BinaryOp>(static_cast<int>(BinaryOp::equals) + dice_.below(13));
  if (context.exact && is_rounded_anyhow(op)) op = BinaryOp::add;
  return between_scalars(op, context);
}

std::string Expressions::grouping(std::size_t most) {
  static const std::vector<std::string> kLabels{"job",
                                                "instance",
                                                "region",
                                                "code",
                                                "le",
                                                "kind",
                                                "path",
                                                "zone",
                                                "version",
                                                "team",
                                                "__name__",
                                                "nothing",
                                                "sum",
                                                "by"};
  std::vector<std::string> labels;
  for (std::size_t i = dice_.below(most + 1); i > 0; --i)
    labels.push_back(dice_.chance(40) ? "job" : dice_.pick(kLabels));
  const char* how = dice_.chance(60) ? "by" : "without";
  draws_.count(how);
  return writer_.keyword(how) + " " + writer_.label_list(labels);
}

Expression Expressions::parameter(AggregateOp op, const Context& context) {
  static const std::vector<std::string> kCounts{
      "1", "1", "2", "2", "3", "5", "12", "0", "-1", "1.9"};
  static const std::vector<std::string> kOddCounts{"NaN", "1e30", "100", "-Inf", "1e18"};
  static const std::vector<std::string> kQuantiles{
      "0", "0.1", "0.25", "0.5", "0.9", "0.99", "1", "-0.1", "1.1", "NaN"};
  if (op == AggregateOp::count_values)
    return {.text = writer_.string(dice_.pick({"v", "v", "value", "job", "region", "1x"}))};
  if (op == AggregateOp::quantile && dice_.chance(85)) return scalar_literal(kQuantiles);
  if (op == AggregateOp::quantile) return scalar(context.deeper_exact());
  return scalar_literal(dice_.chance(90) ? kCounts : kOddCounts);
}

/// What is aggregated, in an order that is defined as far as that is visible.
Expression Expressions::aggregated(AggregateOp op, const Context& context) {
  Expression inner = vector(is_tame(op) ? context.deeper() : context.deeper_exact());
  if (!is_ranking(op) && !adds_up(op)) return inner;
  const bool defined = context.subqueries > 0 ? inner.ordered_in_steps : inner.ordered;
  if (!defined && (is_ranking(op) || context.subqueries > 0))
    inner = plain_vector(context.deeper_exact());
  if (!inner.ordered) {
    draws_.count("function sort");
    inner.text = "sort(" + inner.text + ")";
  }
  if (!inner.ordered_in_steps) inner.one_step = true;
  return inner;
}

Expression Expressions::aggregation(AggregateOp op, const Context& context) {
  draws_.count(fmt::format("aggregation {}", name_of(op)));
  const Expression inner = aggregated(op, context);
  Expression made;
  std::string arguments = inner.text;
  bool long_ranking = false;
  if (op == AggregateOp::count_values || op == AggregateOp::quantile || is_ranking(op)) {
    const Expression first = parameter(op, context);
    take_flags(made, first);
    arguments = first.text + ", " + arguments;
    long_ranking = first.text == "100" || first.text == "1e18";
  }
  // With three, the value's label is put where the second one was after the first step.
  const std::size_t most = op == AggregateOp::count_values ? 2 : 3;
  const std::string name = writer_.keyword(name_of(op));
  std::string body = "(" + writer_.gap() + arguments;
  body += writer_.gap() + ")";
  if (dice_.chance(25)) {
    draws_.count("aggregation of everything");
    made.text = name + body;
  } else if (dice_.chance(50)) {
    draws_.count("grouping in front");
    made.text = name + " " + grouping(most) + " " + body;
  } else {
    draws_.count("grouping behind");
    made.text = name + body + " " + grouping(most);
  }
  take_flags(made, inner);
  // More than a dozen are sorted by a method that may swap equal ones.
  if (long_ranking) made.ordered = false;
  made.ordered_in_steps = false;
  return made;
}

}  // namespace coalmine::promql
