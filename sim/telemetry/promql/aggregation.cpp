#include "sim/telemetry/promql/aggregation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/go_heap.h"
#include "sim/telemetry/promql/number.h"
#include "sim/telemetry/promql/quantile.h"

namespace coalmine::promql {

AggregationState::AggregationState(const Aggregation& aggregation, PromDialect dialect)
    : aggregation_(aggregation),
      dialect_(dialect),
      names_(aggregation.grouping),
      group_by_element_(kNoSet),
      group_by_labels_(kNoSet) {
  if (aggregation.op == AggregateOp::count_values && !aggregation.without)
    names_.push_back(string_of(*aggregation.parameter));
  projection_ = {
      aggregation.without ? Projection::Of::others : Projection::Of::listed, names_, true};
}

void AggregationState::evaluate(Evaluation& evaluation, const Moment& at, Vector& out) {
  const AggregateOp op = aggregation_.op;
  if (op != AggregateOp::count_values && aggregation_.parameter)
    parameter_ = evaluation.scalar(*aggregation_.parameter, at);
  const Vector& vector = evaluation.vector(*aggregation_.inner, at);
  if (op == AggregateOp::count_values) {
    const std::string& label = string_of(*aggregation_.parameter);
    if (!is_label_name(label)) throw EvaluationError("invalid label name " + go_quote(label));
  }
  const bool ranked = op == AggregateOp::topk || op == AggregateOp::bottomk;
  if (ranked && !read_k(vector)) return;
  ++round_;
  seen_.clear();
  for (const Element& element : vector) {
    const std::uint32_t place = op == AggregateOp::count_values
                                    ? counted_group(evaluation, element)
                                    : group_of(evaluation, element.labels);
    Group& group = groups_[place];
    if (group.round == round_) {
      add(group, element);
    } else {
      group.round = round_;
      seen_.push_back(place);
      begin(group, element);
    }
  }
  for (const std::uint32_t place : seen_) {
    Group& group = groups_[place];
    if (!ranked) {
      out.push_back({group.labels, result(group)});
      continue;
    }
    // From the best to the worst.
    go_insertion_sort(group.heap, [this](const Element& a, const Element& b) {
      return is_worse(b.value, a.value);
    });
    out.insert(out.end(), group.heap.begin(), group.heap.end());
  }
}

bool AggregationState::read_k(const Vector& vector) {
  // Whole numbers of 64 bits; the least of them is a double, the greatest is not.
  if (!(parameter_ >= -9223372036854775808.0 && parameter_ <= 9223372036854775808.0))
    throw EvaluationError(fmt::format("Scalar value {} overflows int64", value_text(parameter_)));
  if (parameter_ < 1) return false;
  k_ = vector.size();
  if (parameter_ < static_cast<double>(k_)) k_ = static_cast<std::size_t>(parameter_);
  return k_ > 0;
}

std::uint32_t AggregationState::add_group(SetId labels) {
  std::uint32_t& place = group_by_labels_[labels];
  if (place == kNoSet) {
    place = static_cast<std::uint32_t>(groups_.size());
    groups_.emplace_back().labels = labels;
  }
  return place;
}

std::uint32_t AggregationState::group_of(Evaluation& evaluation, SetId element) {
  if (group_by_element_[element] == kNoSet)
    group_by_element_[element] = add_group(evaluation.sets().project(element, projection_));
  return group_by_element_[element];
}

std::uint32_t AggregationState::counted_group(Evaluation& evaluation, const Element& element) {
  LabelSets& sets = evaluation.sets();
  Labels labels = sets.labels(element.labels);
  labels.set(string_of(*aggregation_.parameter), decimal_text(element.value));
  return add_group(sets.project(sets.intern(std::move(labels)), projection_));
}

bool AggregationState::is_worse(double a, double b) const {
  if (std::isnan(a)) return true;
  return aggregation_.op == AggregateOp::topk ? a < b : a > b;
}

void AggregationState::keep_best(Group& group, const Element& element) const {
  const auto worse = [this](const Element& a, const Element& b) {
    return is_worse(a.value, b.value);
  };
  if (group.heap.size() < k_) {
    go_heap_push(group.heap, element, worse);
    return;
  }
  Element& worst = group.heap.front();
  const bool better = aggregation_.op == AggregateOp::topk ? worst.value < element.value
                                                           : worst.value > element.value;
  if (dialect_ == PromDialect::v2) {
    // Taken out and put in anew, which leaves ties in another order than replacing does.
    if (!better && !std::isnan(worst.value)) return;
    go_heap_pop(group.heap, worse);
    go_heap_push(group.heap, element, worse);
    return;
  }
  if (!better && !(std::isnan(worst.value) && !std::isnan(element.value))) return;
  worst = element;
  go_heap_fix_front(group.heap, worse);
}

void AggregationState::begin(Group& group, const Element& element) const {
  const double value = element.value;
  switch (aggregation_.op) {
    case AggregateOp::sum:
    case AggregateOp::min:
    case AggregateOp::max:
      group.value = value;
      group.sum = {value, 0};
      break;
    case AggregateOp::avg:
      group.count = 1;
      group.mean = value;
      group.kahan_mean = {};
      group.kahan_mean.add(value);
      break;
    case AggregateOp::count:
    case AggregateOp::count_values:
      group.count = 1;
      break;
    case AggregateOp::group:
      break;
    case AggregateOp::stddev:
    case AggregateOp::stdvar:
      group.count = 1;
      group.mean = value;
      // Before version 3 a group's first element could be infinite or no number and do no harm.
      group.value = dialect_ == PromDialect::v3 && !std::isfinite(value) ? kOrdinaryNan : 0;
      break;
    case AggregateOp::quantile:
      group.values.assign(1, value);
      break;
    case AggregateOp::topk:
    case AggregateOp::bottomk:
      group.heap.assign(1, element);
      break;
  }
}

void AggregationState::add(Group& group, const Element& element) const {
  const double value = element.value;
  switch (aggregation_.op) {
    case AggregateOp::sum:
      group.value += value;
      group.sum.add(value);
      break;
    case AggregateOp::min:
      if (group.value > value || std::isnan(group.value)) group.value = value;
      break;
    case AggregateOp::max:
      if (group.value < value || std::isnan(group.value)) group.value = value;
      break;
    case AggregateOp::avg:
      group.kahan_mean.add(value);
      ++group.count;
      if (!infinite_mean_stays(group.mean, value))
        group.mean += value / group.count - group.mean / group.count;
      break;
    case AggregateOp::count:
    case AggregateOp::count_values:
      ++group.count;
      break;
    case AggregateOp::group:
      break;
    case AggregateOp::stddev:
    case AggregateOp::stdvar: {
      ++group.count;
      const double delta = value - group.mean;
      group.mean += delta / group.count;
      group.value += delta * (value - group.mean);
      break;
    }
    case AggregateOp::quantile:
      group.values.push_back(value);
      break;
    case AggregateOp::topk:
    case AggregateOp::bottomk:
      keep_best(group, element);
      break;
  }
}

double AggregationState::result(Group& group) const {
  const bool kahan = dialect_ != PromDialect::v2;
  switch (aggregation_.op) {
    case AggregateOp::sum:
      return kahan ? group.sum.total() : group.value;
    case AggregateOp::avg:
      return kahan ? group.kahan_mean.mean() : group.mean;
    case AggregateOp::count:
    case AggregateOp::count_values:
      return group.count;
    case AggregateOp::group:
      return 1;
    case AggregateOp::stddev:
      return std::sqrt(group.value / group.count);
    case AggregateOp::stdvar:
      return group.value / group.count;
    case AggregateOp::quantile:
      return quantile(parameter_, group.values);
    default:
      return group.value;
  }
}

}  // namespace coalmine::promql
