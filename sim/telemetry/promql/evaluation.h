/// One evaluation of a query: the tree walked once for every step, with what can be known before
/// the first step (which series a selector means, which elements belong together) remembered from
/// step to step.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/promql/label_sets.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::promql {

struct Element {
  SetId labels = kNoSet;
  double value = 0;
};
using Vector = std::vector<Element>;

/// One instant, and the first and last of the steps it belongs to: a subquery inside is computed
/// once for all of them.
struct Moment {
  Timestamp now{};
  Timestamp first{};
  Timestamp last{};
};

/// The samples of one series, with the place found last: instants mostly go forward.
struct Column {
  SetId labels = kNoSet;
  std::span<const Timestamp> times{};
  std::span<const double> values{};
  std::size_t begin = 0;  ///< samples before the range
  std::size_t end = 0;    ///< samples up to the end of the range
  std::unique_ptr<RangeMemory> memory{};
};

/// What a selector or a subquery reads. Of ranges: without staleness markers.
struct Columns {
  std::vector<Column> columns;
  /// Samples that lie in no store: of a subquery, and of series with staleness markers.
  std::vector<std::vector<Timestamp>> own_times;
  std::vector<std::vector<double>> own_values;
};

class AggregationState;  // aggregation.h
class BinaryState;       // binary.h
class HistogramState;    // histogram.h

/// What is remembered of one node.
struct NodeState {
  NodeState();
  ~NodeState();
  NodeState(NodeState&&) noexcept;
  NodeState& operator=(NodeState&&) noexcept;

  Vector out;  ///< of the last step
  std::unique_ptr<Columns> columns;
  std::unique_ptr<AggregationState> aggregation;
  std::unique_ptr<BinaryState> binary;
  std::unique_ptr<HistogramState> histogram;
  PerSet<SetId> relabelled{kNoSet};  ///< by element: its labels after label_replace or label_join
  std::vector<SetId> made_of;        ///< by result: which input series made it, over all steps
};

/// Refuses a result that an other input has made before, at this step or an earlier one.
void require_one_maker(NodeState& state, SetId result, SetId maker);

class Evaluation {
 public:
  Evaluation(const Node& root,
             const Options& options,
             const SeriesSource& source,
             Timestamp from,
             Timestamp to);
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  Value instant();
  Value range(Millis step);

  // For the parts of the evaluator. A vector stays until its node is evaluated again.
  const Vector& vector(const Node& node, const Moment& at);
  double scalar(const Node& node, const Moment& at);
  LabelSets& sets() { return sets_; }
  PromDialect dialect() const { return options_.dialect; }
  NodeState& state(const Node& node) { return states_[node.slot]; }

  /// Refuses a vector in which two elements have the same labels.
  void require_distinct(const Vector& vector);
  /// Accounts for samples that stay in memory until the end.
  void hold(std::size_t samples);
  /// Refuses this many samples on top of those held.
  void require_room(std::size_t samples) const;

  /// A range of a node of matrix type: its columns, and the window that counts at this instant.
  struct Range {
    Columns* columns = nullptr;
    Timestamp from{};
    Timestamp to{};
  };
  Range open_range(const Node& matrix, const Moment& at);
  /// The samples of one column in a range; empty when there are none.
  Window window(Column& column, const Range& range);
  /// The place of the newest sample within the lookback that is no staleness marker.
  const Timestamp* newest(Column& column, Timestamp at, double& value) const;
  Columns& columns_of(const Node& node, const VectorSelector& selector);
  Columns& ranges_of(const Node& node, const MatrixSelector& selector, const Moment& at);
  Timestamp displaced(const Displacement& displacement, Timestamp now) const;

 private:
  /// Accounts for time that was spent.
  void work(std::size_t units);
  void compute(const Node& node, const Moment& at, Vector& out);
  void select(const Node& node, const VectorSelector& selector, const Moment& at, Vector& out);
  void negate(const Node& node, const Moment& at, Vector& out);
  void compute_subquery(const Subquery& subquery,
                        Columns& columns,
                        Timestamp first,
                        Timestamp last);
  void order_like_series(const Node& inner, Columns& columns);
  std::size_t place_of_origin(const Node& inner, SetId labels, PerSet<std::size_t>& places);
  Value matrix_at(const Node& node);

  const Node& root_;
  const Options& options_;
  const SeriesSource& source_;
  Timestamp from_;
  Timestamp to_;
  LabelSets sets_;
  std::vector<NodeState> states_;
  Marks marks_;
  std::size_t held_ = 0;
  std::uint64_t work_ = 0;     ///< so far, as Options::max_work counts it
  std::size_t sets_held_ = 0;  ///< label sets accounted for
};

/// The string of a node of string type.
const std::string& string_of(const Node& node);

}  // namespace coalmine::promql
