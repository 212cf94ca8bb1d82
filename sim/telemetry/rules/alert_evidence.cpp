#include "sim/telemetry/rules/alert_evidence.h"

#include <algorithm>
#include <optional>

#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/observations.h"
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
  evidence.window = promql::longest_range(*measured);
  evidence.samples = promql::observations_behind(*measured, query.options(), source, at, element);
  return evidence;
}

}  // namespace coalmine::rules
