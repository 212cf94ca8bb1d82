/// histogram_quantile and histogram_fraction over the buckets of classic histograms
/// (specs/prometheus.md section 9; of fractions Prometheus' own page on functions).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/telemetry/promql/evaluation.h"
#include "sim/telemetry/promql/quantile.h"

namespace coalmine::promql {

class HistogramState {
 public:
  HistogramState();

  /// `measure` of each histogram whose buckets are in `vector`.
  void evaluate(Evaluation& evaluation,
                const Node& vector,
                const Moment& at,
                const std::function<double(std::vector<Bucket>&)>& measure,
                Vector& out);

 private:
  /// What one element is: a bucket of which histogram, up to which bound.
  struct Part {
    std::uint32_t histogram = kNoSet;
    double bound = 0;
    bool known = false;
  };
  struct Histogram {
    SetId labels = kNoSet;  ///< of its measure
    std::uint64_t round = 0;
    std::vector<Bucket> buckets;
  };

  Part part(Evaluation& evaluation, SetId element);

  PerSet<Part> parts_;
  PerSet<std::uint32_t> by_labels_;
  std::vector<Histogram> histograms_;
  std::vector<std::uint32_t> seen_;  ///< of this step, in the order they turned up
  std::uint64_t round_ = 0;
};

}  // namespace coalmine::promql
