#include "sim/scenario/load.h"

#include <algorithm>
#include <utility>

#include "sim/scenario/asked_metrics.h"
#include "sim/scenario/cross_checks.h"
#include "sim/scenario/manifests.h"
#include "sim/scenario/overrides.h"
#include "sim/scenario/sections.h"
#include "sim/scenario/size.h"
#include "sim/scenario/trace_file.h"
#include "sim/scenario/workload.h"
#include "sim/scenario/yaml_reader.h"
#include "sim/telemetry/rules/rule_reader.h"

namespace coalmine {
namespace {

constexpr const char* kApiVersion = "coalmine/v1alpha1";
constexpr std::size_t kMostTraceBytes = std::size_t{64} << 20U;
constexpr double kHighestRate = 1e7;   ///< requests per second
constexpr double kMostInstants = 5e7;  ///< of a recording, repeats counted
constexpr double kMostSessions = 1e7;

/// A scenario without a manifest has the probe that everybody has.
Probe usual_readiness() {
  Probe probe;
  probe.present = true;
  probe.period = std::chrono::seconds(5);
  return probe;
}

class Loader {
 public:
  Loader(const std::filesystem::path& folder,
         const StrategyCatalogue& strategies,
         const LoadOptions& options,
         Diagnostics& diagnostics)
      : folder_(folder), strategies_(strategies), options_(options), diagnostics_(diagnostics) {}

  std::shared_ptr<const Scenario> load(const std::string& name, std::string_view text) {
    source_ = {std::string(text), options_.overrides, {}};
    std::vector<Value> documents = read_yaml(name, text, diagnostics_);
    if (documents.empty() && !diagnostics_.has_errors())
      diagnostics_.error(whole_file(name), "the file is empty: it has no scenario");
    // A tree cut short by broken YAML would only give follow-up errors.
    if (documents.empty() || unusable(documents)) return nullptr;
    root_ = std::move(documents[0]);
    apply_overrides(root_, options_.overrides, strategies_, diagnostics_);
    if (!right_kind()) return nullptr;
    scenario_table(strategies_).load(draft_, root_, diagnostics_);
    check_call_graph(root_, diagnostics_);
    for (std::size_t i = 1; i < documents.size(); ++i)
      read_manifest(documents[i], embedded_, diagnostics_);
    add_deployments();
    read_rule_files();
    if (!diagnostics_.has_errors()) check_across(draft_, root_, diagnostics_);
    if (!diagnostics_.has_errors()) check_asked_metrics(draft_, root_, rule_files_, diagnostics_);
    if (!diagnostics_.has_errors()) check_size(draft_, root_, diagnostics_);
    read_traffic_trace();
    if (diagnostics_.has_errors() || too_many_sessions()) return nullptr;
    return finished(name);
  }

 private:
  bool unusable(const std::vector<Value>& documents) {
    if (documents[0].is_map()) return false;
    diagnostics_.error(documents[0].at, "a scenario is a map, found " + documents[0].describe());
    return true;
  }

  bool right_kind() {
    const auto expect = [this](const char* key, const std::string& wanted) {
      const Value* value = root_.find(key);
      if (value == nullptr || !value->is_scalar() || value->text == wanted) return true;
      diagnostics_.error(
          value->at, std::string(key) + " " + value->text + " is not known", "expected " + wanted);
      return false;
    };
    const bool version = expect("apiVersion", kApiVersion);
    const bool kind = expect("kind", "Scenario");
    return version && kind;
  }

  const Value* written(const char* section, const char* key) const {
    const Value* map = root_.find(section);
    return map == nullptr ? nullptr : map->find(key);
  }

  /// `alerts`, and the PrometheusRule manifests behind the scenario or beside a Deployment.
  void read_rule_files() {
    const Value* written = root_.find("alerts");
    if (written != nullptr && written->is_map()) rule_files_.push_back(written);
    for (const Value& manifest : embedded_.rules) rule_files_.push_back(&manifest);
    Scenario& scenario = draft_.scenario;
    for (const Value* file : rule_files_)
      for (rules::RuleGroup& group :
           rules::read_rules(*file, scenario.telemetry.promql(), diagnostics_))
        scenario.alerts.push_back(std::move(group));
  }

  void add_deployments() {
    const Value* service = root_.find("service");
    if (service != nullptr) add_deployment(draft_.service, *service, draft_.services.empty());
    const Value* others = root_.find("services");
    // After mistakes the lists may not match; the files are still read for theirs.
    for (std::size_t i = 0; others != nullptr && i < others->items.size(); ++i) {
      ServiceDraft scratch;
      ServiceDraft& draft = i < draft_.services.size() ? draft_.services[i] : scratch;
      add_deployment(draft, others->items[i], false);
    }
    for (const DeploymentManifest& manifest : embedded_.deployments)
      if (std::find(used_.begin(), used_.end(), manifest.spec.name) == used_.end())
        diagnostics_.error(manifest.at,
                           "the Deployment " + manifest.spec.name + " belongs to no service",
                           "name a service like it");
  }

  /// Fills in one service's Deployment: its manifest, or one of the same file, or the API's
  /// defaults, and the inline keys over it.
  void add_deployment(ServiceDraft& draft, const Value& section, bool alone) {
    const std::string& name = draft.settings.name;
    DeploymentSpec& spec = draft.settings.deployment;
    const Value* file = section.find("manifest");
    const DeploymentManifest* own = embedded_deployment(name, alone);
    if (file != nullptr && file->is_scalar() && !file->text.empty()) {
      if (own != nullptr)
        diagnostics_.error(file->at, name + " has a Deployment in this file and a manifest");
      read_manifest_of(*file, spec);
    } else if (own != nullptr) {
      spec = own->spec;
      check_services(embedded_, *own);
    } else {
      spec.name = name;
      spec.labels = {{"app", name}};
      spec.selector = spec.labels;
      spec.pod.readiness = usual_readiness();
    }
    if (own != nullptr) used_.push_back(own->spec.name);
    draft.inline_keys.apply(spec);
  }

  const DeploymentManifest* embedded_deployment(const std::string& name, bool alone) const {
    for (const DeploymentManifest& manifest : embedded_.deployments)
      if (manifest.spec.name == name) return &manifest;
    return alone && embedded_.deployments.size() == 1 ? &embedded_.deployments[0] : nullptr;
  }

  void read_manifest_of(const Value& file, DeploymentSpec& spec) {
    const std::size_t before = diagnostics_.errors();
    const Manifests read = read_manifest_file(folder_ / file.text, file.at, diagnostics_);
    if (diagnostics_.errors() != before) return;
    keep(file.text, read.text);
    if (read.deployments.size() != 1) {
      diagnostics_.error(file.at,
                         file.text + " has " + std::to_string(read.deployments.size()) +
                             " Deployments, expected one");
      return;
    }
    spec = read.deployments[0].spec;
    check_services(read, read.deployments[0]);
    embedded_.rules.insert(embedded_.rules.end(), read.rules.begin(), read.rules.end());
  }

  /// A file that several services name is kept once.
  void keep(const std::string& name, const std::string& text) {
    for (const SourceFile& file : source_.files)
      if (file.name == name) return;
    source_.files.push_back({name, text});
  }

  void check_services(const Manifests& manifests, const DeploymentManifest& deployment) {
    for (const ServiceManifest& service : manifests.services) {
      bool selects = !service.selector.empty();
      for (const auto& [key, value] : service.selector) {
        const auto label = deployment.spec.labels.find(key);
        selects = selects && label != deployment.spec.labels.end() && label->second == value;
      }
      if (!selects && manifests.deployments.size() == 1)
        diagnostics_.error(service.at,
                           "the Service " + service.name + " selects no pod of the Deployment " +
                               deployment.spec.name);
    }
  }

  void read_traffic_trace() {
    TrafficSettings& traffic = draft_.scenario.traffic;
    const Value* section = written("traffic", "trace");
    const Value* file = section == nullptr ? nullptr : section->find("file");
    if (file == nullptr || !file->is_scalar() || file->text.empty()) return;
    const std::filesystem::path path = folder_ / file->text;
    const auto text = read_text_file(path, kMostTraceBytes, file->at, diagnostics_);
    if (!text) return;
    keep(file->text, *text);
    const std::size_t before = diagnostics_.errors();
    const Trace trace = read_trace(path.string(), *text, diagnostics_);
    if (diagnostics_.errors() != before) return;
    traffic.kind =
        trace.offsets ? TrafficSettings::Kind::trace_offsets : TrafficSettings::Kind::trace_counts;
    traffic.trace = trace.points;
    traffic.trace_bucket = trace.bucket;
    if (before == 0) check_trace(trace, *section, *file);
  }

  void check_trace(const Trace& trace, const Value& section, const Value& file) {
    const TrafficSettings& traffic = draft_.scenario.traffic;
    const Duration left = trace.length() - traffic.trace_from;
    if (left <= Duration{}) {
      const Value* from = section.find("from");
      diagnostics_.error(from == nullptr ? file.at : from->at,
                         "from lies after the end of the trace",
                         "the trace lasts " + format_duration(trace.length()));
    } else if (!traffic.trace_repeat && left < draft_.scenario.duration) {
      diagnostics_.error(file.at,
                         "the trace ends after " + format_duration(left) + ", the run lasts " +
                             format_duration(draft_.scenario.duration),
                         "repeat: true begins it again");
    }
    if (peak_rate(traffic) > kHighestRate) {
      const Value* scale = section.find("scale");
      diagnostics_.error(scale == nullptr ? file.at : scale->at,
                         "the trace reaches more than 10000000/s with this scale");
    }
    // Recorded instants are laid end to end before the run.
    const double laps = traffic.trace_repeat
                            ? to_seconds(traffic.trace_from + draft_.scenario.duration) /
                                  to_seconds(trace.length() + std::chrono::seconds(1))
                            : 1;
    if (trace.offsets && laps * static_cast<double>(trace.points.size()) > kMostInstants)
      diagnostics_.error(file.at,
                         "the trace begins again so often that it has more than 50000000 lines");
  }

  /// Those who pause between two requests are kept one by one.
  bool too_many_sessions() {
    const Scenario& s = draft_.scenario;
    const TrafficSettings& t = s.traffic;
    if (t.session_requests <= 1 || t.kind == TrafficSettings::Kind::trace_offsets) return false;
    const double pausing = std::max(mean_rate(t, s.duration), past_rate(t)) * t.session_think.mean *
                           (1 - 1 / t.session_requests);
    if (pausing <= kMostSessions) return false;
    const Duration pause =
        std::chrono::ceil<std::chrono::seconds>(from_seconds(t.session_think.mean));
    diagnostics_.error(written("traffic", "sessions")->at,
                       "more than 10000000 users would pause at a time",
                       "the mean pause is " + format_duration(pause));
    return true;
  }

  std::shared_ptr<const Scenario> finished(const std::string& name) {
    Scenario scenario = std::move(draft_.scenario);
    scenario.file = name;
    scenario.source = std::move(source_);
    if (scenario.name.empty()) scenario.name = std::filesystem::path(name).stem().string();
    scenario.service = std::move(draft_.service.settings);
    for (ServiceDraft& draft : draft_.services)
      scenario.services.push_back(std::move(draft.settings));
    return std::make_shared<const Scenario>(std::move(scenario));
  }

  std::filesystem::path folder_;
  const StrategyCatalogue& strategies_;
  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  Value root_;
  ScenarioDraft draft_;
  Manifests embedded_;
  std::vector<const Value*> rule_files_;  ///< in root_ and embedded_
  std::vector<std::string> used_;
  ScenarioSource source_;
};

/// A Prometheus rule file stands for itself.
bool is_rule_file(const std::vector<Value>& documents) {
  return documents.size() == 1 && documents[0].find("groups") != nullptr &&
         documents[0].find("apiVersion") == nullptr && documents[0].find("service") == nullptr;
}

bool is_scenario(const std::vector<Value>& documents) {
  if (documents.empty()) return true;
  const Value* version = documents[0].find("apiVersion");
  const Value* kind = documents[0].find("kind");
  const bool ours = version != nullptr && version->text.rfind("coalmine/", 0) == 0;
  const bool bare = version != nullptr && kind != nullptr;
  return ours || !bare || kind->text == "Scenario";
}

}  // namespace

std::shared_ptr<const Scenario> LoadResult::value() const {
  diagnostics.throw_if_errors();
  return scenario;
}

LoadResult load_scenario_text(const std::string& name,
                              std::string_view text,
                              const std::filesystem::path& folder,
                              const StrategyCatalogue& strategies,
                              const LoadOptions& options) {
  LoadResult result{nullptr, Diagnostics(options.strict)};
  result.scenario = Loader(folder, strategies, options, result.diagnostics).load(name, text);
  return result;
}

LoadResult load_scenario(const std::filesystem::path& path,
                         const StrategyCatalogue& strategies,
                         const LoadOptions& options) {
  LoadResult result{nullptr, Diagnostics(options.strict)};
  const auto text = read_text_file(path, kMostYamlBytes, {}, result.diagnostics);
  if (!text) return result;
  return load_scenario_text(path.string(), *text, path.parent_path(), strategies, options);
}

Diagnostics validate_file(const std::filesystem::path& path,
                          const StrategyCatalogue& strategies,
                          const LoadOptions& options) {
  Diagnostics diagnostics(options.strict);
  const auto text = read_text_file(path, kMostYamlBytes, {}, diagnostics);
  if (!text) return diagnostics;
  Diagnostics first_look;
  const std::vector<Value> documents = read_yaml(path.string(), *text, first_look);
  if (is_rule_file(documents)) {
    rules::read_rules(documents[0], {}, diagnostics);
    return diagnostics;
  }
  if (is_scenario(documents)) return load_scenario(path, strategies, options).diagnostics;
  const Manifests read = read_manifest_file(path, {}, diagnostics);
  for (const Value& manifest : read.rules) rules::read_rules(manifest, {}, diagnostics);
  if (!options.overrides.empty())
    diagnostics.error(whole_file(path.string()),
                      "--set changes a key of a scenario, and this is a bare manifest");
  return diagnostics;
}

}  // namespace coalmine
