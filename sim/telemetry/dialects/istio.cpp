// Istio's standard metrics (specs/metric-dialects.md section 1): the client's proxy reports as
// `source` what it sent, the server's as `destination` what reached the pod.

#include <array>
#include <memory>
#include <string>

#include "sim/telemetry/dialects/dialect.h"

namespace coalmine {
namespace {

/// An outcome as Envoy words it.
struct Response {
  Outcome outcome;
  const char* code;
  const char* flags;
};
constexpr std::array<Response, kOutcomes> kResponses{{
    {Outcome::ok, "200", "-"},
    {Outcome::error, "500", "-"},
    {Outcome::rejected, "503", "UO"},
    {Outcome::refused, "503", "UF"},
    {Outcome::reset, "503", "UC"},
    {Outcome::no_endpoint, "503", "UH"},
    {Outcome::timed_out, "504", "UT"},
}};

/// Envoy's default bounds, as of durations in milliseconds.
constexpr std::array<double, 19> kSizeBounds{
    0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 1.8e6, 3.6e6};

/// Those of the target: where Istio's own PodMonitor scrapes there are only these.
Labels target_of(const Exposure& at) {
  const TargetNames& target = at.target;
  if (at.style != TargetLabelStyle::operator_)
    return target_labels(scraped_pod(target, "istio-proxy", 15020), at.style);
  const std::string& pod = target.endpoint == EndpointKind::router ? target.caller : target.pod;
  return {
      {"job", "istio-proxy"}, {"instance", pod}, {"namespace", target.name_space}, {"pod", pod}};
}

Labels labels_of(const Exposure& at, const Response& response) {
  const TargetNames& target = at.target;
  const bool source = target.endpoint == EndpointKind::router;
  const std::string service = target.service + "." + target.name_space + ".svc.cluster.local";
  Labels labels{
      {"reporter", source ? "source" : "destination"},
      {"source_workload", target.caller},
      {"source_workload_namespace", target.name_space},
      {"source_app", target.caller},
      {"destination_workload", target.workload},
      {"destination_workload_namespace", target.name_space},
      {"destination_app", target.service},
      {"destination_version", target.version},
      {"destination_service", service},
      {"destination_service_name", target.service},
      {"destination_service_namespace", target.name_space},
      {"destination_canonical_service", target.service},
      {"destination_canonical_revision", target.version},
      {"request_protocol", "http"},
      {"response_code", response.code},
      {"response_flags", response.flags},
      {"connection_security_policy", source ? "unknown" : "mutual_tls"},
      {"user_segment", target.segment},
  };
  return scraped(labels, target_of(at));
}

class Istio final : public MetricDialect {
 public:
  std::string_view name() const override { return "istio"; }
  std::vector<MetricFamily> families() const override {
    return {{"istio_requests_total", "counter", "Requests, one for each response."},
            {"istio_request_duration_milliseconds",
             "histogram",
             "Duration of requests.",
             "milliseconds"},
            {"istio_request_bytes", "histogram", "Size of requests.", "bytes"},
            {"istio_response_bytes", "histogram", "Size of responses.", "bytes"}};
  }
  std::vector<Duration> bounds() const override { return envoy_bounds(); }
  bool observes(EndpointKind endpoint) const override {
    return endpoint == EndpointKind::router || endpoint == EndpointKind::sidecar;
  }
  bool by_segment() const override { return true; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    for (const Response& response : kResponses) {
      const auto labels = std::make_shared<const Labels>(labels_of(at, response));
      const OutcomeSet outcome{response.outcome};
      expose_histogram(duration_, labels, outcome, 1000, at, series);
      series.push_back({"istio_requests_total", {}, labels, {Quantity::requests, outcome}});
      expose_sizes(
          request_bytes_, labels, outcome, at.target.request_size, kSizeBounds, at, series);
      expose_sizes(
          response_bytes_, labels, outcome, at.target.response_size, kSizeBounds, at, series);
    }
  }

 private:
  HistogramNames duration_{"istio_request_duration_milliseconds"};
  HistogramNames request_bytes_{"istio_request_bytes"};
  HistogramNames response_bytes_{"istio_response_bytes"};
};

}  // namespace

const MetricDialect& istio_dialect() {
  static const Istio dialect;
  return dialect;
}

}  // namespace coalmine
