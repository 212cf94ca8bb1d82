/// Aggregations over the elements of a vector (specs/prometheus.md section 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/telemetry/promql/evaluation.h"
#include "sim/telemetry/promql/kahan.h"

namespace coalmine::promql {

class AggregationState {
 public:
  AggregationState(const Aggregation& aggregation, PromDialect dialect);

  void evaluate(Evaluation& evaluation, const Moment& at, Vector& out);

 private:
  /// What is known of one group in the current step.
  struct Group {
    SetId labels = kNoSet;
    std::uint64_t round = 0;  ///< the step in which it was seen last
    double value = 0;
    double count = 0;
    double mean = 0;
    KahanSum sum;
    KahanMean kahan_mean;
    std::vector<double> values;  ///< of quantile
    Vector heap;                 ///< of topk and bottomk
  };

  std::uint32_t group_of(Evaluation& evaluation, SetId element);
  std::uint32_t counted_group(Evaluation& evaluation, const Element& element);
  std::uint32_t add_group(SetId labels);
  void add(Group& group, const Element& element) const;
  void begin(Group& group, const Element& element) const;
  void count_up(Group& group, double value) const;
  double result(Group& group) const;
  void keep_best(Group& group, const Element& element) const;
  bool is_worse(double a, double b) const;
  bool read_k(const Vector& vector);

  const Aggregation& aggregation_;
  PromDialect dialect_;
  std::vector<std::string> names_;  ///< of the labels grouped by or left out
  Projection projection_;
  PerSet<std::uint32_t> group_by_element_;
  PerSet<std::uint32_t> group_by_labels_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> seen_;  ///< groups of this step, in the order they turned up
  std::uint64_t round_ = 0;
  double parameter_ = 0;
  std::size_t k_ = 0;
};

}  // namespace coalmine::promql
