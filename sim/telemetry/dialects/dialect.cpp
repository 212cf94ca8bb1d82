#include "sim/telemetry/dialects/dialect.h"

#include <fmt/format.h>

#include <utility>

#include "sim/telemetry/go_number.h"

namespace coalmine {

std::vector<MetricFamily> known_families() {
  std::vector<MetricFamily> known{
      {"up", "gauge", "Whether the last scrape of the target succeeded."},
      {"scrape_duration_seconds", "gauge", "How long the scrape took.", "seconds"},
      {"scrape_samples_scraped", "gauge", "Samples that the target showed."},
      {"scrape_samples_post_metric_relabeling", "gauge", "Of them, those kept."},
      {"scrape_series_added", "gauge", "Series that the scrape before did not have."},
  };
  for (const MetricDialect* dialect : {&istio_dialect(), &application_dialect()})
    for (MetricFamily& family : dialect->families()) known.push_back(std::move(family));
  return known;
}

std::string le_text(double bound, PromDialect prometheus) {
  std::string text = go_number_plain(bound);
  const bool whole = text.find_first_of(".eIN") == std::string::npos;
  if (prometheus == PromDialect::v3 && whole) text += ".0";
  return text;
}

void expose_histogram(const HistogramNames& names,
                      const std::shared_ptr<const Labels>& labels,
                      OutcomeSet outcomes,
                      double per_second,
                      const std::vector<Duration>& bounds,
                      const LatencyBounds& run,
                      PromDialect prometheus,
                      std::vector<ExposedSeries>& series) {
  const auto add = [&](std::string_view name, std::string le, const Readout& readout) {
    series.push_back({name, std::move(le), labels, readout});
  };
  const auto bucket = [&](std::size_t place) {
    return Readout{Quantity::bucket, outcomes, place, per_second};
  };
  for (const Duration bound : bounds) {
    // Whole units print as such: nanoseconds divide exactly, seconds as doubles would not.
    const double in_unit = static_cast<double>(bound.count()) / (1e9 / per_second);
    add(names.bucket, le_text(in_unit, prometheus), bucket(run.place_of(bound)));
  }
  add(names.bucket, "+Inf", bucket(run.buckets() - 1));
  add(names.sum, "", {Quantity::latency_sum, outcomes, 0, per_second});
  add(names.count, "", {Quantity::latency_count, outcomes, 0, per_second});
}

}  // namespace coalmine
