// Istio's standard metrics (specs/metric-dialects.md section 1): the client's proxy reports as
// `source` what it sent, the server's as `destination` what reached the pod.

#include <array>
#include <memory>
#include <string>

#include "sim/telemetry/dialects/dialect.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

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

Labels labels_of(const TargetNames& target, const Response& response) {
  const bool source = target.endpoint == Endpoint::router;
  const std::string service = target.service + ".default.svc.cluster.local";
  Labels labels{
      {"reporter", source ? "source" : "destination"},
      {"source_workload", target.caller},
      {"source_workload_namespace", "default"},
      {"source_app", target.caller},
      {"destination_workload", target.workload},
      {"destination_workload_namespace", "default"},
      {"destination_app", target.service},
      {"destination_version", target.version},
      {"destination_service", service},
      {"destination_service_name", target.service},
      {"destination_service_namespace", "default"},
      {"destination_canonical_service", target.service},
      {"destination_canonical_revision", target.version},
      {"request_protocol", "http"},
      {"response_code", response.code},
      {"response_flags", response.flags},
      {"connection_security_policy", source ? "unknown" : "mutual_tls"},
      {"user_segment", target.segment},
      {"job", "istio-proxy"},
      {"instance", source ? target.caller : target.pod},
      {"namespace", "default"},
      {"pod", source ? target.caller : target.pod},
  };
  return labels;
}

class Istio final : public MetricDialect {
 public:
  std::string_view name() const override { return "istio"; }
  std::vector<MetricFamily> families() const override {
    return {{"istio_requests_total", "counter", "Requests, one for each response."},
            {"istio_request_duration_milliseconds",
             "histogram",
             "Duration of requests.",
             "milliseconds"}};
  }
  std::vector<Duration> bounds() const override {
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
  bool by_segment() const override { return true; }
  void expose(const TargetNames& target,
              const std::vector<Duration>& bounds,
              const LatencyBounds& run,
              PromDialect prometheus,
              std::vector<ExposedSeries>& series) const override {
    if (target.endpoint == Endpoint::process) return;
    for (const Response& response : kResponses) {
      const auto labels = std::make_shared<const Labels>(labels_of(target, response));
      const OutcomeSet outcome{response.outcome};
      expose_histogram(duration_, labels, outcome, 1000, bounds, run, prometheus, series);
      series.push_back({"istio_requests_total", {}, labels, {Quantity::requests, outcome}});
    }
  }

 private:
  HistogramNames duration_{"istio_request_duration_milliseconds"};
};

}  // namespace

const MetricDialect& istio_dialect() {
  static const Istio dialect;
  return dialect;
}

}  // namespace coalmine
