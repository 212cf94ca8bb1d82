/// histogram_quantile over the buckets of classic histograms (specs/prometheus.md section 9).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/telemetry/promql/evaluation.h"
#include "sim/telemetry/promql/quantile.h"

namespace coalmine::promql {

class HistogramState {
 public:
  HistogramState();

  void evaluate(Evaluation& evaluation, const Call& call, const Moment& at, Vector& out);

 private:
  /// What one element is: a bucket of which histogram, up to which bound.
  struct Part {
    std::uint32_t histogram = kNoSet;
    double bound = 0;
    bool known = false;
  };
  struct Histogram {
    SetId labels = kNoSet;  ///< of its quantile
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
