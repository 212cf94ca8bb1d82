// The NGINX ingress controller (specs/metric-dialects.md section 3): what came from outside, by the
// Ingress it was for. Requests to any other Deployment than the one before the release carry the
// name of their upstream in `canary`.

#include <string>

#include "sim/telemetry/dialects/registry.h"

namespace coalmine {
namespace {

struct ByStatus {
  const char* status;
  OutcomeSet outcomes;
};
const ByStatus kStatuses[] = {
    {"200", {Outcome::ok}},
    {"500", {Outcome::error}},
    {"502", {Outcome::refused, Outcome::reset}},
    {"503", {Outcome::rejected, Outcome::no_endpoint}},
    {"504", {Outcome::timed_out}},
};

/// Its buckets of lengths, which most are above.
constexpr double kLengths[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};

constexpr const char* kController = "ingress-nginx-controller";
constexpr const char* kControllerNamespace = "ingress-nginx";

Labels target_of(const Exposure& at) {
  ScrapedPod pod;
  pod.job = pod.service = "ingress-nginx-controller-metrics";
  pod.container = "controller";
  pod.name_space = kControllerNamespace;
  pod.pod = pod.workload = kController;
  pod.app = "ingress-nginx";
  pod.port_name = "metrics";
  pod.port = 10254;
  return target_labels(pod, at.style);
}

class NginxIngress final : public MetricDialect {
 public:
  std::string_view name() const override { return "nginx-ingress"; }
  std::vector<MetricFamily> families() const override {
    return {{"nginx_ingress_controller_requests", "counter", "Requests of clients."},
            {"nginx_ingress_controller_request_duration_seconds",
             "histogram",
             "Time from the first byte of a request to the last of its answer.",
             "seconds"},
            {"nginx_ingress_controller_response_duration_seconds",
             "histogram",
             "Time until the upstream had answered.",
             "seconds"},
            {"nginx_ingress_controller_request_size", "histogram", "Bytes of requests."},
            {"nginx_ingress_controller_response_size", "histogram", "Bytes of responses."}};
  }
  std::vector<Duration> bounds() const override { return client_bounds(); }
  bool observes(EndpointKind endpoint) const override { return endpoint == EndpointKind::router; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const TargetNames& t = at.target;
    if (!t.outside) return;
    const Labels target = target_of(at);
    for (const ByStatus& by : kStatuses) {
      const Labels labels{{"controller_class", "k8s.io/ingress-nginx"},
                          {"controller_namespace", kControllerNamespace},
                          {"controller_pod", kController},
                          {"status", by.status},
                          {"method", "GET"},
                          {"path", "/"},
                          {"host", t.service + ".example.com"},
                          {"namespace", t.name_space},
                          {"ingress", t.service},
                          {"service", t.service},
                          {"canary", t.stable ? "" : t.name_space + "-" + t.upstream + "-80"}};
      const auto common = std::make_shared<const Labels>(scraped(labels, target));
      series.push_back(
          {"nginx_ingress_controller_requests", {}, common, {Quantity::requests, by.outcomes}});
      expose_histogram(request_, common, by.outcomes, 1, at, series);
      expose_histogram(response_, common, by.outcomes, 1, at, series);
      expose_sizes(request_size_, common, by.outcomes, t.request_size, kLengths, at, series);
      expose_sizes(response_size_, common, by.outcomes, t.response_size, kLengths, at, series);
    }
  }

 private:
  HistogramNames request_{"nginx_ingress_controller_request_duration_seconds"};
  HistogramNames response_{"nginx_ingress_controller_response_duration_seconds"};
  HistogramNames request_size_{"nginx_ingress_controller_request_size"};
  HistogramNames response_size_{"nginx_ingress_controller_response_size"};
};

}  // namespace

std::unique_ptr<const MetricDialect> make_nginx_ingress(const MetricOptions&) {
  return std::make_unique<NginxIngress>();
}

}  // namespace coalmine
