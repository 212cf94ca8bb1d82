#include <fmt/format.h>

#include <algorithm>

#include "sim/scenario/sections.h"

namespace coalmine {
namespace {

Section<InlineProbe> probe_table() {
  Section<InlineProbe> table("probe", "A probe; `none` leaves out the manifest's.");
  table
      .field("initialDelay",
             &InlineProbe::initial_delay,
             {.default_text = "0s",
              .max = "1h",
              .help = "from the container's start to the first probe",
              .default_applies = false})
      .field("period",
             &InlineProbe::period,
             {.default_text = "10s",
              .min = "1s",
              .max = "1h",
              .help = "between probes",
              .default_applies = false})
      .field("timeout",
             &InlineProbe::timeout,
             {.default_text = "1s",
              .min = "1s",
              .max = "1h",
              .help = "until an answer counts as missing; not simulated",
              .default_applies = false})
      .field("successThreshold",
             &InlineProbe::success_threshold,
             {.default_text = "1",
              .min = "1",
              .max = "1000",
              .help = "successes in a row",
              .default_applies = false})
      .field("failureThreshold",
             &InlineProbe::failure_threshold,
             {.default_text = "3",
              .min = "1",
              .max = "1000",
              .help = "failures in a row",
              .default_applies = false});
  return table;
}

Section<InlineDeployment> inline_deployment_table() {
  const auto probe = [] {
    return kind::section_or<InlineProbe>(
        probe_table(), "none", [](InlineProbe& p) { p.none = true; });
  };
  Section<InlineDeployment> table("deployment", "Keys of the Deployment, over the manifest's.");
  table
      .field("replicas",
             &InlineDeployment::replicas,
             {.default_text = "1",
              .min = "0",
              .max = "10000",
              .help = "pods wanted",
              .default_applies = false})
      .field("minReady",
             &InlineDeployment::min_ready,
             {.default_text = "0s",
              .max = "24h",
              .help = "ready for this long before a pod counts as available",
              .default_applies = false})
      .field("progressDeadline",
             &InlineDeployment::progress_deadline,
             {.default_text = "10m",
              .min = "1s",
              .max = "30d",
              .help = "without progress for this long a rollout has failed",
              .default_applies = false})
      .field("terminationGrace",
             &InlineDeployment::termination_grace,
             {.default_text = "30s",
              .max = "24h",
              .help = "from the order to end until SIGKILL",
              .default_applies = false})
      .field("preStop",
             &InlineDeployment::pre_stop,
             {.default_text = "0s",
              .max = "24h",
              .help = "length of the preStop hook",
              .default_applies = false})
      .field("readiness", &InlineDeployment::readiness, probe(), {.help = "readiness probe"})
      .field("liveness", &InlineDeployment::liveness, probe(), {.help = "liveness probe"})
      .field("startup", &InlineDeployment::startup, probe(), {.help = "startup probe"})
      .field("image", &InlineDeployment::image, {.help = "container image"});
  return table;
}

struct Warmup {
  Duration lasts{};
  double slowdown = 1;
};

Section<Warmup> warmup_table() {
  Section<Warmup> table("warmup", "Work costs more just after a start, falling linearly to 1.");
  table.field("for", &Warmup::lasts, {.default_text = "0s", .max = "24h", .help = "how long"})
      .field("slowdown",
             &Warmup::slowdown,
             kind::number(),
             {.default_text = "1", .min = "1", .max = "100", .help = "factor at the start"});
  return table;
}

Section<PodSettings> pod_table() {
  Section<PodSettings> table("pod", "What one pod does with requests.");
  table
      .field("concurrency",
             &PodSettings::concurrency,
             {.default_text = "8", .min = "1", .max = "10000", .help = "worker slots"})
      .field("queue",
             &PodSettings::queue,
             {.default_text = "64",
              .min = "0",
              .max = "1000000",
              .help = "further requests that may wait; beyond it they get 503"})
      .field("discipline",
             &PodSettings::discipline,
             kind::choice<Discipline>(
                 {{"fifo", Discipline::fifo}, {"lifo", Discipline::lifo}, {"ps", Discipline::ps}}),
             {.default_text = "fifo", .help = "order of service; ps shares the cores"})
      .field("cores",
             &PodSettings::cores,
             kind::number(),
             {.default_text = "1", .min = "0.001", .max = "1024", .help = "ps: processors"})
      .field("cpuShare",
             &PodSettings::cpu_share,
             kind::ratio(),
             {.default_text = "100%",
              .above = "0",
              .max = "100%",
              .help = "part of the work that needs a processor; the rest waits for something"})
      .field("start",
             &PodSettings::start,
             {.default_text = "{p50: 8s, p99: 25s}",
              .max = "24h",
              .help = "from the container's start to listening"})
      .field_with<Warmup>("warmup",
                          kind::section(warmup_table()),
                          [](PodSettings& pod, Warmup warmup) {
                            pod.warmup_for = warmup.lasts;
                            pod.warmup_slowdown = warmup.slowdown;
                          },
                          {.default_text = "{}", .help = "slower work after a start"})
      .field("onSigterm",
             &PodSettings::on_sigterm,
             kind::choice<OnSigterm>({{"drain", OnSigterm::drain},
                                      {"exit", OnSigterm::exit},
                                      {"ignore", OnSigterm::ignore}}),
             {.default_text = "drain", .help = "what the process does when told to end"})
      .field(
          "memory",
          &PodSettings::memory,
          kind::bytes(),
          {.default_text = "128Mi",
           .max = "1Pi",
           .help = "in use by its process, on metrics; a leak that has lost more shows instead"});
  return table;
}

struct Cache {
  double hit_ratio = 0;
  double keys = 1000;
};

Section<Cache> cache_table() {
  Section<Cache> table("cache", "A cache in front of the service called, cold at each start.");
  table
      .field("hitRatio",
             &Cache::hit_ratio,
             kind::ratio(),
             {.min = "0",
              .max = "100%",
              .help = "of a warm cache: calls that need not be made",
              .required = true})
      .field("keys",
             &Cache::keys,
             kind::number(),
             {.default_text = "1000",
              .min = "1",
              .max = "1000000000",
              .help = "requests in which a cold one fills to 63 %"});
  return table;
}

Section<CallSettings> call_table() {
  Section<CallSettings> table("call", "A call to another service, blocking the worker meanwhile.");
  table.field("service", &CallSettings::service, {.help = "its name", .required = true})
      .field("perRequest",
             &CallSettings::per_request,
             kind::number(),
             {.default_text = "1", .min = "0", .max = "100", .help = "mean calls per request"})
      .field("timeout",
             &CallSettings::timeout,
             {.default_text = "0s", .max = "1h", .help = "the caller gives up; 0 never"})
      .field_with<Cache>("cache",
                         kind::section(cache_table()),
                         [](CallSettings& call, const Cache& cache) {
                           call.cache_hit_ratio = cache.hit_ratio;
                           call.cache_keys = cache.keys;
                         },
                         {.help = "answers some of the calls; none by default"});
  return table;
}

Section<MetricOptions> metric_options_table() {
  Section<MetricOptions> table("distribution", "Buckets of the dialects that have none otherwise.");
  table
      .field("percentilesHistogram",
             &MetricOptions::percentiles_histogram,
             kind::flag(),
             {.default_text = "false", .help = "the 68 buckets of Micrometer, 1ms to 30s"})
      .field(
          "slo",
          &MetricOptions::slo,
          kind::list_of(kind::duration()),
          {.default_text = "[]", .min = "1us", .max = "1h", .help = "buckets that end at these"});
  return table;
}

std::vector<std::pair<std::string, std::string>> dialect_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const DialectType& type : dialect_types()) names.emplace_back(type.name, type.name);
  return names;
}

void check_metrics(const ServiceSettings& service, const SectionView& view, Diagnostics& problems) {
  const auto configurable = [](const std::string& name) {
    return find_dialect_type(name)->configurable;
  };
  if (view.has("distribution") &&
      std::none_of(service.metrics.begin(), service.metrics.end(), configurable))
    problems.warning(view.position("distribution"),
                     "distribution changes nothing",
                     "it would with a dialect of micrometer among metrics");
  const Value* listed = view.node.find("metrics");
  std::string micrometer;
  for (std::size_t i = 0; i < service.metrics.size(); ++i) {
    const std::string& name = service.metrics[i];
    const auto earlier = service.metrics.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(service.metrics.begin(), earlier, name) != earlier)
      problems.error(listed->items[i].at, "metrics lists " + name + " twice");
    if (!configurable(name)) continue;
    if (!micrometer.empty() && micrometer != name)
      problems.error(
          listed->items[i].at,
          fmt::format("{} and {} cannot both be the runtime of one process", name, micrometer));
    micrometer = name;
  }
}

Section<ServiceSettings> service_keys() {
  Section<ServiceSettings> table("service", "A service: its Deployment, pods and work.");
  table.field("name", &ServiceSettings::name, {.help = "its name", .required = true})
      .field("manifest",
             &ServiceSettings::manifest,
             {.help = "file with its Deployment (and Service), relative to the scenario"})
      .field("pod", &ServiceSettings::pod, kind::section(pod_table()), {.default_text = "{}"})
      .field("response",
             &ServiceSettings::response,
             {.default_text = "{p50: 40ms, p99: 250ms}",
              .max = "1h",
              .help = "own work of a request, without queueing and calls"})
      .field("errorRate",
             &ServiceSettings::error_rate,
             kind::ratio(),
             {.default_text = "0%", .min = "0", .max = "100%", .help = "failures of a good day"})
      .field("requestSize",
             &ServiceSettings::request_size,
             kind::bytes(),
             {.default_text = "0",
              .max = "1Ti",
              .help = "of every request, on metrics of sizes; without it there are none"})
      .field("responseSize",
             &ServiceSettings::response_size,
             kind::bytes(),
             {.default_text = "0", .max = "1Ti", .help = "of every answer, likewise"})
      .field("balancer",
             &ServiceSettings::balancer,
             kind::choice<Balancer>({{"leastRequest", Balancer::leastRequest},
                                     {"roundRobin", Balancer::roundRobin},
                                     {"random", Balancer::random}}),
             {.default_text = "leastRequest", .help = "how its pods are chosen"})
      .field("calls",
             &ServiceSettings::calls,
             kind::list_of(kind::section(call_table())),
             {.default_text = "[]", .help = "services it calls, one after the other"})
      .field("metrics",
             &ServiceSettings::metrics,
             kind::list_of(kind::choice(dialect_names())),
             {.default_text = "[]",
              .help = "metric dialects it is seen through, besides istio and application"})
      .field("distribution",
             &ServiceSettings::metric_options,
             kind::section(metric_options_table()),
             {.default_text = "{}", .help = "how the buckets of its metrics are configured"})
      .check(check_metrics);
  return table;
}

}  // namespace

void InlineDeployment::apply(DeploymentSpec& spec) const {
  const auto set = [](auto& place, const auto& value) {
    if (value) place = *value;
  };
  set(spec.replicas, replicas);
  set(spec.min_ready, min_ready);
  set(spec.progress_deadline, progress_deadline);
  set(spec.pod.termination_grace, termination_grace);
  set(spec.pod.pre_stop, pre_stop);
  set(spec.pod.image, image);
  const auto lay_over = [&set](Probe& probe, const std::optional<InlineProbe>& keys) {
    if (!keys) return;
    probe.present = !keys->none;
    set(probe.initial_delay, keys->initial_delay);
    set(probe.period, keys->period);
    set(probe.timeout, keys->timeout);
    set(probe.success_threshold, keys->success_threshold);
    set(probe.failure_threshold, keys->failure_threshold);
  };
  lay_over(spec.pod.readiness, readiness);
  lay_over(spec.pod.liveness, liveness);
  lay_over(spec.pod.startup, startup);
}

Section<ServiceDraft> service_table() {
  Section<ServiceDraft> table("service", service_keys().help());
  table.include(&ServiceDraft::settings, service_keys())
      .include(&ServiceDraft::inline_keys, inline_deployment_table())
      .check([](const ServiceDraft& draft, const SectionView& view, Diagnostics& problems) {
        const auto refuse_threshold = [&](const char* key,
                                          const std::optional<InlineProbe>& probe) {
          if (probe && probe->success_threshold.value_or(1) != 1)
            problems.error(view.position(key),
                           std::string(key) + ": successThreshold must be 1 here");
        };
        refuse_threshold("liveness", draft.inline_keys.liveness);
        refuse_threshold("startup", draft.inline_keys.startup);
        for (const char* key : {"readiness", "liveness", "startup"}) {
          const Value* probe = view.node.find(key);
          const Value* timeout = probe == nullptr ? nullptr : probe->find("timeout");
          if (timeout != nullptr)
            problems.warning(timeout->at,
                             std::string(key) +
                                 ": timeout is not simulated: a probe without an answer fails at "
                                 "once");
        }
      });
  return table;
}

}  // namespace coalmine
