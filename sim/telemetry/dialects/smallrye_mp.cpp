// MicroProfile Metrics as SmallRye exposes them (specs/metric-dialects.md section 6): a simple
// timer of the REST method, without buckets and without a status. A request that ends in an
// exception nobody has mapped is counted apart and not timed.

#include <string>

#include "sim/telemetry/dialects/process_facts.h"
#include "sim/telemetry/dialects/registry.h"

namespace coalmine {
namespace {

class SmallryeMp final : public MetricDialect {
 public:
  std::string_view name() const override { return "smallrye-mp"; }
  std::vector<MetricFamily> families() const override {
    return {
        {"base_REST_request_total", "counter", "Requests that were answered."},
        {"base_REST_request_elapsedTime_seconds", "gauge", "Time spent on them.", "seconds"},
        {"base_REST_request_maxTimeDuration_seconds",
         "gauge",
         "The longest of the last minute.",
         "seconds"},
        {"base_REST_request_unmappedException_total",
         "counter",
         "Requests that ended in an exception."},
        {"base_memory_usedHeap_bytes", "gauge", "Heap in use.", "bytes"},
        {"base_jvm_uptime_seconds", "gauge", "Time since the JVM started.", "seconds"},
    };
  }
  bool observes(EndpointKind endpoint) const override { return endpoint == EndpointKind::process; }
  bool needs_longest() const override { return true; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const Labels target = target_labels(scraped_pod(at.target, nullptr, 8080), at.style);
    const auto method = std::make_shared<const Labels>(scraped(
        {{"class", "com.example." + at.target.service + ".Resource"}, {"method", "get"}}, target));
    const auto plain = std::make_shared<const Labels>(target);
    const OutcomeSet answered{Outcome::ok};
    series.push_back({"base_REST_request_total", {}, method, {Quantity::requests, answered}, true});
    series.push_back({"base_REST_request_elapsedTime_seconds",
                      {},
                      method,
                      {Quantity::latency_sum, answered},
                      true});
    series.push_back({"base_REST_request_maxTimeDuration_seconds",
                      {},
                      method,
                      {Quantity::latency_max, answered}});
    series.push_back({"base_REST_request_unmappedException_total",
                      {},
                      method,
                      {Quantity::requests, {Outcome::error}},
                      true});
    series.push_back(
        {"base_memory_usedHeap_bytes", {}, plain, process_facts::growing(process_facts::memory)});
    series.push_back(
        {"base_jvm_uptime_seconds", {}, plain, process_facts::growing(process_facts::uptime)});
  }
};

}  // namespace

std::unique_ptr<const MetricDialect> make_smallrye_mp(const MetricOptions&) {
  return std::make_unique<SmallryeMp>();
}

}  // namespace coalmine
