#include "sim/scenario/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/faults/catalogue.h"

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
