/// What a strategy, a rule or a person may know about a running release: windows of scraped
/// series, as a query at this instant would give them. Never the truth: a reading is late by up to
/// a scrape interval, has holes where scrapes were lost, and is empty where a real query would
/// return nothing.
///
/// This is the one door between decisions and telemetry.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/event_log.h"
#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"
#include "sim/telemetry/vantage.h"

namespace coalmine {

/// Whose series: those of all the named Deployments, added up.
struct MetricTarget {
  std::vector<DeploymentId> deployments;
  Vantage vantage = Vantage::router;
  /// At the router: requests of one segment of the users alone, by its place in the scenario, those
  /// in none last.
  std::optional<std::uint8_t> segment{};
};

struct Reading {
  std::optional<double> value;  ///< empty: no data (no series with two samples, or nothing counted)
  double samples = 0;           ///< requests behind the value; extrapolated to the window's edges,
                                ///< hence not a whole number
  Duration window{};
  std::string query;      ///< the question in PromQL
  std::string problem{};  ///< query(): why there is no value
  Time at{};              ///< when it was asked

  /// As evidence of a decision, held against `limit`.
  Evidence against(std::optional<double> limit) const {
    return {query, window, samples, value, limit, problem};
  }
};

class MetricReader {
 public:
  virtual ~MetricReader() = default;

  /// Failed requests / all requests, 0..1. A failure is every outcome but `ok`.
  virtual Reading error_ratio(const MetricTarget& target, Duration window) const = 0;
  /// The q-quantile (0..1) of the latency of observed requests in seconds, from histogram buckets:
  /// never above the largest finite bound.
  virtual Reading latency_quantile(const MetricTarget& target, double q, Duration window) const = 0;
  /// Share of the observed requests that took longer than `threshold`, which is a bound of the
  /// histogram, 0..1. The router observes a request the client gave up on at the client's timeout;
  /// one that reached no pod is not observed.
  virtual Reading slow_ratio(const MetricTarget& target,
                             Duration threshold,
                             Duration window) const = 0;
  /// Requests per second, finished ones.
  virtual Reading request_rate(const MetricTarget& target, Duration window) const = 0;
  /// Of a running experiment, at the router: distinct users it answered so far, and those of them
  /// who converted. `samples` are the users.
  virtual Reading users(const MetricTarget& target) const = 0;
  virtual Reading conversions(const MetricTarget& target) const = 0;
  /// Any PromQL, which must come to one number that is not NaN. Its window is its longest range,
  /// its samples what it divides by or counts (promql/observations.h).
  virtual Reading query(const std::string& promql) const = 0;
};

}  // namespace coalmine
