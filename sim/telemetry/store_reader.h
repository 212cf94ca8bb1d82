/// MetricReader over the scraped series, at the simulation's present instant. Each reading is what
/// `sum(rate(...))` over the chosen series would return, computed with the functions of window.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/kernel/simulation.h"
#include "sim/telemetry/metric_reader.h"
#include "sim/telemetry/series_store.h"

namespace coalmine {

class StoreReader final : public MetricReader {
 public:
  /// How a Deployment is called in query texts.
  using NameOf = std::function<std::string(DeploymentId)>;

  /// Simulation and store outlive the reader. Without `name_of` Deployments are called by number;
  /// `segments` are the names of the users' segments.
  StoreReader(const Simulation& simulation,
              const SeriesStore& store,
              NameOf name_of = {},
              std::vector<std::string> segments = {});

  Reading error_ratio(const MetricTarget& target, Duration window) const override;
  Reading latency_quantile(const MetricTarget& target, double q, Duration window) const override;
  Reading slow_ratio(const MetricTarget& target,
                     Duration threshold,
                     Duration window) const override;
  Reading request_rate(const MetricTarget& target, Duration window) const override;
  Reading users(const MetricTarget& target) const override;
  Reading conversions(const MetricTarget& target) const override;
  Reading saturation(const MetricTarget& target, Duration window) const override;

 private:
  struct Totals;
  Totals request_rates(const MetricTarget& target, Duration window) const;
  std::array<Bucket, kBuckets> bucket_rates(const MetricTarget& target, Duration window) const;
  std::optional<double> rate_of(TargetId series, Column column, Duration window) const;
  std::string series(const MetricTarget& target,
                     const std::string& metric,
                     const std::string& matcher) const;
  std::string selector(const MetricTarget& target,
                       const std::string& metric,
                       const std::string& matcher,
                       Duration window) const;
  Reading newest_total(const MetricTarget& target, Column column, const char* metric) const;

  const Simulation& simulation_;
  const SeriesStore& store_;
  NameOf name_of_;
  std::vector<std::string> segments_;
};

/// "5m", "1h30m", "15s", "250ms": the way Prometheus writes a duration.
std::string prometheus_duration(Duration d);

}  // namespace coalmine
