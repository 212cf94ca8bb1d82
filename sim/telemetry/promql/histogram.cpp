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
    // The metric's name tells histograms apart, though what is told of them does not have it.
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
                              const Node& vector,
                              const Moment& at,
                              const std::function<double(std::vector<Bucket>&)>& measure,
                              Vector& out) {
  ++round_;
  seen_.clear();
  for (const Element& element : evaluation.vector(vector, at)) {
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
    out.push_back({histograms_[i].labels, measure(histograms_[i].buckets)});
  evaluation.require_distinct(out);
}

}  // namespace coalmine::promql
