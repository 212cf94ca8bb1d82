// Envoy's cluster statistics (specs/metric-dialects.md section 2): one cluster is what requests can
// be sent to, here the Service in front of one Deployment.

#include <string>
#include <utility>

#include "sim/telemetry/dialects/registry.h"

namespace coalmine {
namespace {

const OutcomeSet kTimedOut{Outcome::timed_out};
const OutcomeSet kSent{Outcome::ok,
                       Outcome::error,
                       Outcome::rejected,
                       Outcome::refused,
                       Outcome::reset,
                       Outcome::timed_out};
/// Answered by the upstream after some work; only these have an upstream_rq_time.
const OutcomeSet kAnswered{Outcome::ok, Outcome::error};

/// Sent on a connection that was there.
const OutcomeSet kReached{
    Outcome::ok, Outcome::error, Outcome::rejected, Outcome::reset, Outcome::timed_out};

constexpr const char* kTransmitted = "envoy_cluster_upstream_cx_tx_bytes_total";
constexpr const char* kReceived = "envoy_cluster_upstream_cx_rx_bytes_total";

/// Requests, or answers, of so many bytes each; nothing where that is not told.
void expose_bytes(const char* name,
                  OutcomeSet outcomes,
                  double each,
                  const std::shared_ptr<const Labels>& labels,
                  std::vector<ExposedSeries>& series) {
  if (each <= 0) return;
  Readout readout{Quantity::requests, outcomes};
  readout.scale = each;
  series.push_back({name, {}, labels, readout, true});
}

struct ByCode {
  const char* code;
  OutcomeSet outcomes;
};
const ByCode kCodes[] = {
    {"200", {Outcome::ok}},
    {"500", {Outcome::error}},
    {"503", {Outcome::rejected, Outcome::refused, Outcome::reset, Outcome::no_endpoint}},
    {"504", {Outcome::timed_out}},
};
const ByCode kClasses[] = {
    {"2", {Outcome::ok}},
    {"5",
     {Outcome::error,
      Outcome::rejected,
      Outcome::refused,
      Outcome::reset,
      Outcome::no_endpoint,
      Outcome::timed_out}},
};

/// Counters that are there with the cluster. Those of which nothing is simulated stay at 0, as they
/// do where nothing of the kind is configured.
struct General {
  const char* name;
  OutcomeSet outcomes;
  const char* help;
};
const General kGeneral[] = {
    {"envoy_cluster_upstream_rq_total", kSent, "Requests sent or attempted."},
    {"envoy_cluster_upstream_rq_completed", {}, "Requests that got a response, of whomever."},
    {"envoy_cluster_upstream_rq_timeout", kTimedOut, "Requests that timed out."},
    {"envoy_cluster_upstream_rq_per_try_timeout", OutcomeSet::none(), "Tries that timed out."},
    {"envoy_cluster_upstream_rq_pending_overflow",
     OutcomeSet::none(),
     "Requests that the circuit breaker refused."},
    {"envoy_cluster_upstream_rq_pending_failure_eject",
     {Outcome::refused},
     "Requests whose connection failed."},
    {"envoy_cluster_upstream_rq_retry", OutcomeSet::none(), "Retries."},
    {"envoy_cluster_upstream_rq_retry_success", OutcomeSet::none(), "Retries that worked."},
    {"envoy_cluster_upstream_rq_retry_overflow",
     OutcomeSet::none(),
     "Retries that the circuit breaker refused."},
    {"envoy_cluster_upstream_rq_retry_limit_exceeded",
     OutcomeSet::none(),
     "Requests that may not be retried any more."},
    {"envoy_cluster_upstream_cx_connect_fail", {Outcome::refused}, "Connections that failed."},
    {"envoy_cluster_upstream_cx_connect_timeout",
     OutcomeSet::none(),
     "Connections that timed out."},
    {"envoy_cluster_upstream_cx_overflow",
     OutcomeSet::none(),
     "Connections that the circuit breaker refused."},
    {"envoy_cluster_upstream_cx_none_healthy",
     {Outcome::no_endpoint},
     "Requests for which there was no healthy host."},
};

double members(const Facts& facts, std::size_t /*index*/) {
  return facts.endpoints;
}

/// Who has configured the clusters, by the names they get.
enum class Naming { service, contour, gloo, knative, kuma, app_mesh };

class Envoy final : public MetricDialect {
 public:
  Envoy(std::string name, Naming naming) : name_(std::move(name)), naming_(naming) {}

  std::string_view name() const override { return name_; }
  std::vector<MetricFamily> families() const override {
    std::vector<MetricFamily> all;
    for (const General& g : kGeneral) all.push_back({g.name, "counter", g.help});
    all.push_back({kTransmitted, "counter", "Bytes sent to the upstream."});
    all.push_back({kReceived, "counter", "Bytes that came from it."});
    all.push_back({"envoy_cluster_upstream_rq", "counter", "Responses by code."});
    all.push_back({"envoy_cluster_upstream_rq_xx", "counter", "Responses by class of the code."});
    all.push_back({"envoy_cluster_upstream_rq_time",
                   "histogram",
                   "Time of requests that were answered, in milliseconds."});
    all.push_back({"envoy_cluster_upstream_rq_active", "gauge", "Requests under way."});
    if (!beside_pod()) {
      all.push_back({"envoy_cluster_membership_total", "gauge", "Hosts of the cluster."});
      all.push_back({"envoy_cluster_membership_healthy", "gauge", "Healthy hosts of it."});
    }
    return all;
  }
  std::vector<Duration> bounds() const override { return envoy_bounds(); }
  bool observes(EndpointKind endpoint) const override {
    return endpoint == (beside_pod() ? EndpointKind::sidecar : EndpointKind::router);
  }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const Labels target = target_labels(scraped_pod(at.target, "envoy", 9901), at.style);
    const auto labelled = [&](const char* label, const char* value) {
      Labels labels = cluster_labels(at.target);
      if (label != nullptr) labels.set(label, value);
      return std::make_shared<const Labels>(scraped(labels, target));
    };
    const auto of_cluster = labelled(nullptr, nullptr);
    for (const General& g : kGeneral)
      series.push_back({g.name, {}, of_cluster, {Quantity::requests, g.outcomes}, true});
    expose_bytes(kTransmitted, kReached, at.target.request_size, of_cluster, series);
    expose_bytes(kReceived, kAnswered, at.target.response_size, of_cluster, series);
    for (const ByCode& by : kCodes)
      series.push_back({"envoy_cluster_upstream_rq",
                        {},
                        labelled("envoy_response_code", by.code),
                        {Quantity::requests, by.outcomes}});
    for (const ByCode& by : kClasses)
      series.push_back({"envoy_cluster_upstream_rq_xx",
                        {},
                        labelled("envoy_response_code_class", by.code),
                        {Quantity::requests, by.outcomes}});
    expose_histogram(time_, of_cluster, kAnswered, 1000, at, series);
    series.push_back(
        {"envoy_cluster_upstream_rq_active", {}, of_cluster, {Quantity::in_flight}, true});
    if (beside_pod()) return;
    Readout membership{Quantity::fact};
    membership.fact = members;
    for (const char* name : {"envoy_cluster_membership_total", "envoy_cluster_membership_healthy"})
      series.push_back({name, {}, of_cluster, membership});
  }

 private:
  bool beside_pod() const { return naming_ == Naming::app_mesh; }

  Labels cluster_labels(const TargetNames& t) const {
    switch (naming_) {
      case Naming::service:
        break;
      case Naming::contour:
        return {{"envoy_cluster_name", t.name_space + "_" + t.upstream + "_80"}};
      case Naming::gloo:
        return {
            {"envoy_cluster_name", t.name_space + "-" + t.upstream + "upstream-80_gloo-system"}};
      case Naming::knative:
        return {{"envoy_cluster_name", t.name_space + "/" + t.workload}};
      case Naming::kuma: {
        const std::string service = t.upstream + "_" + t.name_space + "_svc_80";
        return {{"envoy_cluster_name", service}, {"service", service}};
      }
      case Naming::app_mesh:
        return {
            {"envoy_cluster_name", "cds_ingress_" + t.name_space + "_" + t.workload + "_http_80"}};
    }
    return {{"envoy_cluster_name", t.upstream}};
  }

  std::string name_;
  Naming naming_;
  HistogramNames time_{"envoy_cluster_upstream_rq_time"};
};

}  // namespace

std::unique_ptr<const MetricDialect> make_envoy(const MetricOptions&) {
  return std::make_unique<Envoy>("envoy", Naming::service);
}
std::unique_ptr<const MetricDialect> make_envoy_contour(const MetricOptions&) {
  return std::make_unique<Envoy>("envoy-contour", Naming::contour);
}
std::unique_ptr<const MetricDialect> make_envoy_gloo(const MetricOptions&) {
  return std::make_unique<Envoy>("envoy-gloo", Naming::gloo);
}
std::unique_ptr<const MetricDialect> make_envoy_knative(const MetricOptions&) {
  return std::make_unique<Envoy>("envoy-knative", Naming::knative);
}
std::unique_ptr<const MetricDialect> make_envoy_kuma(const MetricOptions&) {
  return std::make_unique<Envoy>("envoy-kuma", Naming::kuma);
}
std::unique_ptr<const MetricDialect> make_envoy_app_mesh(const MetricOptions&) {
  return std::make_unique<Envoy>("envoy-app-mesh", Naming::app_mesh);
}

}  // namespace coalmine
