// Containers as the kubelet's cAdvisor measures them (specs/metric-dialects.md section 9): of each
// pod its container, and the pod as a whole with `container=""`, which an unfiltered sum counts a
// second time.

#include <algorithm>
#include <cmath>
#include <string>

#include "sim/telemetry/dialects/process_facts.h"
#include "sim/telemetry/dialects/registry.h"
#include "sim/telemetry/dialects/target_labels.h"

namespace coalmine {
namespace {

/// The period of the processor quota, in microseconds.
constexpr double kCpuPeriod = 100000;

double oom_kills(const Facts& facts, std::size_t) {
  return facts.pod->info.oom_kills;
}
double limit_or_zero(const Facts& facts, std::size_t) {
  return facts.pod->memory_limit;
}
double cpu_quota(const Facts& facts, std::size_t) {
  const DeploymentSpec* spec = facts.pod->spec;
  const double limit = spec == nullptr ? 0 : spec->pod.cpu_limit;
  return limit > 0 ? limit / 1000 * kCpuPeriod : std::nan("");
}
double cpu_period(const Facts& facts, std::size_t index) {
  return std::isnan(cpu_quota(facts, index)) ? std::nan("") : kCpuPeriod;
}

class Cadvisor final : public MetricDialect {
 public:
  std::string_view name() const override { return "cadvisor"; }
  std::vector<MetricFamily> families() const override {
    return {
        {"container_cpu_usage_seconds_total", "counter", "Processor time used.", "seconds"},
        {"container_memory_working_set_bytes", "gauge", "Memory in use.", "bytes"},
        {"container_memory_rss", "gauge", "Memory in use, in bytes."},
        {"container_oom_events_total", "counter", "Kills at the memory limit."},
        {"container_start_time_seconds", "gauge", "When the container started.", "seconds", true},
        {"container_spec_memory_limit_bytes", "gauge", "Memory limit; 0: none.", "bytes"},
        {"container_spec_cpu_quota", "gauge", "Processor time a period, in microseconds."},
        {"container_spec_cpu_period", "gauge", "The period, in microseconds."},
    };
  }
  bool observes(EndpointKind endpoint) const override { return endpoint == EndpointKind::kubelet; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const TargetNames& t = at.target;
    const std::string slice = "/kubepods/burstable/pod" + t.uid;
    const Labels pod{{"id", slice},
                     {"namespace", t.name_space},
                     {"pod", t.pod},
                     {"node", kNodeName},
                     {"job", "kubelet"},
                     {"metrics_path", "/metrics/cadvisor"},
                     {"instance", std::string(kNodeAddress) + ":10250"}};
    Labels container = pod;
    container.set("id", slice + "/" + t.service);
    container.set("container", t.service);
    container.set("image", t.image);
    container.set("name", "k8s_" + t.service + "_" + t.pod);
    for (const Labels& whose : {container, pod}) {
      const auto labels = std::make_shared<const Labels>(whose);
      Labels total = whose;
      total.set("cpu", "total");
      Readout cpu{Quantity::busy_seconds};
      cpu.scale = t.cpu_share;
      series.push_back({"container_cpu_usage_seconds_total",
                        {},
                        std::make_shared<const Labels>(total),
                        cpu,
                        true});
      const auto add = [&](const char* name, const Readout& readout) {
        series.push_back({name, {}, labels, readout});
      };
      using namespace process_facts;
      add("container_memory_working_set_bytes", growing(memory));
      add("container_memory_rss", growing(memory));
      add("container_start_time_seconds", level(started));
      add("container_spec_memory_limit_bytes", level(limit_or_zero));
      add("container_spec_cpu_quota", level(cpu_quota));
      add("container_spec_cpu_period", level(cpu_period));
      add("container_oom_events_total", level(oom_kills));
    }
  }
};

}  // namespace

std::unique_ptr<const MetricDialect> make_cadvisor(const MetricOptions&) {
  return std::make_unique<Cadvisor>();
}

}  // namespace coalmine
