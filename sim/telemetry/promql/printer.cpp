#include "sim/telemetry/promql/printer.h"

#include <string_view>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/promql/number.h"

namespace coalmine::promql {
namespace {

std::string list(const std::vector<std::string>& names) {
  std::string text = "(";
  for (const std::string& name : names) {
    if (text.size() > 1) text += ", ";
    text += is_label_name(name) ? name : go_quote(name);
  }
  return text + ")";
}

std::string suffix(const Displacement& displacement) {
  std::string text;
  if (displacement.at == Displacement::At::start) text += " @ start()";
  if (displacement.at == Displacement::At::end) text += " @ end()";
  if (displacement.at == Displacement::At::fixed)
    text.append(" @ ").append(time_text(displacement.fixed));
  if (displacement.offset != Millis(0))
    text.append(" offset ").append(duration_text(displacement.offset));
  return text;
}

std::string matchers_of(const VectorSelector& selector) {
  std::string text;
  for (const Matcher& matcher : selector.matchers) {
    // The first of a named selector is its name.
    if (&matcher == selector.matchers.data() && !selector.name.empty()) continue;
    if (!text.empty()) text += ",";
    text += is_label_name(matcher.name()) ? matcher.name() : go_quote(matcher.name());
    text += matcher.text().substr(matcher.name().size());
  }
  return text.empty() ? selector.name : selector.name + "{" + text + "}";
}

std::string text_of(const NumberLiteral& number) {
  return value_text(number.value);
}
std::string text_of(const StringLiteral& string) {
  return go_quote(string.value);
}
std::string text_of(const VectorSelector& selector) {
  return matchers_of(selector) + suffix(selector.displacement);
}
std::string text_of(const MatrixSelector& matrix) {
  return matchers_of(matrix.selector) + "[" + duration_text(matrix.range) + "]" +
         suffix(matrix.selector.displacement);
}
std::string text_of(const Subquery& subquery) {
  return to_text(*subquery.inner) + "[" + duration_text(subquery.range) + ":" +
         (subquery.step ? duration_text(*subquery.step) : "") + "]" + suffix(subquery.displacement);
}
std::string text_of(const Call& call) {
  std::string text(call.function->name);
  text += "(";
  for (const NodePtr& argument : call.arguments) {
    if (&argument != call.arguments.data()) text += ", ";
    text += to_text(*argument);
  }
  return text + ")";
}
std::string text_of(const Aggregation& aggregation) {
  std::string text(name_of(aggregation.op));
  if (aggregation.without) text += " without " + list(aggregation.grouping) + " ";
  if (!aggregation.without && !aggregation.grouping.empty())
    text += " by " + list(aggregation.grouping) + " ";
  text += "(";
  if (aggregation.parameter) text += to_text(*aggregation.parameter) + ", ";
  return text + to_text(*aggregation.inner) + ")";
}
std::string text_of(const Binary& binary) {
  const Matching& matching = binary.matching;
  std::string text = to_text(*binary.left) + " ";
  text += name_of(binary.op);
  if (binary.returns_bool) text += " bool";
  const bool grouped = matching.cardinality != Cardinality::one_to_one;
  if (matching.on || grouped || !matching.labels.empty())
    text += (matching.on ? " on " : " ignoring ") + list(matching.labels);
  if (grouped) {
    text += matching.cardinality == Cardinality::many_to_one ? " group_left " : " group_right ";
    text += list(matching.copied);
  }
  return text + " " + to_text(*binary.right);
}
std::string text_of(const Unary& unary) {
  return (unary.negative ? "-" : "+") + to_text(*unary.inner);
}
std::string text_of(const Paren& paren) {
  return "(" + to_text(*paren.inner) + ")";
}

}  // namespace

std::string to_text(const Node& node) {
  return std::visit([](const auto& is) { return text_of(is); }, node.is);
}

}  // namespace coalmine::promql
