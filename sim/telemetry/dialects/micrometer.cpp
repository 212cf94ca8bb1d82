// JVM runtimes through Micrometer (specs/metric-dialects.md section 5): one timer of the requests
// that the framework has handled, without buckets unless it is asked for them, and what the JVM
// says of itself. What was turned away before the framework saw it is not here.

#include <algorithm>
#include <string>
#include <utility>

#include "sim/telemetry/dialects/process_facts.h"
#include "sim/telemetry/dialects/registry.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

enum class Runtime { spring, quarkus, micronaut };

struct ByStatus {
  const char* status;
  const char* outcome;
  const char* exception;
  OutcomeSet outcomes;
};
const ByStatus kStatuses[] = {
    {"200", "SUCCESS", "none", {Outcome::ok}},
    {"500", "SERVER_ERROR", "IllegalStateException", {Outcome::error}},
};

/// The buckets of a timer's percentile histogram: 1 ms and 30 s, and between them, for each power
/// of four c, the nanoseconds c + i floor(c / 3) below 4 c - floor(c / 3).
std::vector<Duration> percentile_bounds() {
  std::vector<Duration> bounds{1ms, 30s};
  for (std::int64_t c = 4; c < Duration(30s).count(); c *= 4)
    for (std::int64_t b = c; b < 4 * c - c / 3; b += c / 3)
      if (Duration(b) > 1ms && Duration(b) < 30s) bounds.emplace_back(b);
  std::sort(bounds.begin(), bounds.end());
  return bounds;
}

class Micrometer final : public MetricDialect {
 public:
  Micrometer(std::string name, Runtime runtime, const MetricOptions& options)
      : name_(std::move(name)), runtime_(runtime) {
    if (options.percentiles_histogram) bounds_ = percentile_bounds();
    bounds_.insert(bounds_.end(), options.slo.begin(), options.slo.end());
  }

  std::string_view name() const override { return name_; }
  std::vector<MetricFamily> families() const override {
    return {
        {"http_server_requests_seconds",
         bounds_.empty() ? "summary" : "histogram",
         "Requests that were handled.",
         "seconds"},
        {"http_server_requests_seconds_max", "gauge", "The longest of the last minute.", "seconds"},
        {"jvm_memory_used_bytes", "gauge", "Memory in use.", "bytes"},
        {"jvm_memory_max_bytes", "gauge", "Memory that may be used.", "bytes"},
        {"process_uptime_seconds", "gauge", "Time since the process started.", "seconds"},
        {"process_start_time_seconds", "gauge", "When the process started.", "seconds", true},
        {"process_cpu_usage", "gauge", "Share of the processors that the process takes."},
        {"system_cpu_count", "gauge", "Processors that there are."},
        {"executor_active_threads", "gauge", "Threads that have a request.", "threads"},
        {"executor_queued_tasks", "gauge", "Requests that wait for a thread.", "tasks"},
        {"executor_pool_max_threads", "gauge", "Threads that there may be.", "threads"},
    };
  }
  std::vector<Duration> bounds() const override { return bounds_; }
  bool observes(EndpointKind endpoint) const override { return endpoint == EndpointKind::process; }
  bool needs_longest() const override { return true; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const Labels target = target_labels(scraped_pod(at.target, nullptr, 8080), at.style);
    const auto with = [&](const Labels& labels) {
      return std::make_shared<const Labels>(scraped(labels, target));
    };
    for (const ByStatus& by : kStatuses) {
      const auto labels = with(request_labels(at.target, by));
      if (bounds_.empty())
        expose_sum(requests_, labels, by.outcomes, 1, series);
      else
        expose_histogram(requests_, labels, by.outcomes, 1, at, series, LeText::java);
      series.push_back(
          {"http_server_requests_seconds_max", {}, labels, {Quantity::latency_max, by.outcomes}});
    }
    using namespace process_facts;
    const auto plain = with({});
    const auto heap = with({{"area", "heap"}, {"id", "G1 Old Gen"}});
    const auto pool = with({{"name", "http"}});
    series.push_back({"jvm_memory_used_bytes", {}, heap, growing(memory)});
    series.push_back({"jvm_memory_max_bytes", {}, heap, level(memory_limit)});
    series.push_back({"process_uptime_seconds", {}, plain, growing(uptime)});
    series.push_back({"process_start_time_seconds", {}, plain, level(started)});
    series.push_back({"process_cpu_usage", {}, plain, level(cpu_usage)});
    series.push_back({"system_cpu_count", {}, plain, level(cores)});
    series.push_back({"executor_active_threads", {}, pool, level(active)});
    series.push_back({"executor_queued_tasks", {}, pool, level(queued)});
    series.push_back({"executor_pool_max_threads", {}, pool, level(workers)});
  }

 private:
  Labels request_labels(const TargetNames& target, const ByStatus& by) const {
    Labels labels{{"method", "GET"}, {"status", by.status}, {"uri", "/" + target.service}};
    if (runtime_ != Runtime::micronaut) labels.set("outcome", by.outcome);
    if (runtime_ != Runtime::quarkus) labels.set("exception", by.exception);
    if (runtime_ == Runtime::spring) labels.set("error", by.exception);
    return labels;
  }

  std::string name_;
  Runtime runtime_;
  std::vector<Duration> bounds_;
  HistogramNames requests_{"http_server_requests_seconds"};
};

}  // namespace

std::unique_ptr<const MetricDialect> make_micrometer_spring(const MetricOptions& options) {
  return std::make_unique<Micrometer>("micrometer-spring", Runtime::spring, options);
}
std::unique_ptr<const MetricDialect> make_micrometer_quarkus(const MetricOptions& options) {
  return std::make_unique<Micrometer>("micrometer-quarkus", Runtime::quarkus, options);
}
std::unique_ptr<const MetricDialect> make_micrometer_micronaut(const MetricOptions& options) {
  return std::make_unique<Micrometer>("micrometer-micronaut", Runtime::micronaut, options);
}

}  // namespace coalmine
