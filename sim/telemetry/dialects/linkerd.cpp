// Linkerd's proxies (specs/metric-dialects.md section 4): outbound where a request is sent, inbound
// in front of the pod that gets it. Answers come in one piece here, so the time to their first byte
// is the time to their last.

#include <string>

#include "sim/telemetry/dialects/registry.h"

namespace coalmine {
namespace {

struct ByStatus {
  const char* status;
  const char* classification;
  OutcomeSet outcomes;
};
const ByStatus kStatuses[] = {
    {"200", "success", {Outcome::ok}},
    {"500", "failure", {Outcome::error}},
    {"502", "failure", {Outcome::refused, Outcome::reset}},
    {"503", "failure", {Outcome::rejected, Outcome::no_endpoint}},
    {"504", "failure", {Outcome::timed_out}},
};

class Linkerd final : public MetricDialect {
 public:
  std::string_view name() const override { return "linkerd"; }
  std::vector<MetricFamily> families() const override {
    return {{"request_total", "counter", "Requests."},
            {"response_total", "counter", "Responses that have ended."},
            {"response_latency_ms", "histogram", "Time to the first byte of a response."}};
  }
  std::vector<Duration> bounds() const override {
    std::vector<Duration> bounds;
    for (const int decade : {1, 10, 100, 1000, 10000})
      for (const int step : {1, 2, 3, 4, 5})
        bounds.emplace_back(std::chrono::milliseconds(decade * step));
    return bounds;
  }
  bool observes(EndpointKind endpoint) const override {
    return endpoint == EndpointKind::router || endpoint == EndpointKind::sidecar;
  }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const TargetNames& t = at.target;
    const Labels target = target_labels(scraped_pod(t, "linkerd-proxy", 4191), at.style);
    Labels request{{"direction", "inbound"}, {"tls", "true"}};
    if (t.endpoint == EndpointKind::router)
      request = {{"direction", "outbound"},
                 {"tls", "true"},
                 {"authority", t.service + "." + t.name_space + ".svc.cluster.local:80"},
                 {"dst_deployment", t.workload},
                 {"dst_namespace", t.name_space},
                 {"dst_service", t.upstream}};
    const auto with = [&](const Labels& labels) {
      return std::make_shared<const Labels>(scraped(labels, target));
    };
    series.push_back({"request_total", {}, with(request), {Quantity::requests}});
    for (const ByStatus& by : kStatuses) {
      Labels response = request;
      response.set("status_code", by.status);
      // Its latency is known before its class is.
      expose_histogram(latency_, with(response), by.outcomes, 1000, at, series);
      response.set("classification", by.classification);
      series.push_back({"response_total", {}, with(response), {Quantity::requests, by.outcomes}});
    }
  }

 private:
  HistogramNames latency_{"response_latency_ms"};
};

}  // namespace

std::unique_ptr<const MetricDialect> make_linkerd(const MetricOptions&) {
  return std::make_unique<Linkerd>();
}

}  // namespace coalmine
