#include "sim/telemetry/promql/query.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/evaluation.h"
#include "sim/telemetry/promql/parser.h"

namespace coalmine::promql {
namespace {

/// How far a node looks back, `before` being what the subqueries around it add.
Millis reach_of(const Node& node, Millis before, Millis lookback) {
  const auto look_back = [&](const Displacement& displacement, Millis range) {
    return displacement.at == Displacement::At::none ? before + displacement.offset + range
                                                     : Millis(0);
  };
  if (const auto* selector = std::get_if<VectorSelector>(&node.is))
    return look_back(selector->displacement, lookback);
  if (const auto* matrix = std::get_if<MatrixSelector>(&node.is))
    return look_back(matrix->selector.displacement, matrix->range);
  if (const auto* subquery = std::get_if<Subquery>(&node.is)) {
    if (subquery->displacement.at != Displacement::At::none) return Millis(0);
    return reach_of(*subquery->inner, look_back(subquery->displacement, subquery->range), lookback);
  }
  Millis reach{};
  for_each_child(
      node, [&](const Node& child) { reach = std::max(reach, reach_of(child, before, lookback)); });
  return reach;
}

}  // namespace

TextPlace place_in_query(std::string_view query, std::size_t offset) {
  const std::string_view before = query.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(lines) + 1, static_cast<int>(before.size() - line_start) + 1};
}

ParseError::ParseError(int line, int column, std::size_t offset, std::string message)
    : std::runtime_error(fmt::format("{}:{}: parse error: {}", line, column, message)),
      line_(line),
      column_(column),
      offset_(offset),
      message_(std::move(message)) {}

Query Query::parse(std::string_view text, const Options& options) {
  Query query;
  query.text_ = text;
  query.options_ = options;
  query.root_ = parse_query(text, options.dialect);
  return query;
}

ValueType Query::type() const {
  return root_->type;
}

std::vector<std::span<const Matcher>> Query::selectors() const {
  std::vector<std::span<const Matcher>> found;
  walk(*root_, [&](const Node& node) {
    if (const auto* selector = std::get_if<VectorSelector>(&node.is))
      found.emplace_back(selector->matchers);
    if (const auto* matrix = std::get_if<MatrixSelector>(&node.is))
      found.emplace_back(matrix->selector.matchers);
  });
  return found;
}

Millis Query::reach() const {
  return std::max(options_.lookback, reach_of(*root_, Millis(0), options_.lookback));
}

Value Query::instant(const SeriesSource& source, Timestamp at) const {
  return Evaluation(*root_, options_, source, at, at).instant();
}

Value Query::range(const SeriesSource& source, Timestamp from, Timestamp to, Millis step) const {
  if (root_->type != ValueType::scalar && root_->type != ValueType::vector)
    throw EvaluationError(fmt::format(
        "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
        name_of(root_->type)));
  if (step <= Millis(0)) throw EvaluationError(std::string(kStepNotPositive));
  if (to < from) throw EvaluationError(std::string(kEndBeforeStart));
  if ((to - from) / step > kMostSteps) throw EvaluationError(std::string(kTooManySteps));
  return Evaluation(*root_, options_, source, from, to).range(step);
}

}  // namespace coalmine::promql
