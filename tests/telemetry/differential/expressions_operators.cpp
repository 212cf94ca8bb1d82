// Operators between scalars and vectors.
#include <fmt/format.h>

#include <algorithm>

#include "tests/telemetry/differential/expressions.h"

namespace coalmine::promql {
namespace {

/// The last bit of an operand is no more than the last bit of the result.
bool is_tame(BinaryOp op) {
  return is_set_operator(op) || op == BinaryOp::mul || op == BinaryOp::div;
}

}  // namespace

bool is_rounded_anyhow(BinaryOp op) {
  return op == BinaryOp::pow || op == BinaryOp::atan2;
}

std::string Expressions::bool_modifier(BinaryOp op, bool must) {
  draws_.count(fmt::format("operator {}", name_of(op)));
  if (!is_comparison(op) || (!must && dice_.chance(60))) return "";
  draws_.count("bool");
  draws_.count(fmt::format("operator {} bool", name_of(op)));
  return writer_.keyword("bool");
}

Expression Expressions::joined(BinaryOp op,
                               const Expression& left,
                               const std::string& matching,
                               const Expression& right) {
  Expression made;
  made.level = precedence(op);
  made.rounded_anyhow = is_rounded_anyhow(op);
  made.has_and = op == BinaryOp::set_and;
  std::string name(name_of(op));
  if (is_set_operator(op)) name = writer_.keyword(name);
  made.text = writer_.operand(left, made.level, true);
  made.text += writer_.gap() + " " + name + " ";
  if (!matching.empty()) made.text += matching + " ";
  made.text += writer_.gap();
  made.text += writer_.operand(right, made.level, false);
  take_flags(made, left);
  take_flags(made, right);
  made.ordered_in_steps = false;
  return made;
}

Expression Expressions::between_scalars(BinaryOp op, const Context& context) {
  const Context inner = context.deeper_exact();
  const std::string modifier = bool_modifier(op, true);
  const Expression left = scalar(inner);
  return joined(op, left, modifier, scalar(inner));
}

Expression Expressions::binary(BinaryOp op, const Context& context) {
  if (context.exact && is_rounded_anyhow(op)) op = BinaryOp::mod;
  if (!is_set_operator(op) && dice_.chance(35)) return with_scalar(op, context);
  return between_vectors(op, context);
}

Expression Expressions::with_scalar(BinaryOp op, const Context& context) {
  const Context inner = is_tame(op) ? context.deeper() : context.deeper_exact();
  const std::string modifier = bool_modifier(op, false);
  Expression number = scalar(context.deeper_exact());
  if (dice_.chance(30)) return joined(op, number, modifier, vector(inner));
  const Expression left = vector(inner);
  return joined(op, left, modifier, number);
}

Expression Expressions::between_vectors(BinaryOp op, const Context& context) {
  const std::size_t roll = dice_.below(100);
  if (roll < 35) return same_metric(op, context);
  if (roll < 60) return same_grouping(op, context);
  if (roll < 85 && !is_set_operator(op)) return many_to_one(op, context);
  return anyhow(op, context);
}

std::string Expressions::matching(std::string_view how, const std::vector<std::string>& labels) {
  draws_.count(std::string(how));
  return writer_.keyword(how) + writer_.label_list(labels);
}

/// Operands that were made of series with the same labels.
Expression Expressions::same_metric(BinaryOp op, const Context& context) {
  const Metric& both = metric(context);
  const Context inner = (is_tame(op) ? context.deeper() : context.deeper_exact()).of(both);
  std::string how = bool_modifier(op, false);
  if (dice_.chance(20)) how += (how.empty() ? "" : " ") + matching("ignoring", {"nothing"});
  const Expression left = vector(inner);
  return joined(op, left, how, vector(inner));
}

/// Operands that were aggregated by the same labels.
Expression Expressions::same_grouping(BinaryOp op, const Context& context) {
  static constexpr AggregateOp kOps[] = {
      AggregateOp::max, AggregateOp::min, AggregateOp::count, AggregateOp::group};
  const Context inner = is_tame(op) ? context.deeper() : context.deeper_exact();
  const std::vector<std::string> labels = some_labels(metric(context));
  std::string how = bool_modifier(op, false);
  if (dice_.chance(40)) how += (how.empty() ? "" : " ") + matching("on", labels);
  const auto side = [&] {
    const AggregateOp aggregate = dice_.pick(kOps);
    draws_.count(fmt::format("aggregation {}", name_of(aggregate)));
    draws_.count("by");
    draws_.count("grouping in front");
    const Expression of = vector(inner);
    Expression made{.text = fmt::format(
                        "{} by {} ({})", name_of(aggregate), writer_.label_list(labels), of.text)};
    made.ordered_in_steps = false;
    take_flags(made, of);
    return made;
  };
  const Expression left = side();
  return joined(op, left, how, side());
}

/// The one side is aggregated by the labels compared, and sometimes by one more.
Expression Expressions::many_to_one(BinaryOp op, const Context& context) {
  const Context inner = is_tame(op) ? context.deeper() : context.deeper_exact();
  const Metric& both = metric(context);
  const std::vector<std::string> labels = some_labels(both);
  std::vector<std::string> copied;
  if (dice_.chance(40)) copied.push_back(dice_.pick({"region", "team", "zone", "nothing"}));
  if (!copied.empty() && std::find(labels.begin(), labels.end(), copied[0]) != labels.end())
    copied.clear();
  std::vector<std::string> grouped = labels;
  grouped.insert(grouped.end(), copied.begin(), copied.end());
  draws_.count("aggregation max");
  draws_.count("by");
  draws_.count("grouping in front");
  const Expression maximum = vector(inner.of(dice_.chance(50) ? both : metric({})));
  Expression one{.text = "max by " + writer_.label_list(grouped)};
  one.text += " (" + maximum.text + ")";
  take_flags(one, maximum);
  one.ordered_in_steps = false;
  const Expression many = vector(inner.of(both));
  const bool left = dice_.chance(60);
  const std::string group = left ? "group_left" : "group_right";
  draws_.count(group);
  if (!copied.empty()) draws_.count(group + "(label)");
  std::string how = bool_modifier(op, false);
  how += (how.empty() ? "" : " ") + matching("on", labels);
  how += " " + writer_.keyword(group);
  // Always with its labels: a parenthesis that follows would be read as them.
  how += " " + writer_.label_list(copied);
  return left ? joined(op, many, how, one) : joined(op, one, how, many);
}

/// Whatever comes: mostly nothing matches, or too much does.
Expression Expressions::anyhow(BinaryOp op, const Context& context) {
  const Context inner = is_tame(op) ? context.deeper() : context.deeper_exact();
  std::string how = bool_modifier(op, false);
  if (dice_.chance(70)) {
    how += how.empty() ? "" : " ";
    const char* word = dice_.chance(60) ? "on" : "ignoring";
    how += matching(word, some_labels(metric({})));
    if (!is_set_operator(op) && dice_.chance(50)) {
      const std::string group = dice_.chance(50) ? "group_left" : "group_right";
      draws_.count(group);
      how += " " + writer_.keyword(group) + "()";
    }
  }
  const Expression left = vector(inner);
  return joined(op, left, how, vector(inner));
}

}  // namespace coalmine::promql
