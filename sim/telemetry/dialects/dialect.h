/// A metric dialect: what a proxy or a runtime calls the things that happen
/// (specs/metric-dialects.md).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/time.h"
#include "sim/service/latency_bounds.h"
#include "sim/telemetry/dialects/target_labels.h"
#include "sim/telemetry/exposed_series.h"
#include "sim/telemetry/prom_dialect.h"

namespace coalmine {

/// One endpoint, asked what it shows.
struct Exposure {
  TargetNames target;
  /// At the cluster's endpoint: what the series are about; null elsewhere, but for a
  /// container at the kubelet's.
  Facts about{};
  std::vector<Duration> bounds{};  ///< of the dialect's histograms, those the scenario adds as well
  const LatencyBounds& run;        ///< holds them all
  PromDialect prometheus = PromDialect::v3;
  TargetLabelStyle style = TargetLabelStyle::operator_;
};

class MetricDialect {
 public:
  virtual ~MetricDialect() = default;

  virtual std::string_view name() const = 0;
  virtual std::vector<MetricFamily> families() const = 0;
  /// The bounds of its latency histograms as they come; none: it has no histograms.
  virtual std::vector<Duration> bounds() const { return {}; }
  /// Whether it has anything to show there.
  virtual bool observes(EndpointKind endpoint) const = 0;
  /// Whether it tells the users' segments apart at the router (a request header on a label).
  virtual bool by_segment() const { return false; }
  /// Whether it shows Quantity::latency_max, which is not kept unless somebody does.
  virtual bool needs_longest() const { return false; }
  /// Appends the series that it shows at one endpoint that it observes.
  virtual void expose(const Exposure& at, std::vector<ExposedSeries>& series) const = 0;
};

/// The names of a histogram's series.
struct HistogramNames {
  explicit HistogramNames(const std::string& name)
      : bucket(name + "_bucket"), sum(name + "_sum"), count(name + "_count") {}
  std::string bucket;
  std::string sum;
  std::string count;
};

/// How a client library writes a bound: Go and Envoy "1", Java "1.0".
enum class LeText { shortest, java };

/// Series of a classic histogram in a unit of which a second has `per_second`: a bucket for each
/// bound, _sum and _count, all with `labels`.
void expose_histogram(const HistogramNames& names,
                      const std::shared_ptr<const Labels>& labels,
                      OutcomeSet outcomes,
                      double per_second,
                      const Exposure& at,
                      std::vector<ExposedSeries>& series,
                      LeText le = LeText::shortest);
/// A histogram of sizes in bytes that are all alike, `each`; nothing where that is 0.
void expose_sizes(const HistogramNames& names,
                  const std::shared_ptr<const Labels>& labels,
                  OutcomeSet outcomes,
                  double each,
                  std::span<const double> bounds,
                  const Exposure& at,
                  std::vector<ExposedSeries>& series);
/// _sum and _count alone, as of a summary without quantiles.
void expose_sum(const HistogramNames& names,
                const std::shared_ptr<const Labels>& labels,
                OutcomeSet outcomes,
                double per_second,
                std::vector<ExposedSeries>& series);

/// The `le` of a bound: shortest decimal as Go and Envoy print it ("0.5", "1", "400"), or as Java
/// does; Prometheus 3 makes every one look like a float on ingestion ("1.0", "400.0", "1.8e+06").
std::string le_text(double bound, PromDialect prometheus, LeText le = LeText::shortest);

/// Bounds in seconds as most client libraries have them, 5 ms to 10 s.
std::vector<Duration> client_bounds();
/// Bounds as Envoy has them, 0.5 ms to 1 h (istio/envoy source/common/stats/histogram_impl.cc).
std::vector<Duration> envoy_bounds();

const MetricDialect& istio_dialect();
/// What the application itself counts, in the house's own names: workers, requests in flight, the
/// users and conversions of an experiment.
const MetricDialect& application_dialect();

}  // namespace coalmine
