// A Go service with the usual client library, as podinfo is (specs/metric-dialects.md section 7),
// and what the library says of the process (section 5).

#include <string>

#include "sim/telemetry/dialects/process_facts.h"
#include "sim/telemetry/dialects/registry.h"

namespace coalmine {
namespace {

struct ByStatus {
  const char* status;
  OutcomeSet outcomes;
};
const ByStatus kStatuses[] = {{"200", {Outcome::ok}}, {"500", {Outcome::error}}};

class GoHttp final : public MetricDialect {
 public:
  std::string_view name() const override { return "go-http"; }
  std::vector<MetricFamily> families() const override {
    return {
        {"http_request_duration_seconds", "histogram", "Seconds spent on requests.", "seconds"},
        {"http_requests_total", "counter", "Requests that were handled."},
        {"process_cpu_seconds_total", "counter", "Processor time spent.", "seconds"},
        {"process_resident_memory_bytes", "gauge", "Memory in use.", "bytes"},
        {"process_start_time_seconds", "gauge", "When the process started.", "seconds", true},
    };
  }
  std::vector<Duration> bounds() const override { return client_bounds(); }
  bool observes(EndpointKind endpoint) const override { return endpoint == EndpointKind::process; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const Labels target = target_labels(scraped_pod(at.target, nullptr, 9797), at.style);
    const auto with = [&](const Labels& labels) {
      return std::make_shared<const Labels>(scraped(labels, target));
    };
    for (const ByStatus& by : kStatuses) {
      const auto timed =
          with({{"method", "GET"}, {"path", "/" + at.target.service}, {"status", by.status}});
      expose_histogram(duration_, timed, by.outcomes, 1, at, series);
      series.push_back({"http_requests_total",
                        {},
                        with({{"status", by.status}}),
                        {Quantity::requests, by.outcomes}});
    }
    const auto plain = with({});
    Readout cpu{Quantity::busy_seconds};
    cpu.scale = at.target.cpu_share;
    series.push_back({"process_cpu_seconds_total", {}, plain, cpu, true});
    series.push_back({"process_resident_memory_bytes",
                      {},
                      plain,
                      process_facts::growing(process_facts::memory)});
    series.push_back(
        {"process_start_time_seconds", {}, plain, process_facts::level(process_facts::started)});
  }

 private:
  HistogramNames duration_{"http_request_duration_seconds"};
};

}  // namespace

std::unique_ptr<const MetricDialect> make_go_http(const MetricOptions&) {
  return std::make_unique<GoHttp>();
}

}  // namespace coalmine
