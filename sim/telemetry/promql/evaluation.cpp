#include "sim/telemetry/promql/evaluation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/telemetry/promql/aggregation.h"
#include "sim/telemetry/promql/binary.h"
#include "sim/telemetry/promql/calls.h"
#include "sim/telemetry/promql/histogram.h"

namespace coalmine::promql {
namespace {

/// How many of the times are not after `at`, searched for from where it was found last.
std::size_t count_until(std::span<const Timestamp> times, std::size_t hint, Timestamp at) {
  constexpr std::size_t kSteps = 8;
  const std::size_t limit = std::min(hint + kSteps, times.size());
  std::size_t first = 0;
  std::size_t last = times.size();
  if (hint > 0 && times[hint - 1] > at) {
    last = hint - 1;
  } else {
    for (; hint < limit; ++hint)
      if (times[hint] > at) return hint;
    first = hint;
  }
  const auto begin = times.begin();
  return static_cast<std::size_t>(std::upper_bound(begin + static_cast<std::ptrdiff_t>(first),
                                                   begin + static_cast<std::ptrdiff_t>(last),
                                                   at) -
                                  begin);
}

bool any_stale(std::span<const double> values) {
  // Without a branch, so that it can be vectorised: markers are rare.
  std::uint64_t stale = 0;
  for (const double value : values) stale |= static_cast<std::uint64_t>(is_stale_marker(value));
  return stale != 0;
}

void drop_stale(Column& column, Columns& columns) {
  std::vector<Timestamp>& times = columns.own_times.emplace_back();
  std::vector<double>& values = columns.own_values.emplace_back();
  for (std::size_t i = 0; i < column.times.size(); ++i) {
    if (is_stale_marker(column.values[i])) continue;
    times.push_back(column.times[i]);
    values.push_back(column.values[i]);
  }
  column.times = times;
  column.values = values;
}

/// Numbers the series of a matrix in the order in which they turn up; elements of several steps
/// with the same labels are one series, also when their ids differ.
class Places {
 public:
  explicit Places(LabelSets& sets) : sets_(sets) {}

  std::size_t of(SetId labels) {
    if (known_[labels] == kNone) {
      const SetId same = sets_.canonical(labels);
      if (known_[same] == kNone) known_[same] = count_++;
      known_[labels] = known_[same];
    }
    return known_[labels];
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  LabelSets& sets_;
  PerSet<std::size_t> known_{kNone};
  std::size_t count_ = 0;
};

/// What is wrong with two operands is shown at the operator between them.
std::size_t place_of_errors(const Node& node) {
  const auto* binary = std::get_if<Binary>(&node.is);
  return binary != nullptr ? binary->op_offset : node.begin;
}

Millis floor_to(Millis time, Millis step) {
  const std::int64_t rest = time.count() % step.count();
  return Millis(time.count() - (rest < 0 ? rest + step.count() : rest));
}

}  // namespace

NodeState::NodeState() = default;
NodeState::~NodeState() = default;
NodeState::NodeState(NodeState&&) noexcept = default;
NodeState& NodeState::operator=(NodeState&&) noexcept = default;

Evaluation::Evaluation(const Node& root,
                       const Options& options,
                       const SeriesSource& source,
                       Timestamp from,
                       Timestamp to)
    : root_(root),
      options_(options),
      source_(source),
      from_(from),
      to_(to),
      states_(root.slot + 1) {}

Evaluation::~Evaluation() = default;

void Evaluation::require_room(std::size_t samples) const {
  if (samples > options_.max_samples || held_ > options_.max_samples - samples)
    throw EvaluationError(
        "query processing would load too many samples into memory in query execution");
}

void Evaluation::hold(std::size_t samples) {
  require_room(samples);
  held_ += samples;
}

void Evaluation::work(std::size_t units) {
  work_ += units;
  if (work_ > options_.max_work) throw TimedOut();
}

void Evaluation::require_distinct(const Vector& vector) {
  marks_.next_round();
  for (const Element& element : vector)
    if (!marks_.mark(element.labels))
      throw EvaluationError("vector cannot contain metrics with the same labelset");
}

Timestamp Evaluation::displaced(const Displacement& displacement, Timestamp now) const {
  switch (displacement.at) {
    case Displacement::At::none:
      break;
    case Displacement::At::fixed:
      now = displacement.fixed;
      break;
    case Displacement::At::start:
      now = from_;
      break;
    case Displacement::At::end:
      now = to_;
      break;
  }
  return now - displacement.offset;
}

Columns& Evaluation::columns_of(const Node& node, const VectorSelector& selector) {
  std::unique_ptr<Columns>& columns = state(node).columns;
  if (columns) return *columns;
  columns = std::make_unique<Columns>();
  const std::vector<StoredSeries> found = source_.select(selector.matchers);
  columns->columns.reserve(found.size());
  // Most questions are about the newest samples.
  for (const StoredSeries& series : found) {
    const std::size_t end = series.times.size();
    columns->columns.push_back(
        {sets_.borrow(*series.labels), series.times, series.values, end, end});
  }
  return *columns;
}

Columns& Evaluation::ranges_of(const Node& node, const MatrixSelector& selector, const Moment& at) {
  if (const auto& known = state(node).columns) return *known;
  const Displacement& displacement = selector.selector.displacement;
  const Timestamp first = displaced(displacement, at.first) - selector.range;
  const Timestamp last = displaced(displacement, at.last);
  Columns& columns = columns_of(node, selector.selector);
  for (Column& column : columns.columns) {
    const auto begin = std::lower_bound(column.times.begin(), column.times.end(), first);
    const auto end = std::upper_bound(begin, column.times.end(), last);
    const auto before = static_cast<std::size_t>(begin - column.times.begin());
    const auto count = static_cast<std::size_t>(end - begin);
    column.times = column.times.subspan(before, count);
    column.values = column.values.subspan(before, count);
    column.begin = column.end = 0;
    if (any_stale(column.values)) drop_stale(column, columns);
  }
  return columns;
}

const Timestamp* Evaluation::newest(Column& column, Timestamp at, double& value) const {
  column.end = count_until(column.times, column.end, at);
  if (column.end == 0) return nullptr;
  const Timestamp& time = column.times[column.end - 1];
  const Timestamp oldest = at - options_.lookback;
  if (time < oldest || (time == oldest && options_.dialect == PromDialect::v3)) return nullptr;
  value = column.values[column.end - 1];
  return is_stale_marker(value) ? nullptr : &time;
}

void Evaluation::select(const Node& node,
                        const VectorSelector& selector,
                        const Moment& at,
                        Vector& out) {
  const Timestamp time = displaced(selector.displacement, at.now);
  double value = 0;
  std::vector<Column>& columns = columns_of(node, selector).columns;
  work(columns.size());
  for (Column& column : columns)
    if (newest(column, time, value) != nullptr) out.push_back({column.labels, value});
}

Evaluation::Range Evaluation::open_range(const Node& matrix, const Moment& at) {
  const Node& node = without_parens(matrix);
  if (const auto* selector = std::get_if<MatrixSelector>(&node.is)) {
    const Timestamp to = displaced(selector->selector.displacement, at.now);
    return {&ranges_of(node, *selector, at), to - selector->range, to};
  }
  const auto& subquery = std::get<Subquery>(node.is);
  const Timestamp to = displaced(subquery.displacement, at.now);
  std::unique_ptr<Columns>& columns = state(node).columns;
  if (!columns) {
    // Not kept in the state before it is complete: the subquery's own nodes have other states, but
    // an error must not leave half of it behind.
    auto computed = std::make_unique<Columns>();
    const Timestamp first = displaced(subquery.displacement, at.first) - subquery.range;
    compute_subquery(subquery, *computed, first, displaced(subquery.displacement, at.last));
    columns = std::move(computed);
  }
  return {columns.get(), to - subquery.range, to};
}

void Evaluation::compute_subquery(const Subquery& subquery,
                                  Columns& columns,
                                  Timestamp first,
                                  Timestamp last) {
  const Millis step = subquery.step.value_or(options_.default_step);
  Timestamp start(floor_to(first.time_since_epoch(), step));
  const bool open = options_.dialect == PromDialect::v3;
  if (open ? start <= first : start < first) start += step;
  if (last >= start) require_room(static_cast<std::size_t>((last - start) / step));
  Places places(sets_);
  for (Moment at{start, start, last}; at.now <= last; at.now += step) {
    const Vector& vector = this->vector(*subquery.inner, at);
    hold(vector.size());
    for (const Element& element : vector) {
      const std::size_t place = places.of(element.labels);
      if (place == columns.columns.size()) {
        columns.columns.push_back({.labels = element.labels});
        columns.own_times.emplace_back();
        columns.own_values.emplace_back();
      }
      columns.own_times[place].push_back(at.now);
      columns.own_values[place].push_back(element.value);
    }
  }
  for (std::size_t i = 0; i < columns.columns.size(); ++i) {
    columns.columns[i].times = columns.own_times[i];
    columns.columns[i].values = columns.own_values[i];
  }
  order_like_series(*subquery.inner, columns);
}

// The results of selectors and of functions over ranges stand in the order of the series they are
// of, whichever had a value first. (In Prometheus all others stand in no order at all.)
void Evaluation::order_like_series(const Node& inner, Columns& columns) {
  if (columns.columns.size() < 2) return;
  const Node* node = &without_parens(inner);
  while (const auto* unary = std::get_if<Unary>(&node->is)) node = &without_parens(*unary->inner);
  if (const auto* call = std::get_if<Call>(&node->is); call && call->function->range)
    node = &without_parens(matrix_argument(*call));
  else if (!std::holds_alternative<VectorSelector>(node->is))
    return;
  const std::unique_ptr<Columns>& series = state(*node).columns;
  if (!series) return;
  PerSet<std::size_t> places{0};
  for (std::size_t i = 0; i < series->columns.size(); ++i)
    places[sets_.canonical(series->columns[i].labels)] = i;
  std::stable_sort(
      columns.columns.begin(), columns.columns.end(), [&](const Column& a, const Column& b) {
        return place_of_origin(inner, a.labels, places) < place_of_origin(inner, b.labels, places);
      });
}

/// The place of the series from which an element with these labels was made.
std::size_t Evaluation::place_of_origin(const Node& inner,
                                        SetId labels,
                                        PerSet<std::size_t>& places) {
  const Node* node = &without_parens(inner);
  while (const auto* unary = std::get_if<Unary>(&node->is)) {
    if (unary->negative) labels = state(*node).made_of[labels];
    node = &without_parens(*unary->inner);
  }
  const auto* call = std::get_if<Call>(&node->is);
  if (call != nullptr && !call->function->keeps_name) return state(*node).made_of[labels];
  return places[sets_.canonical(labels)];
}

Window Evaluation::window(Column& column, const Range& range) {
  // Of a left-open window the earliest instant does not count.
  const Timestamp before =
      options_.dialect == PromDialect::v3 ? range.from : range.from - Millis(1);
  column.end = count_until(column.times, column.end, range.to);
  column.begin = count_until(column.times, std::min(column.begin, column.end), before);
  Window window{{}, {}, range.from, range.to, column.values, column.begin, &column.memory};
  if (column.begin >= column.end) return window;
  window.times = column.times.subspan(column.begin, column.end - column.begin);
  window.values = column.values.subspan(column.begin, column.end - column.begin);
  require_room(window.times.size());
  work(window.times.size());
  return window;
}

// Two series that differ in their names alone collide also if they never have a value at the same
// step: Prometheus compares whole results.
void require_one_maker(NodeState& state, SetId result, SetId maker) {
  if (result >= state.made_of.size()) state.made_of.resize(std::size_t{result} + 1, kNoSet);
  SetId& known = state.made_of[result];
  if (known == kNoSet) known = maker;
  if (known != maker) throw EvaluationError("vector cannot contain metrics with the same labelset");
}

void Evaluation::negate(const Node& node, const Moment& at, Vector& out) {
  for (const Element& element : vector(*std::get<Unary>(node.is).inner, at)) {
    const SetId labels = sets_.without_metric_name(element.labels);
    require_one_maker(state(node), labels, sets_.canonical(element.labels));
    out.push_back({labels, -element.value});
  }
}

const Vector& Evaluation::vector(const Node& node, const Moment& at) {
  if (const auto* paren = std::get_if<Paren>(&node.is)) return vector(*paren->inner, at);
  if (const auto* unary = std::get_if<Unary>(&node.is); unary != nullptr && !unary->negative)
    return vector(*unary->inner, at);
  Vector& out = state(node).out;
  out.clear();
  try {
    compute(node, at, out);
    constexpr std::size_t kOfANode = 10;
    work(kOfANode + out.size());
    require_room(out.size());
    // Label sets stay until the end, and take as much memory as so many samples.
    constexpr std::size_t kOfASet = 20;
    const std::size_t new_sets = sets_.size() - sets_held_;
    sets_held_ = sets_.size();
    hold(new_sets * kOfASet);
  } catch (EvaluationError& error) {
    error.locate(place_of_errors(node));
    throw;
  }
  return out;
}

void Evaluation::compute(const Node& node, const Moment& at, Vector& out) {
  if (const auto* selector = std::get_if<VectorSelector>(&node.is)) {
    select(node, *selector, at, out);
  } else if (const auto* call = std::get_if<Call>(&node.is)) {
    evaluate_call(*this, node, *call, at, out);
  } else if (const auto* aggregation = std::get_if<Aggregation>(&node.is)) {
    auto& known = state(node).aggregation;
    if (!known) known = std::make_unique<AggregationState>(*aggregation, dialect());
    known->evaluate(*this, at, out);
  } else if (const auto* binary = std::get_if<Binary>(&node.is)) {
    auto& known = state(node).binary;
    if (!known) known = std::make_unique<BinaryState>(*binary, dialect());
    known->evaluate(*this, at, out);
  } else {
    negate(node, at, out);
  }
}

double Evaluation::scalar(const Node& node, const Moment& at) {
  work(1);
  if (const auto* number = std::get_if<NumberLiteral>(&node.is)) return number->value;
  if (const auto* paren = std::get_if<Paren>(&node.is)) return scalar(*paren->inner, at);
  if (const auto* unary = std::get_if<Unary>(&node.is)) {
    const double value = scalar(*unary->inner, at);
    return unary->negative ? -value : value;
  }
  if (const auto* binary = std::get_if<Binary>(&node.is)) {
    const double left = scalar(*binary->left, at);
    return evaluate_scalars(*binary, left, scalar(*binary->right, at));
  }
  return evaluate_scalar_call(*this, std::get<Call>(node.is), at);
}

const std::string& string_of(const Node& node) {
  return std::get<StringLiteral>(without_parens(node).is).value;
}

Value Evaluation::matrix_at(const Node& node) {
  Value answer{.type = ValueType::matrix};
  const Range range = open_range(node, {from_, from_, to_});
  for (Column& column : range.columns->columns) {
    const Window window = this->window(column, range);
    if (window.times.empty()) continue;
    hold(window.times.size());
    Series series{sets_.labels(column.labels), {}};
    series.points.reserve(window.times.size());
    for (std::size_t i = 0; i < window.times.size(); ++i)
      series.points.push_back({window.times[i], window.values[i]});
    answer.series.push_back(std::move(series));
  }
  return answer;
}

Value Evaluation::instant() {
  const Moment at{from_, from_, to_};
  Value answer{.type = root_.type, .scalar = {.time = from_}};
  switch (root_.type) {
    case ValueType::scalar:
      answer.scalar.value = scalar(root_, at);
      break;
    case ValueType::string:
      answer.text = string_of(root_);
      break;
    case ValueType::matrix:
      return matrix_at(root_);
    case ValueType::vector: {
      const Vector& found = vector(root_, at);
      answer.series.reserve(found.size());
      for (const Element& element : found)
        answer.series.push_back({sets_.labels(element.labels), {{from_, element.value}}});
      break;
    }
  }
  return answer;
}

Value Evaluation::range(Millis step) {
  Value answer{.type = ValueType::matrix};
  const std::size_t steps = static_cast<std::size_t>((to_ - from_) / step) + 1;
  const auto add = [&](std::size_t place, Timestamp time, double value) {
    std::vector<Point>& points = answer.series[place].points;
    if (points.empty()) points.reserve(steps);
    points.push_back({time, value});
  };
  Places places(sets_);
  for (Moment at{from_, from_, to_}; at.now <= to_; at.now += step) {
    if (root_.type == ValueType::scalar) {
      if (answer.series.empty()) answer.series.emplace_back();
      hold(1);
      add(0, at.now, scalar(root_, at));
      continue;
    }
    const Vector& found = vector(root_, at);
    hold(found.size());
    for (const Element& element : found) {
      const std::size_t place = places.of(element.labels);
      if (place == answer.series.size())
        answer.series.push_back({sets_.labels(element.labels), {}});
      add(place, at.now, element.value);
    }
  }
  std::sort(answer.series.begin(), answer.series.end(), [](const Series& a, const Series& b) {
    return a.labels < b.labels;
  });
  return answer;
}

}  // namespace coalmine::promql
