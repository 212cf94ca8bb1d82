#include "sim/telemetry/promql/histogram.h"

#include <optional>
#include <string>

#include "sim/telemetry/promql/number.h"

namespace coalmine::promql {
namespace {

const std::string kBucketLabel = "le";

}  // namespace

HistogramState::HistogramState() : parts_({}), by_labels_(kNoSet) {}

HistogramState::Part HistogramState::part(Evaluation& evaluation, SetId element) {
  Part part = parts_[element];
  if (part.known) return part;
  part.known = true;
  LabelSets& sets = evaluation.sets();
  if (const auto bound = parse_float(sets.labels(element).get(kBucketLabel))) {
    part.bound = *bound;
    // The metric's name tells histograms apart, though their quantiles do not have it.
    const Projection all_but_bound{Projection::Of::others, {&kBucketLabel, 1}, false};
    const SetId histogram = sets.project(element, all_but_bound);
    if (by_labels_[histogram] == kNoSet) {
      by_labels_[histogram] = static_cast<std::uint32_t>(histograms_.size());
      histograms_.push_back({sets.without_metric_name(histogram), 0, {}});
    }
    part.histogram = by_labels_[histogram];
  }
  parts_[element] = part;
  return part;
}

void HistogramState::evaluate(Evaluation& evaluation,
                              const Call& call,
                              const Moment& at,
                              Vector& out) {
  const double q = evaluation.scalar(*call.arguments[0], at);
  ++round_;
  seen_.clear();
  for (const Element& element : evaluation.vector(*call.arguments[1], at)) {
    const Part part = this->part(evaluation, element.labels);
    if (part.histogram == kNoSet) continue;
    Histogram& histogram = histograms_[part.histogram];
    if (histogram.round != round_) {
      histogram.round = round_;
      histogram.buckets.clear();
      seen_.push_back(part.histogram);
    }
    histogram.buckets.push_back({part.bound, element.value});
  }
  for (const std::uint32_t i : seen_)
    out.push_back(
        {histograms_[i].labels, bucket_quantile(q, histograms_[i].buckets, evaluation.dialect())});
  evaluation.require_distinct(out);
}

}  // namespace coalmine::promql
