#include "sim/telemetry/dialects/dialect.h"

namespace coalmine {
namespace {

class Application final : public MetricDialect {
 public:
  std::string_view name() const override { return "application"; }
  std::vector<MetricFamily> families() const override {
    return {
        {"worker_busy_seconds_total", "counter", "Time that workers spent on requests.", "seconds"},
        {"workers", "gauge", "Worker slots of the process."},
        {"requests_in_flight", "gauge", "Requests that wait or are in service."},
        {"experiment_users_total", "counter", "Distinct users of a running experiment."},
        {"experiment_conversions_total", "counter", "Those of them who converted."},
        {"experiment_revenue_total", "counter", "Money that those have brought."},
    };
  }
  bool observes(EndpointKind endpoint) const override {
    return endpoint == EndpointKind::router || endpoint == EndpointKind::process;
  }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const TargetNames& target = at.target;
    const auto labels = std::make_shared<const Labels>(
        Labels{{"service", target.service},
               {"deployment", target.workload},
               {"version", target.version},
               {"pod", target.pod},
               {"job", target.service},
               {"instance", target.pod.empty() ? target.workload : target.pod},
               {"namespace", target.name_space}});
    const auto add = [&](const char* name, Quantity quantity) {
      series.push_back({name, {}, labels, {quantity}, is_gauge(quantity)});
    };
    if (target.endpoint == EndpointKind::process) {
      add("worker_busy_seconds_total", Quantity::busy_seconds);
      add("workers", Quantity::workers);
      add("requests_in_flight", Quantity::in_flight);
    } else if (target.endpoint == EndpointKind::router && target.segment.empty()) {
      add("experiment_users_total", Quantity::users);
      add("experiment_conversions_total", Quantity::conversions);
      Readout revenue{Quantity::conversions};
      revenue.scale = target.conversion_value;
      if (revenue.scale > 0) series.push_back({"experiment_revenue_total", {}, labels, revenue});
    }
  }
};

}  // namespace

const MetricDialect& application_dialect() {
  static const Application dialect;
  return dialect;
}

}  // namespace coalmine
