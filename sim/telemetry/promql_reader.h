/// MetricReader in PromQL: every reading is a query over the scraped series, asked at the
/// simulation's present instant. The metrics are Istio's: what the proxies in front of the service
/// and of its pods report.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/simulation.h"
#include "sim/telemetry/metric_reader.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_source.h"

namespace coalmine {

class PromqlReader final : public MetricReader {
 public:
  /// How a Deployment is called on labels.
  using NameOf = std::function<std::string(DeploymentId)>;

  /// Simulation and source outlive the reader. `segments` are the names of the users' segments.
  /// Without `sidecars` nobody may ask at Vantage::pod: what those show is not stored.
  PromqlReader(const Simulation& simulation,
               const SeriesSource& source,
               NameOf name_of,
               std::vector<std::string> segments = {},
               bool sidecars = true,
               promql::Options options = {});

  Reading error_ratio(const MetricTarget& target, Duration window) const override;
  Reading latency_quantile(const MetricTarget& target, double q, Duration window) const override;
  Reading slow_ratio(const MetricTarget& target,
                     Duration threshold,
                     Duration window) const override;
  Reading request_rate(const MetricTarget& target, Duration window) const override;
  Reading users(const MetricTarget& target) const override;
  Reading conversions(const MetricTarget& target) const override;
  Reading query(const std::string& promql) const override;

  /// The texts of error_ratio and slow_ratio about a whole service at the router, for rules.
  static std::string error_ratio_of_service(const std::string& service, Duration window);
  static std::string slow_ratio_of_service(const std::string& service,
                                           Duration threshold,
                                           Duration window,
                                           PromDialect dialect);

  /// Whether any of these readings, about this service, could select such a series; those at
  /// Vantage::pod only with `sidecars`.
  static bool reads(std::string_view service,
                    bool sidecars,
                    std::string_view name,
                    const Labels& labels);

 private:
  const promql::Query& parsed(const std::string& query) const;
  promql::Value value_of(const std::string& query) const;
  /// The one number that a query gives now; empty when it gives none, several or NaN.
  std::optional<double> ask(const std::string& query) const;
  Reading reading(std::string query, double samples, Duration window) const;
  std::string matchers(const MetricTarget& target) const;
  std::string deployments(const MetricTarget& target) const;
  double requests_in(const MetricTarget& target, const char* counter, Duration window) const;

  const Simulation& simulation_;
  const SeriesSource& source_;
  NameOf name_of_;
  std::vector<std::string> segments_;
  bool sidecars_;
  promql::Options options_;
  mutable std::map<std::string, promql::Query, std::less<>> parsed_;
};

}  // namespace coalmine
