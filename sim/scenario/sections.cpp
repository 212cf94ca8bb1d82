#include "sim/scenario/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/faults/catalogue.h"
#include "sim/telemetry/rules/rule_reader.h"

namespace coalmine {
namespace {

/// A list of faults below release, or below faults.
Reader<FaultList> fault_list(bool in_release) {
  std::vector<kind::Variant<std::shared_ptr<const Fault>>> types;
  for (const FaultType& type : fault_catalogue())
    types.push_back({{type.key, type.help, type.table, type.refused(in_release)}, type.load});
  return kind::variants<std::shared_ptr<const Fault>>("fault", std::move(types));
}

std::vector<kind::Variant<StrategyChoice>> strategy_variants(const StrategyCatalogue& catalogue) {
  std::vector<kind::Variant<StrategyChoice>> result;
  for (const StrategyKind& type : catalogue.all())
    result.push_back({{type.key, type.help, type.table}, type.load});
  return result;
}

/// Every strategy that can do without settings, in a scenario that says nothing either.
std::string default_strategies(const StrategyCatalogue& catalogue) {
  std::vector<std::string> keys;
  const Scenario plain;
  const Value nothing;
  for (const StrategyKind& type : catalogue.all()) {
    Diagnostics scratch;
    const auto choice = type.load(nothing, scratch);
    if (choice && choice->check) choice->check(plain, {nothing}, scratch);
    if (!scratch.has_errors()) keys.push_back(type.key);
  }
  return "[" + join(keys) + "]";
}

struct Metadata {
  std::string name;
  std::string title;
  std::string shows;
  std::string name_space;
};

/// As Kubernetes takes it: a DNS label (RFC 1123).
void check_namespace(const Metadata& metadata, const SectionView& at, Diagnostics& problems) {
  const std::string& name = metadata.name_space;
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  constexpr std::size_t kLongest = 63;
  const bool fits =
      !name.empty() && name.size() <= kLongest && allowed(name.front()) && allowed(name.back()) &&
      std::all_of(name.begin(), name.end(), [&](char c) { return allowed(c) || c == '-'; });
  if (!fits)
    problems.error(at.position("namespace"),
                   "'" + name + "' cannot be a namespace",
                   {},
                   "small letters, digits and - within, at most 63");
}

Section<Metadata> metadata_table() {
  Section<Metadata> table("metadata", "What the scenario is called.");
  table.field("name", &Metadata::name, {.help = "short name in output; the file's by default"})
      .field("title", &Metadata::title, {.help = "one line for people"})
      .field("namespace",
             &Metadata::name_space,
             {.default_text = "default", .help = "of all that is simulated, on metrics"})
      .field("shows", &Metadata::shows, {.help = "what to learn from it, printed with the result"})
      .check(check_namespace);
  return table;
}

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

Section<ReleaseSettings> release_table() {
  Section<ReleaseSettings> table("release", "The release that is played.");
  table
      .field("from",
             &ReleaseSettings::from,
             {.default_text = "v1", .help = "the version in charge before"})
      .field(
          "version", &ReleaseSettings::version, {.default_text = "v2", .help = "the new version"})
      .field("at",
             &ReleaseSettings::at,
             {.default_text = "5m", .max = "30d", .help = "when the release begins"})
      .field("conversion",
             &ReleaseSettings::conversion,
             kind::ratio(),
             {.min = "0",
              .max = "100%",
              .help = "users who convert under the new version; as before by default"})
      .field("faults",
             &ReleaseSettings::faults,
             fault_list(true),
             {.default_text = "[]", .help = "what is wrong with the new version"})
      .field("variants",
             &ReleaseSettings::variants,
             kind::map_of(fault_list(true)),
             {.default_text = "{}",
              .help = "further ways to be bad, by name; errors, slow and crash are always there"})
      .field("mix",
             &ReleaseSettings::mix,
             kind::map_of(kind::ratio()),
             {.default_text = "{}",
              .min = "0",
              .max = "100%",
              .help = "releases as they come: share of good, bad and variants; none by default"})
      .check([](const ReleaseSettings& release, const SectionView& view, Diagnostics& problems) {
        if (release.from == release.version)
          problems.error(view.position("version"),
                         "the new version has the name of the old one, " + release.from);
      });
  return table;
}

enum class Page { burn_rate };
enum class Action { roll_back };

Section<OnCallSettings> on_call_table() {
  Section<OnCallSettings> table("onCall",
                                "The human behind every strategy; `none` leaves them out.");
  table
      .field_with<Page>("page",
                        kind::choice<Page>({{"burnRate", Page::burn_rate}}),
                        [](OnCallSettings&, Page) {},
                        {.default_text = "burnRate", .help = "what pages them"})
      .field("respond",
             &OnCallSettings::respond,
             {.default_text = "{p50: 10m, p99: 30m}", .max = "7d", .help = "page to decision"})
      .field_with<Action>("action",
                          kind::choice<Action>({{"rollBack", Action::roll_back}}),
                          [](OnCallSettings&, Action) {},
                          {.default_text = "rollBack", .help = "what they do"});
  return table;
}

/// Read when it is known how queries are evaluated: read_alerts.
struct RuleFile {};

Reader<RuleFile> rule_file() {
  ValueType type;
  type.kind = ValueKind::document;
  type.format = "Prometheus rule file";
  return {type,
          [](const Value& value,
             const std::string& key,
             const FieldOptions&,
             Diagnostics& diagnostics,
             RuleFile&) {
            if (value.is_map()) return true;
            diagnostics.error(value.at,
                              key +
                                  " is a Prometheus rule file, a map with the key groups; found " +
                                  value.describe());
            return false;
          }};
}

Section<TelemetrySettings> telemetry_table() {
  Section<TelemetrySettings> table("telemetry", "How metrics are collected.");
  table
      .field(
          "scrapeInterval",
          &TelemetrySettings::scrape_interval,
          {.default_text = "15s", .min = "1s", .max = "1h", .help = "between scrapes of a target"})
      .field("evaluationInterval",
             &TelemetrySettings::evaluation_interval,
             {.default_text = "30s",
              .min = "1s",
              .max = "1h",
              .help = "between rule evaluations; the step of subqueries that name none"})
      .field("scrapeLoss",
             &TelemetrySettings::scrape_loss,
             kind::ratio(),
             {.default_text = "0%", .min = "0", .max = "100%", .help = "share of scrapes lost"})
      .field("targetLabels",
             &TelemetrySettings::target_labels,
             kind::choice<TargetLabelStyle>({{"operator", TargetLabelStyle::operator_},
                                             {"flagger", TargetLabelStyle::flagger},
                                             {"linkerd", TargetLabelStyle::linkerd}}),
             {.default_text = "operator", .help = "whose labels scraped series get"})
      .field("retention",
             &TelemetrySettings::retention,
             {.default_text = "15d",
              .min = "1h",
              .max = "365d",
              .help = "samples older than this are dropped, every two hours"})
      .field("prometheus",
             &TelemetrySettings::prometheus,
             kind::choice<PromDialect>(
                 {{"2", PromDialect::v2}, {"2.51", PromDialect::v2_51}, {"3", PromDialect::v3}}),
             {.default_text = "3",
              .help = "whose rules queries follow: of 2.x to 2.50, of 2.51 to 2.55, of 3"});
  return table;
}

Section<NetworkSettings> network_table() {
  Section<NetworkSettings> table("network", "Delays of the control plane.");
  table
      .field("endpointUpdate",
             &NetworkSettings::endpoint_update,
             {.default_text = "{p50: 100ms, p99: 1s}",
              .max = "1h",
              .help = "pod change to EndpointSlice"})
      .field("proxyApply",
             &NetworkSettings::proxy_apply,
             {.default_text = "{p50: 500ms, p99: 1s}",
              .max = "1h",
              .help = "EndpointSlice or route to in force at the proxy"});
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

Section<Objective> objective_table() {
  Section<Objective> table("objective", "A promise to users; give availability, or latency.");
  const FieldOptions target{
      .above = "0", .below = "100%", .help = "share of requests that are answered without error"};
  FieldOptions latency_target = target;
  latency_target.default_text = "99%";
  latency_target.default_applies = false;
  latency_target.help = "share of requests that are faster";
  table
      .field_with<double>(
          "availability",
          kind::ratio(),
          [](Objective& o, double share) {
            o.kind = Objective::Kind::availability;
            o.target = share;
          },
          target)
      .field_with<Duration>("latency",
                            kind::duration(),
                            [](Objective& o, Duration latency) {
                              o.kind = Objective::Kind::latency;
                              o.latency = latency;
                              o.target = 0.99;
                            },
                            {.min = "1us", .max = "1h", .help = "slower requests are bad"})
      .field("target", &Objective::target, kind::ratio(), latency_target)
      .field("window",
             &Objective::window,
             {.default_text = "30d", .min = "1m", .max = "365d", .help = "of the error budget"})
      .check([](const Objective&, const SectionView& view, Diagnostics& problems) {
        if (view.has("availability") == view.has("latency"))
          problems.error(view.node.at, "an objective is either an availability or a latency");
        else if (view.has("availability") && view.has("target"))
          problems.error(view.position("target"), "target belongs to latency");
      });
  return table;
}

Section<ScenarioDraft> scenario_table(const StrategyCatalogue& strategies) {
  using Draft = ScenarioDraft;
  Section<Draft> table("scenario", "One release, and the world it happens in.");
  table.field("apiVersion", &Draft::api_version, {.help = "coalmine/v1alpha1", .required = true})
      .field("kind", &Draft::kind, {.help = "Scenario", .required = true})
      .field_with<Metadata>("metadata",
                            kind::section(metadata_table()),
                            [](Draft& draft, Metadata metadata) {
                              draft.scenario.name = std::move(metadata.name);
                              draft.scenario.title = std::move(metadata.title);
                              draft.scenario.shows = std::move(metadata.shows);
                              draft.scenario.name_space = std::move(metadata.name_space);
                            },
                            {.help = "what it is called"})
      .field_with<Duration>("duration",
                            kind::duration(),
                            [](Draft& draft, Duration d) { draft.scenario.duration = d; },
                            {.default_text = "45m",
                             .min = "1s",
                             .max = "30d",
                             .help = "every run lasts exactly this long"})
      .field_with<std::uint64_t>(
          "seed",
          kind::count<std::uint64_t>(),
          [](Draft& draft, std::uint64_t seed) { draft.scenario.seed = seed; },
          {.default_text = "7", .min = "0", .help = "of all random numbers"})
      .field("service",
             &Draft::service,
             kind::section(service_table()),
             {.help = "the one being released", .required = true})
      .field("services",
             &Draft::services,
             kind::list_of(kind::section(service_table())),
             {.default_text = "[]", .help = "those it calls, directly or not"})
      .field_with<TrafficSettings>(
          "traffic",
          kind::section(traffic_table()),
          [](Draft& d, TrafficSettings t) { d.scenario.traffic = std::move(t); },
          {.default_text = "{}", .help = "who sends requests"})
      .field_with<ReleaseSettings>(
          "release",
          kind::section(release_table()),
          [](Draft& d, ReleaseSettings r) { d.scenario.release = std::move(r); },
          {.default_text = "{}", .help = "the release"})
      .field_with<FaultList>("faults",
                             fault_list(false),
                             [](Draft& d, auto faults) { d.scenario.faults = std::move(faults); },
                             {.default_text = "[]", .help = "what goes wrong elsewhere"})
      .field_with<std::vector<Objective>>(
          "objectives",
          kind::list_of(kind::section(objective_table())),
          [](Draft& d, auto objectives) { d.scenario.objectives = std::move(objectives); },
          {.default_text = "[{availability: 99.9%, window: 30d}]", .help = "promises to users"})
      .field_with<OnCallSettings>(
          "onCall",
          kind::section_or<OnCallSettings>(
              on_call_table(), "none", [](OnCallSettings& o) { o.present = false; }),
          [](Draft& d, const OnCallSettings& o) { d.scenario.on_call = o; },
          {.default_text = "{}", .help = "the human behind every strategy"})
      .field_with<RuleFile>(
          "alerts",
          rule_file(),
          [](Draft&, RuleFile) {},
          {.help = "rule groups as Prometheus takes them: {groups: [...]}; those with severity "
                   "page or critical, or none, page the human"})
      .field_with<TelemetrySettings>(
          "telemetry",
          kind::section(telemetry_table()),
          [](Draft& d, TelemetrySettings t) { d.scenario.telemetry = t; },
          {.default_text = "{}", .help = "how metrics are collected"})
      .field_with<NetworkSettings>(
          "network",
          kind::section(network_table()),
          [](Draft& d, const NetworkSettings& n) { d.scenario.network = n; },
          {.default_text = "{}", .help = "delays of the control plane"})
      .field_with<std::vector<StrategyChoice>>(
          "strategies",
          kind::variants<StrategyChoice>("strategy", strategy_variants(strategies)),
          [](Draft& d, auto choices) { d.scenario.strategies = std::move(choices); },
          {.default_text = default_strategies(strategies), .help = "what is compared"});
  return table;
}

}  // namespace coalmine
