#include "sim/telemetry/promql/calls.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

#include "sim/telemetry/promql/element_functions.h"
#include "sim/telemetry/promql/histogram.h"

namespace coalmine::promql {
namespace {

/// The scalars of a call, without memory of its own: no function here takes more than two.
struct Scalars {
  std::array<double, 2> values{};
  std::size_t count = 0;
  std::span<const double> span() const { return {values.data(), count}; }
};

Scalars scalar_arguments(Evaluation& evaluation, const Call& call, const Moment& at) {
  Scalars scalars;
  for (const NodePtr& argument : call.arguments)
    if (argument->type == ValueType::scalar)
      scalars.values[scalars.count++] = evaluation.scalar(*argument, at);
  return scalars;
}

double seconds(Timestamp time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1000;
}

void over_range(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out) {
  const Evaluation::Range range = evaluation.open_range(matrix_argument(call), at);
  const Scalars scalars = scalar_arguments(evaluation, call, at);
  const RangeContext context{evaluation.dialect(), at.now, scalars.span()};
  const Function& function = *call.function;
  for (std::size_t i = 0; i < range.columns->columns.size(); ++i) {
    Column& column = range.columns->columns[i];
    const Window window = evaluation.window(column, range);
    double value = 0;
    if (window.times.empty() || !function.range(window, context, value)) continue;
    SetId labels = column.labels;
    if (!function.keeps_name) {
      labels = evaluation.sets().without_metric_name(labels);
      require_one_maker(evaluation.state(node), labels, static_cast<SetId>(i));
    }
    out.push_back({labels, value});
  }
}

void of_elements(Evaluation& evaluation, const Call& call, const Moment& at, Vector& out) {
  const ElementFunction function = call.function->element;
  if (call.arguments.empty()) {  // a date, of now
    out.push_back({evaluation.sets().intern({}), function(seconds(at.now), {})});
    return;
  }
  const Vector& vector = evaluation.vector(*call.arguments[0], at);
  const Scalars scalars = scalar_arguments(evaluation, call, at);
  for (const Element& element : vector)
    out.push_back({evaluation.sets().without_metric_name(element.labels),
                   function(element.value, scalars.span())});
  evaluation.require_distinct(out);
}

void clamp(Evaluation& evaluation, const Call& call, const Moment& at, Vector& out) {
  const Vector& vector = evaluation.vector(*call.arguments[0], at);
  const Scalars scalars = scalar_arguments(evaluation, call, at);
  const auto [low, high] = scalars.values;
  if (high < low) return;
  for (const Element& element : vector)
    out.push_back({evaluation.sets().without_metric_name(element.labels),
                   element::go_max(low, element::go_min(high, element.value))});
  evaluation.require_distinct(out);
}

/// What the one element that says "absent" is labelled with: what the selector asks to be equal.
Labels labels_of_absence(const Node& argument) {
  const Node& node = without_parens(argument);
  const VectorSelector* selector = std::get_if<VectorSelector>(&node.is);
  if (const auto* matrix = std::get_if<MatrixSelector>(&node.is)) selector = &matrix->selector;
  Labels labels;
  if (selector == nullptr) return labels;
  std::set<std::string_view> set;
  for (const Matcher& matcher : selector->matchers) {
    if (matcher.name() == kMetricName) continue;
    const bool decides = matcher.op() == MatchOp::equal && set.insert(matcher.name()).second;
    labels.set(matcher.name(), decides ? std::string_view(matcher.value()) : std::string_view());
  }
  return labels;
}

void absent(Evaluation& evaluation, const Call& call, const Moment& at, Vector& out) {
  const Node& argument = *call.arguments[0];
  if (argument.type == ValueType::matrix) {
    const Evaluation::Range range = evaluation.open_range(argument, at);
    for (Column& column : range.columns->columns)
      if (!evaluation.window(column, range).times.empty()) return;
  } else if (!evaluation.vector(argument, at).empty()) {
    return;
  }
  out.push_back({evaluation.sets().intern(labels_of_absence(argument)), 1});
}

void timestamp(Evaluation& evaluation, const Call& call, const Moment& at, Vector& out) {
  const Node& argument = without_parens(*call.arguments[0]);
  LabelSets& sets = evaluation.sets();
  if (const auto* selector = std::get_if<VectorSelector>(&argument.is)) {
    const Timestamp time = evaluation.displaced(selector->displacement, at.now);
    double value = 0;
    for (Column& column : evaluation.columns_of(argument, *selector).columns)
      if (const Timestamp* newest = evaluation.newest(column, time, value))
        out.push_back({sets.without_metric_name(column.labels), seconds(*newest)});
  } else {
    for (const Element& element : evaluation.vector(argument, at))
      out.push_back({sets.without_metric_name(element.labels), seconds(at.now)});
  }
  evaluation.require_distinct(out);
}

HistogramState& histogram_state(Evaluation& evaluation, const Node& node) {
  auto& known = evaluation.state(node).histogram;
  if (!known) known = std::make_unique<HistogramState>();
  return *known;
}

void histogram_quantile(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out) {
  const double q = evaluation.scalar(*call.arguments[0], at);
  const PromDialect dialect = evaluation.dialect();
  histogram_state(evaluation, node)
      .evaluate(
          evaluation,
          *call.arguments[1],
          at,
          [&](std::vector<Bucket>& buckets) { return bucket_quantile(q, buckets, dialect); },
          out);
}

/// Prometheus 2 knows it of native histograms alone.
void histogram_fraction(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out) {
  const double lower = evaluation.scalar(*call.arguments[0], at);
  const double upper = evaluation.scalar(*call.arguments[1], at);
  if (evaluation.dialect() != PromDialect::v3) {
    evaluation.vector(*call.arguments[2], at);  // what is wrong in it is wrong
    return;
  }
  histogram_state(evaluation, node)
      .evaluate(
          evaluation,
          *call.arguments[2],
          at,
          [&](std::vector<Bucket>& buckets) { return bucket_fraction(lower, upper, buckets); },
          out);
}

/// NaN last, whichever way.
void sort_by_value(Vector& vector, bool descending) {
  std::stable_sort(vector.begin(), vector.end(), [descending](const Element& a, const Element& b) {
    if (std::isnan(a.value) || std::isnan(b.value))
      return !std::isnan(a.value) && std::isnan(b.value);
    return descending ? a.value > b.value : a.value < b.value;
  });
}

void sort(Evaluation& evaluation, const Call& call, const Moment& at, Vector& out) {
  out = evaluation.vector(*call.arguments[0], at);
  sort_by_value(out, call.function->special == Special::sort_desc);
}

}  // namespace

const Node& matrix_argument(const Call& call) {
  const auto found =
      std::find_if(call.arguments.begin(), call.arguments.end(), [](const NodePtr& argument) {
        return argument->type == ValueType::matrix;
      });
  return **found;
}

void evaluate_call(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out) {
  if (call.function->range != nullptr) return over_range(evaluation, node, call, at, out);
  if (call.function->element != nullptr) return of_elements(evaluation, call, at, out);
  switch (call.function->special) {
    case Special::absent:
    case Special::absent_over_time:
      return absent(evaluation, call, at, out);
    case Special::clamp:
      return clamp(evaluation, call, at, out);
    case Special::histogram_fraction:
      return histogram_fraction(evaluation, node, call, at, out);
    case Special::histogram_quantile:
      return histogram_quantile(evaluation, node, call, at, out);
    case Special::label_join:
      return label_join(evaluation, node, call, at, out);
    case Special::label_replace:
      return label_replace(evaluation, node, call, at, out);
    case Special::sort:
    case Special::sort_desc:
      return sort(evaluation, call, at, out);
    case Special::timestamp:
      return timestamp(evaluation, call, at, out);
    case Special::vector:
      out.push_back({evaluation.sets().intern({}), evaluation.scalar(*call.arguments[0], at)});
      return;
    case Special::none:
    case Special::pi:
    case Special::scalar:
    case Special::time:
      break;  // scalars
  }
}

double evaluate_scalar_call(Evaluation& evaluation, const Call& call, const Moment& at) {
  switch (call.function->special) {
    case Special::pi:
      return std::numbers::pi;
    case Special::time:
      return seconds(at.now);
    default: {
      const Vector& vector = evaluation.vector(*call.arguments[0], at);
      return vector.size() == 1 ? vector.front().value : kOrdinaryNan;
    }
  }
}

}  // namespace coalmine::promql
