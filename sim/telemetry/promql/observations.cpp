#include "sim/telemetry/promql/observations.h"

#include <algorithm>

#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/promql/printer.h"

namespace coalmine::promql {
namespace {

/// The rate() or increase() that a count of observations is made of, if it is one.
const Call* counting_call(const Node& any) {
  const Node& node = without_parens(any);
  if (const auto* sum = std::get_if<Aggregation>(&node.is))
    return sum->op == AggregateOp::sum ? counting_call(*sum->inner) : nullptr;
  if (const auto* binary = std::get_if<Binary>(&node.is))
    return binary->op == BinaryOp::set_or ? counting_call(*binary->left) : nullptr;
  const auto* call = std::get_if<Call>(&node.is);
  if (call == nullptr || call->arguments.empty()) return nullptr;
  const std::string_view name = call->function->name;
  if (name == "rate" || name == "increase") return call;
  return name == "clamp_min" ? counting_call(*call->arguments[0]) : nullptr;
}

/// The first division by a count, in the order of the text.
const Node* counted_by(const Node& node) {
  if (const auto* binary = std::get_if<Binary>(&node.is))
    if (binary->op == BinaryOp::div && counting_call(*binary->right) != nullptr)
      return binary->right.get();
  const Node* found = nullptr;
  for_each_child(node, [&](const Node& child) {
    if (found == nullptr) found = counted_by(child);
  });
  return found;
}

/// The buckets that a quantile is taken of, if they are counts.
const Node* buckets_of(const Node& any) {
  const Node& node = without_parens(any);
  const Node* found = nullptr;
  if (const auto* call = std::get_if<Call>(&node.is)) {
    const bool of_buckets = call->function->special == Special::histogram_quantile ||
                            call->function->special == Special::histogram_fraction;
    if (of_buckets && counting_call(*call->arguments.back()) != nullptr)
      return call->arguments.back().get();
  }
  for_each_child(node, [&](const Node& child) {
    if (found == nullptr) found = buckets_of(child);
  });
  return found;
}

const Node* count_behind(const Node& measured) {
  if (const Node* count = counted_by(measured)) return count;
  if (const Node* buckets = buckets_of(measured)) return buckets;
  return counting_call(measured) != nullptr ? &measured : nullptr;
}

}  // namespace

Millis longest_range(const Node& node) {
  Millis longest{};
  if (const auto* matrix = std::get_if<MatrixSelector>(&node.is)) longest = matrix->range;
  if (const auto* subquery = std::get_if<Subquery>(&node.is)) longest = subquery->range;
  for_each_child(node,
                 [&](const Node& child) { longest = std::max(longest, longest_range(child)); });
  return longest;
}

double observations_behind(const Node& measured,
                           const Options& options,
                           const SeriesSource& source,
                           Timestamp at,
                           const Labels& element) {
  const Node* count = count_behind(measured);
  if (count == nullptr) return 0;
  const Value value = Query::parse(to_text(*count), options).instant(source, at);
  const Labels wanted = element.without_metric_name();
  double most = 0;  // of buckets the last one, which holds all
  for (const Series& series : value.series) {
    Labels labels = series.labels;
    labels.remove("le");
    if (value.series.size() == 1 || labels == wanted)
      most = std::max(most, series.points.front().value);
  }
  const Call& call = *counting_call(*count);
  const double seconds =
      call.function->name == "rate" ? to_seconds(Duration(longest_range(*count))) : 1;
  return most * seconds;
}

}  // namespace coalmine::promql
