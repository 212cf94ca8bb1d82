/// Operators between scalars, vectors and both (specs/prometheus.md section 8).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/telemetry/promql/evaluation.h"

namespace coalmine::promql {

double evaluate_scalars(const Binary& binary, double left, double right);

class BinaryState {
 public:
  BinaryState(const Binary& binary, PromDialect dialect);

  void evaluate(Evaluation& evaluation, const Moment& at, Vector& out);

 private:
  void vector_and_scalar(Evaluation& evaluation,
                         const Vector& vector,
                         double scalar,
                         Vector& out) const;
  void set_operation(Evaluation& evaluation, const Vector& left, const Vector& right, Vector& out);
  void match(Evaluation& evaluation, const Vector& left, const Vector& right, Vector& out);
  void index_one_side(Evaluation& evaluation, const Vector& one);
  SetId key(Evaluation& evaluation, SetId element);
  SetId result_labels(Evaluation& evaluation, SetId many, SetId one);
  SetId make_result_labels(Evaluation& evaluation, SetId many, SetId one) const;

  const Binary& binary_;
  bool drops_name_;
  std::vector<std::string> names_;
  Projection projection_;
  PerSet<SetId> keys_;
  /// By key: the element of the one side, and the step it is of.
  struct Place {
    std::uint64_t round = 0;
    std::uint32_t at = 0;
  };
  PerSet<Place> one_side_;
  /// By element of the many side: its result with the partner it had last.
  struct Result {
    SetId one = kNoSet;
    SetId labels = kNoSet;
  };
  PerSet<Result> results_;
  /// By key or result: the step in which it was used up.
  struct Use {
    std::uint64_t round = 0;
    SetId key = kNoSet;
  };
  PerSet<Use> used_;
  std::uint64_t round_ = 0;
};

}  // namespace coalmine::promql
