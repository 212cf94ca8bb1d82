/// A metric dialect: what a proxy or a runtime calls the things that happen
/// (specs/metric-dialects.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/time.h"
#include "sim/service/latency_bounds.h"
#include "sim/telemetry/exposed_series.h"
#include "sim/telemetry/prom_dialect.h"

namespace coalmine {

class MetricDialect {
 public:
  virtual ~MetricDialect() = default;

  virtual std::string_view name() const = 0;
  virtual std::vector<MetricFamily> families() const = 0;
  /// The bounds of its latency histograms as they come; none: it has no histograms.
  virtual std::vector<Duration> bounds() const = 0;
  /// Whether it tells the users' segments apart at the router (a request header on a label).
  virtual bool by_segment() const { return false; }
  /// Appends the series that it shows at one endpoint; none at most endpoints. `bounds` are its
  /// own and those that the scenario adds, `run` holds them all.
  virtual void expose(const TargetNames& target,
                      const std::vector<Duration>& bounds,
                      const LatencyBounds& run,
                      PromDialect prometheus,
                      std::vector<ExposedSeries>& series) const = 0;
};

/// The names of a histogram's series.
struct HistogramNames {
  explicit HistogramNames(const std::string& name)
      : bucket(name + "_bucket"), sum(name + "_sum"), count(name + "_count") {}
  std::string bucket;
  std::string sum;
  std::string count;
};

/// Series of a classic histogram in a unit of which a second has `per_second`: a bucket for each
/// bound, _sum and _count, all with `labels`.
void expose_histogram(const HistogramNames& names,
                      const std::shared_ptr<const Labels>& labels,
                      OutcomeSet outcomes,
                      double per_second,
                      const std::vector<Duration>& bounds,
                      const LatencyBounds& run,
                      PromDialect prometheus,
                      std::vector<ExposedSeries>& series);

/// The `le` of a bound: shortest decimal as Go and Envoy print it ("0.5", "1", "400"); Prometheus 3
/// makes every one look like a float on ingestion ("1.0", "400.0").
std::string le_text(double bound, PromDialect prometheus);

/// What is known of all families of all dialects, and of those that every scrape adds.
std::vector<MetricFamily> known_families();

const MetricDialect& istio_dialect();
/// What the application itself counts, in the house's own names: workers, requests in flight, the
/// users and conversions of an experiment.
const MetricDialect& application_dialect();

}  // namespace coalmine
