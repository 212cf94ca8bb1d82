#include "sim/telemetry/promql/binary.h"

#include <cmath>
#include <string>
#include <utility>

#include "sim/telemetry/go_quote.h"

namespace coalmine::promql {
namespace {

/// As Prometheus prints a series in messages: the metric's name like any other label.
std::string all_labels(const Labels& labels) {
  std::string text;
  for (const Label& label : labels)
    text += (text.empty() ? "{" : ", ") + label.name + "=" + go_quote(label.value);
  return text.empty() ? "{}" : text + "}";
}

/// The value of an element, and whether a comparison lets it through.
struct Outcome {
  double value = 0;
  bool kept = true;
};

/// A comparison keeps the left value.
Outcome apply(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::add:
      return {left + right};
    case BinaryOp::sub:
      return {left - right};
    case BinaryOp::mul:
      return {left * right};
    case BinaryOp::div:
      return {left / right};
    case BinaryOp::mod:
      return {std::fmod(left, right)};
    case BinaryOp::pow:
      return {std::pow(left, right)};
    case BinaryOp::atan2:
      return {std::atan2(left, right)};
    case BinaryOp::equals:
      return {left, left == right};
    case BinaryOp::not_equal:
      return {left, left != right};
    case BinaryOp::less:
      return {left, left < right};
    case BinaryOp::less_equal:
      return {left, left <= right};
    case BinaryOp::greater:
      return {left, left > right};
    case BinaryOp::greater_equal:
      return {left, left >= right};
    case BinaryOp::set_or:
    case BinaryOp::set_and:
    case BinaryOp::set_unless:
      break;
  }
  return {left};
}

}  // namespace

double evaluate_scalars(const Binary& binary, double left, double right) {
  const Outcome outcome = apply(binary.op, left, right);
  if (!is_comparison(binary.op)) return outcome.value;
  return outcome.kept ? 1 : 0;
}

BinaryState::BinaryState(const Binary& binary, PromDialect dialect)
    : binary_(binary),
      // Until 2.47 atan2 was forgotten among the operators that make another metric of it.
      drops_name_(binary.returns_bool ||
                  !(is_comparison(binary.op) ||
                    (binary.op == BinaryOp::atan2 && dialect == PromDialect::v2))),
      names_(binary.matching.labels),
      projection_{
          binary.matching.on ? Projection::Of::listed : Projection::Of::others, names_, true},
      keys_(kNoSet),
      one_side_({}),
      results_({}),
      used_({}) {}

void BinaryState::evaluate(Evaluation& evaluation, const Moment& at, Vector& out) {
  const bool scalar_left = binary_.left->type == ValueType::scalar;
  const bool scalar_right = binary_.right->type == ValueType::scalar;
  if (scalar_left || scalar_right) {
    // From left to right: of two errors the first counts.
    double scalar = scalar_left ? evaluation.scalar(*binary_.left, at) : 0;
    const Vector& vector = evaluation.vector(scalar_left ? *binary_.right : *binary_.left, at);
    if (scalar_right) scalar = evaluation.scalar(*binary_.right, at);
    vector_and_scalar(evaluation, vector, scalar, out);
    return;
  }
  // Nothing is left of the left side where the right one is empty, and rules put their short window
  // there: the long one costs nothing while all is well. The price is an error on the left that
  // nobody hears of.
  const bool right_first = binary_.op == BinaryOp::set_and;
  const Vector* first = &evaluation.vector(right_first ? *binary_.right : *binary_.left, at);
  if (right_first && first->empty()) return;
  const Vector* second = &evaluation.vector(right_first ? *binary_.left : *binary_.right, at);
  const Vector& left = right_first ? *second : *first;
  const Vector& right = right_first ? *first : *second;
  ++round_;
  if (is_set_operator(binary_.op))
    set_operation(evaluation, left, right, out);
  else if (!left.empty() && !right.empty())
    match(evaluation, left, right, out);
}

void BinaryState::vector_and_scalar(Evaluation& evaluation,
                                    const Vector& vector,
                                    double scalar,
                                    Vector& out) const {
  const bool scalar_left = binary_.left->type == ValueType::scalar;
  const bool filters = is_comparison(binary_.op) && !binary_.returns_bool;
  for (const Element& element : vector) {
    Outcome outcome = scalar_left ? apply(binary_.op, scalar, element.value)
                                  : apply(binary_.op, element.value, scalar);
    if (filters) {
      // The vector's value, on whichever side it stands.
      if (outcome.kept) out.push_back(element);
      continue;
    }
    if (binary_.returns_bool) outcome.value = outcome.kept ? 1 : 0;
    const SetId labels =
        drops_name_ ? evaluation.sets().without_metric_name(element.labels) : element.labels;
    out.push_back({labels, outcome.value});
  }
  if (!filters) evaluation.require_distinct(out);
}

SetId BinaryState::key(Evaluation& evaluation, SetId element) {
  if (keys_[element] == kNoSet) {
    const SetId key = evaluation.sets().project(element, projection_);
    keys_[element] = key;
  }
  return keys_[element];
}

void BinaryState::set_operation(Evaluation& evaluation,
                                const Vector& left,
                                const Vector& right,
                                Vector& out) {
  // `or` asks which keys the left has, the others which the right has.
  const bool is_or = binary_.op == BinaryOp::set_or;
  for (const Element& element : is_or ? left : right)
    one_side_[key(evaluation, element.labels)].round = round_;
  if (is_or) out = left;
  const bool wanted = binary_.op == BinaryOp::set_and;
  for (const Element& element : is_or ? right : left)
    if ((one_side_[key(evaluation, element.labels)].round == round_) == wanted)
      out.push_back(element);
}

void BinaryState::index_one_side(Evaluation& evaluation, const Vector& one) {
  for (std::uint32_t i = 0; i < one.size(); ++i) {
    const SetId key = this->key(evaluation, one[i].labels);
    Place& place = one_side_[key];
    if (place.round == round_) {
      LabelSets& sets = evaluation.sets();
      const bool left = binary_.matching.cardinality == Cardinality::one_to_many;
      throw EvaluationError(
          "found duplicate series for the match group " + all_labels(sets.labels(key)) +
          " on the " + (left ? "left" : "right") + " hand-side of the operation: [" +
          all_labels(sets.labels(one[i].labels)) + ", " +
          all_labels(sets.labels(one[place.at].labels)) +
          "];many-to-many matching not allowed: matching labels must be unique on one side");
    }
    place = {round_, i};
  }
}

void BinaryState::match(Evaluation& evaluation,
                        const Vector& left,
                        const Vector& right,
                        Vector& out) {
  const Cardinality cardinality = binary_.matching.cardinality;
  const bool swapped = cardinality == Cardinality::one_to_many;
  const Vector& many = swapped ? right : left;
  const Vector& one = swapped ? left : right;
  index_one_side(evaluation, one);
  for (const Element& element : many) {
    const SetId key = this->key(evaluation, element.labels);
    const Place place = one_side_[key];
    if (place.round != round_) continue;
    const Element& partner = one[place.at];
    const auto [a, b] =
        swapped ? std::pair(partner.value, element.value) : std::pair(element.value, partner.value);
    Outcome outcome = apply(binary_.op, a, b);
    if (binary_.returns_bool)
      outcome.value = outcome.kept ? 1 : 0;
    else if (!outcome.kept)
      continue;
    const SetId labels = result_labels(evaluation, element.labels, partner.labels);
    const bool one_to_one = cardinality == Cardinality::one_to_one;
    Use& use = used_[one_to_one ? key : labels];
    if (use.round == round_ && use.key == key)
      throw EvaluationError(
          one_to_one ? "multiple matches for labels: many-to-one matching must be explicit "
                       "(group_left/group_right)"
                     : "multiple matches for labels: grouping labels must ensure unique matches");
    use = {round_, key};
    out.push_back({labels, outcome.value});
  }
  evaluation.require_distinct(out);
}

SetId BinaryState::result_labels(Evaluation& evaluation, SetId many, SetId one) {
  const Result known = results_[many];
  if (known.one == one) return known.labels;
  const SetId labels = make_result_labels(evaluation, many, one);
  results_[many] = {one, labels};
  return labels;
}

SetId BinaryState::make_result_labels(Evaluation& evaluation, SetId many, SetId one) const {
  LabelSets& sets = evaluation.sets();
  const Matching& matching = binary_.matching;
  if (matching.cardinality == Cardinality::one_to_one) {
    if (!matching.on && names_.empty())
      return drops_name_ ? sets.without_metric_name(many) : sets.canonical(many);
    Projection kept = projection_;
    kept.drops_metric_name = drops_name_;
    const SetId labels = sets.project(many, kept);
    return matching.on && drops_name_ ? sets.without_metric_name(labels) : labels;
  }
  Labels labels = sets.labels(many);
  if (drops_name_) labels.remove(kMetricName);
  for (const std::string& name : matching.copied) labels.set(name, sets.labels(one).get(name));
  if (binary_.returns_bool) labels.remove(kMetricName);
  return sets.intern(std::move(labels));
}

}  // namespace coalmine::promql
