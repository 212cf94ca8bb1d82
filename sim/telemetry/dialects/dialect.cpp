#include "sim/telemetry/dialects/dialect.h"

#include <utility>

#include "sim/telemetry/go_number.h"

namespace coalmine {

using namespace std::chrono_literals;

std::string le_text(double bound, PromDialect prometheus, LeText le) {
  if (prometheus == PromDialect::v3) return go_number_of_openmetrics(bound);
  std::string text = go_number_plain(bound);
  if (le == LeText::java && text.find_first_of(".IN") == std::string::npos) text += ".0";
  return text;
}

void expose_sum(const HistogramNames& names,
                const std::shared_ptr<const Labels>& labels,
                OutcomeSet outcomes,
                double per_second,
                std::vector<ExposedSeries>& series) {
  series.push_back({names.sum, {}, labels, {Quantity::latency_sum, outcomes, 0, per_second}});
  series.push_back({names.count, {}, labels, {Quantity::latency_count, outcomes, 0, per_second}});
}

void expose_histogram(const HistogramNames& names,
                      const std::shared_ptr<const Labels>& labels,
                      OutcomeSet outcomes,
                      double per_second,
                      const Exposure& at,
                      std::vector<ExposedSeries>& series,
                      LeText le) {
  const auto add = [&](std::string text, std::size_t place) {
    series.push_back(
        {names.bucket, std::move(text), labels, {Quantity::bucket, outcomes, place, per_second}});
  };
  for (const Duration bound : at.bounds) {
    // Whole units print as such: nanoseconds divide exactly, seconds as doubles would not.
    const double in_unit = static_cast<double>(bound.count()) / (1e9 / per_second);
    add(le_text(in_unit, at.prometheus, le), at.run.place_of(bound));
  }
  add("+Inf", at.run.buckets() - 1);
  expose_sum(names, labels, outcomes, per_second, series);
}

void expose_sizes(const HistogramNames& names,
                  const std::shared_ptr<const Labels>& labels,
                  OutcomeSet outcomes,
                  double each,
                  std::span<const double> bounds,
                  const Exposure& at,
                  std::vector<ExposedSeries>& series) {
  if (each <= 0) return;
  const auto add = [&](std::string_view name, std::string le, double per_request) {
    Readout readout{Quantity::requests, outcomes};
    readout.scale = per_request;
    series.push_back({name, std::move(le), labels, readout});
  };
  for (const double bound : bounds)
    add(names.bucket, le_text(bound, at.prometheus), each <= bound ? 1 : 0);
  add(names.bucket, "+Inf", 1);
  add(names.sum, {}, each);
  add(names.count, {}, 1);
}

std::vector<Duration> client_bounds() {
  return {5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s};
}

std::vector<Duration> envoy_bounds() {
  return {500us,
          1ms,
          5ms,
          10ms,
          25ms,
          50ms,
          100ms,
          250ms,
          500ms,
          1s,
          2500ms,
          5s,
          10s,
          30s,
          60s,
          300s,
          600s,
          1800s,
          3600s};
}

}  // namespace coalmine
