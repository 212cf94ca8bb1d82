#include "sim/telemetry/rules/alert_evidence.h"

#include <algorithm>
#include <optional>

#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/promql/printer.h"

namespace coalmine::rules {
namespace {

using promql::Node;

/// Asks for parts of a query at one instant.
class Asker {
 public:
  Asker(const promql::Options& options, const SeriesSource& source, Timestamp at)
      : options_(options), source_(source), at_(at) {}

  promql::Value ask(const Node& part) const {
    return promql::Query::parse(promql::to_text(part), options_).instant(source_, at_);
  }
  bool yields(const Node& part, const Labels& element) const {
    const promql::Value value = ask(part);
    return std::any_of(value.series.begin(), value.series.end(), [&](const promql::Series& series) {
      return series.labels == element;
    });
  }

 private:
  const promql::Options& options_;
  const SeriesSource& source_;
  Timestamp at_;
};

/// The comparison or other expression that an element comes from.
const Node& origin_of(const Node& any, const Asker& asker, const Labels& element) {
  const Node& node = promql::without_parens(any);
  const auto* binary = std::get_if<promql::Binary>(&node.is);
  if (binary == nullptr) return node;
  if (binary->op == promql::BinaryOp::set_or) {
    const bool left = asker.yields(*binary->left, element);
    return origin_of(left ? *binary->left : *binary->right, asker, element);
  }
  if (promql::is_set_operator(binary->op)) return origin_of(*binary->left, asker, element);
  return node;
}

Millis longest_range(const Node& node) {
  Millis longest{};
  if (const auto* matrix = std::get_if<promql::MatrixSelector>(&node.is)) longest = matrix->range;
  if (const auto* subquery = std::get_if<promql::Subquery>(&node.is)) longest = subquery->range;
  promql::for_each_child(
      node, [&](const Node& child) { longest = std::max(longest, longest_range(child)); });
  return longest;
}

/// The rate() or increase() that a count of observations is made of, if it is one.
const promql::Call* counting_call(const Node& any) {
  const Node& node = promql::without_parens(any);
  if (const auto* sum = std::get_if<promql::Aggregation>(&node.is))
    return sum->op == promql::AggregateOp::sum ? counting_call(*sum->inner) : nullptr;
  if (const auto* binary = std::get_if<promql::Binary>(&node.is))
    return binary->op == promql::BinaryOp::set_or ? counting_call(*binary->left) : nullptr;
  const auto* call = std::get_if<promql::Call>(&node.is);
  if (call == nullptr || call->arguments.empty()) return nullptr;
  const std::string_view name = call->function->name;
  if (name == "rate" || name == "increase") return call;
  return name == "clamp_min" ? counting_call(*call->arguments[0]) : nullptr;
}

/// The first division by a count, in the order of the text.
const Node* counted_by(const Node& node) {
  if (const auto* binary = std::get_if<promql::Binary>(&node.is))
    if (binary->op == promql::BinaryOp::div && counting_call(*binary->right) != nullptr)
      return binary->right.get();
  const Node* found = nullptr;
  promql::for_each_child(node, [&](const Node& child) {
    if (found == nullptr) found = counted_by(child);
  });
  return found;
}

double observations(const Node& measured, const Asker& asker, const Labels& element) {
  const Node* count = counted_by(measured);
  if (count == nullptr) return 0;
  const promql::Value value = asker.ask(*count);
  const Labels wanted = element.without_metric_name();
  const auto found =
      std::find_if(value.series.begin(), value.series.end(), [&](const promql::Series& series) {
        return value.series.size() == 1 || series.labels == wanted;
      });
  if (found == value.series.end()) return 0;
  const promql::Call& call = *counting_call(*count);
  const double seconds =
      call.function->name == "rate" ? to_seconds(Duration(longest_range(*count))) : 1;
  return found->points.front().value * seconds;
}

std::optional<double> limit_of(const Node& bound, const Asker& asker) {
  if (bound.type != promql::ValueType::scalar) return std::nullopt;
  return asker.ask(bound).scalar.value;
}

}  // namespace

Evidence alert_evidence(const promql::Query& query,
                        const SeriesSource& source,
                        Timestamp at,
                        const Labels& element,
                        double value) {
  const Asker asker(query.options(), source, at);
  const Node& origin = origin_of(query.root(), asker, element);
  const Node* measured = &origin;
  Evidence evidence;
  evidence.value = value;
  if (const auto* binary = std::get_if<promql::Binary>(&origin.is);
      binary != nullptr && promql::is_comparison(binary->op) && !binary->returns_bool) {
    const bool bound_first = binary->left->type == promql::ValueType::scalar;
    measured = bound_first ? binary->right.get() : binary->left.get();
    evidence.limit = limit_of(bound_first ? *binary->left : *binary->right, asker);
  }
  measured = &promql::without_parens(*measured);
  evidence.query = promql::to_text(*measured);
  evidence.window = longest_range(*measured);
  evidence.samples = observations(*measured, asker, element);
  return evidence;
}

}  // namespace coalmine::rules
