// Every field of a manifest that is read: what it changes in a run, or that validate says that it
// changes nothing. The list of fields is the reader's own: one that has no row here fails the test.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sim/scenario/load.h"
#include "sim/scenario/manifests.h"
#include "sim/scenario/yaml_reader.h"
#include "strategies/registry.h"
#include "tests/experiment/played_run.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;
using nlohmann::json;

namespace {

/// A field by its path and a value of it; null: it is left out.
struct Setting {
  std::string field;
  json value;
};

void set(json& manifest, const Setting& setting) {
  std::string pointer = "/" + setting.field;
  for (char& c : pointer)
    if (c == '.' || c == '[') c = '/';
  pointer.erase(std::remove(pointer.begin(), pointer.end(), ']'), pointer.end());
  const json::json_pointer at(pointer);
  manifest[at] = setting.value;
  if (setting.value.is_null()) manifest[at.parent_pointer()].erase(at.back());
}

// ---- what the fields do

/// A field that is simulated: two values of it, and a world in which they tell.
struct Simulated {
  std::string field;
  json usual;
  json other;
  std::vector<std::string> world = {};  ///< overrides of the scenario
  std::string strategy = "rolling";
  std::vector<Setting> given = {};  ///< other fields of the manifest, for both
};

const std::string kContainer = "spec.template.spec.containers[0].";
const std::string kSecond = "spec.template.spec.containers[1].";
const std::string kInit = "spec.template.spec.initContainers[0].";
const std::string kReadiness = kContainer + "readinessProbe";
const std::string kLiveness = kContainer + "livenessProbe";
const std::string kStartup = kContainer + "startupProbe";

const json kProbe = {{"tcpSocket", {{"port", 80}}}, {"periodSeconds", 5}};
const json kInitContainer = {{"name", "init"}, {"image", "init:1"}};

/// Requests that outlast the stop of their pods.
const std::vector<std::string> kLongRequests{"service.response={p50: 8s, p99: 30s}",
                                             "traffic.rate=3/s"};
/// Processes that listen late: probes fail before they do.
const std::vector<std::string> kSlowStart{"service.pod.start={p50: 20s, p99: 40s}"};
const std::vector<std::string> kNeverStarts{"release.faults=[{crashOnStart: {}}]"};
const std::vector<std::string> kLeaks{"release.faults=[{memoryLeak: {perRequest: 1Mi}}]"};
/// Brought to everybody, then undone by the human.
const std::vector<std::string> kUndone{"release.faults=[{errorRate: {p: 80%}}]",
                                       "onCall={respond: {p50: 10s, p99: 20s}}"};

const std::vector<Simulated> kSimulated{
    {"metadata.name", "web", "shop"},
    {"spec.replicas", 4, 5},
    {"spec.minReadySeconds", 0, 20},
    {"spec.paused", false, true},
    {"spec.progressDeadlineSeconds", 60, 90, kNeverStarts},
    {"spec.revisionHistoryLimit", 10, 0, kUndone},
    {"spec.strategy.rollingUpdate.maxSurge", "25%", 2},
    {"spec.strategy.rollingUpdate.maxUnavailable", "25%", "50%"},

    {"spec.template.spec.terminationGracePeriodSeconds", 30, 4, kLongRequests},
    {kContainer + "lifecycle.preStop.sleep.seconds", 1, 10},
    {kContainer + "lifecycle.preStop.exec.command", nullptr, {"sh", "-c", "sleep 10"}},

    {kContainer + "resources.limits.memory", "100Mi", "200Mi", kLeaks},
    {kContainer + "image", "web:1", "web:latest"},  // pulled at each start
    {kContainer + "imagePullPolicy", "IfNotPresent", "Always"},
    {kSecond + "image", "log:1", "log"},
    {kSecond + "imagePullPolicy", "IfNotPresent", "Always"},
    {"spec.template.spec.initContainers", json::array(), json::array({kInitContainer})},
    {kInit + "image", "init:1", "init:latest"},
    {kInit + "imagePullPolicy", "Never", "Always"},

    {kReadiness + ".initialDelaySeconds", 0, 15},
    {kReadiness + ".periodSeconds", 5, 8},
    {kReadiness + ".successThreshold", 1, 3},
    // Old pods that drain fail it; while they are still ready they are what the proxy falls back
    // to.
    {kReadiness + ".failureThreshold", 1, 3, kLongRequests, "recreate"},

    {kLiveness + ".initialDelaySeconds", 0, 15, kSlowStart},
    {kLiveness + ".periodSeconds", 5, 8, kSlowStart},
    {kLiveness + ".failureThreshold", 3, 2, kSlowStart},
    // What the preStop of a container that is restarted may last.
    {kLiveness + ".terminationGracePeriodSeconds",
     nullptr,
     2,
     kSlowStart,
     "rolling",
     {{kContainer + "lifecycle.preStop.sleep.seconds", 10}}},

    {kStartup + ".initialDelaySeconds", 0, 15, kSlowStart},
    {kStartup + ".periodSeconds", 5, 8, kSlowStart},
    {kStartup + ".failureThreshold", 3, 2, kSlowStart},
    {kStartup + ".terminationGracePeriodSeconds",
     nullptr,
     2,
     kSlowStart,
     "rolling",
     {{kContainer + "lifecycle.preStop.sleep.seconds", 10}}},
};

/// A field with a value that changes nothing here. Those that never do anything are not listed:
/// the reader knows them.
struct Named {
  std::string kind;
  Setting setting;
};

const std::vector<Named> kNamed{
    {"Deployment", {"spec.strategy.type", "Recreate"}},
    {"Deployment", {kReadiness + ".timeoutSeconds", 5}},
    {"Deployment", {kLiveness + ".timeoutSeconds", 5}},
    {"Deployment", {kStartup + ".timeoutSeconds", 5}},
    {"Deployment", {kContainer + "resources.requests.cpu", "200m"}},
    {"Deployment", {kContainer + "resources.requests.memory", "64Mi"}},
    {"Deployment", {kContainer + "resources.limits.cpu", 2}},
    {"Deployment", {kSecond + "resources.requests.cpu", "200m"}},
    {"Deployment", {kSecond + "resources.requests.memory", "64Mi"}},
    {"Deployment", {kSecond + "resources.limits.cpu", 2}},
    {"Deployment", {kSecond + "resources.limits.memory", "1Gi"}},
    {"Deployment", {kInit + "restartPolicy", "Always"}},
    {"Service", {"spec.type", "LoadBalancer"}},
    {"Service", {"spec.sessionAffinity", "ClientIP"}},
    {"Service", {"spec.internalTrafficPolicy", "Local"}},
    {"Service", {"spec.externalTrafficPolicy", "Local"}},
    {"Service", {"spec.publishNotReadyAddresses", true}},
};

/// A field that leaves no choice: what else it could say is an error, or means the same.
const std::vector<Named> kRefused{
    {"Deployment", {"apiVersion", "apps/v2"}},
    {"Deployment", {"kind", "Deploymint"}},
    {"Deployment", {"spec.selector.matchLabels", {{"app", "other"}}}},
    {"Deployment", {"spec.selector.matchExpressions", "app in web"}},
    {"Deployment", {"spec.selector.matchExpressions[0].key", "tier"}},
    {"Deployment", {"spec.selector.matchExpressions[0].operator", "NotIn"}},
    {"Deployment", {"spec.selector.matchExpressions[0].values", {"other"}}},
    {"Deployment", {"spec.template.metadata.labels", {{"app", "other"}}}},
    {"Deployment", {"spec.template.spec.restartPolicy", "Never"}},
    {"Deployment", {"spec.template.spec.containers", json::array()}},
    {"Deployment", {kContainer + "name", nullptr}},
    {"Deployment", {kSecond + "name", nullptr}},
    {"Deployment", {kInit + "name", nullptr}},
    {"Deployment", {kReadiness + ".terminationGracePeriodSeconds", 5}},
    {"Deployment", {kLiveness + ".successThreshold", 2}},
    {"Deployment", {kStartup + ".successThreshold", 2}},
    {"Service", {"apiVersion", "v2"}},
    {"Service", {"kind", "Servise"}},
    {"Service", {"metadata.name", nullptr}},
    {"Service", {"spec.selector", "app"}},
};

// ---- the manifests

const json kDeployment = {
    {"apiVersion", "apps/v1"},
    {"kind", "Deployment"},
    {"metadata", {{"name", "web"}}},
    {"spec",
     {{"replicas", 4},
      {"selector", {{"matchLabels", {{"app", "web"}}}}},
      {"template",
       {{"metadata", {{"labels", {{"app", "web"}}}}},
        {"spec",
         {{"containers",
           {{{"name", "web"}, {"image", "web:1"}, {"readinessProbe", kProbe}}}}}}}}}}};

/// With everything in it whose absence would hide fields from the reader.
json everything(const std::string& kind) {
  if (kind == "Service")
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", {{"name", "web"}}},
            {"spec", {{"selector", {{"app", "web"}}}}}};
  json manifest = kDeployment;
  const json hook = {{"sleep", {{"seconds", 1}}}, {"exec", {{"command", {"sleep", "1"}}}}};
  const json amounts = {{"cpu", 1}};
  const json expression = {{"key", "app"}, {"operator", "In"}, {"values", {"web"}}};
  for (const Setting& part : std::vector<Setting>{
           {"spec.selector.matchExpressions", json::array({expression})},
           {"spec.strategy.rollingUpdate", {{"maxSurge", 1}}},
           {"spec.template.spec.initContainers", json::array({kInitContainer})},
           {kContainer + "livenessProbe", kProbe},
           {kContainer + "startupProbe", kProbe},
           {kContainer + "lifecycle.preStop", hook},
           {kContainer + "resources", {{"requests", amounts}, {"limits", amounts}}},
           {"spec.template.spec.containers[1]", {{"name", "log"}, {"image", "log:1"}}},
           {kSecond + "resources", {{"requests", amounts}, {"limits", amounts}}},
       })
    set(manifest, part);
  return manifest;
}

struct Reading {
  std::string messages;  ///< one a line
  std::vector<ManifestField> asked;
};

Reading read(const json& manifest) {
  Reading result;
  Manifests manifests;
  Diagnostics diagnostics;
  for (const Value& document : read_yaml("m.yaml", manifest.dump(), diagnostics))
    read_manifest(document, manifests, diagnostics, &result.asked);
  for (const Diagnostic& d : diagnostics.sorted())
    result.messages += (d.severity == Severity::error ? "error: " : "warning: ") + d.message + "\n";
  return result;
}

/// The field itself, or a map that it is in, is named as having no effect.
bool named_as_not_simulated(const std::string& messages, std::string field) {
  for (;;) {
    if (messages.find("warning: " + field + " is not simulated") != std::string::npos) return true;
    const std::size_t dot = field.rfind('.');
    if (dot == std::string::npos) return false;
    field.resize(dot);
  }
}

// ---- the runs

constexpr const char* kScenario = R"(apiVersion: coalmine/v1alpha1
kind: Scenario
duration: 8m
service:
  name: web
  pod: {concurrency: 8, queue: 64, start: {p50: 3s, p99: 6s}}
  response: {p50: 20ms, p99: 100ms}
traffic: {rate: 20/s, users: 500}
release: {version: v2, at: 1m}
objectives: [{availability: 99.9%, window: 30d}]
onCall: none
strategies: [recreate: {}, rolling: {}]
---
)";

/// ReplicaSets are called after a hash of all that their template says. That name alone is no
/// effect: here they are numbered.
std::string without_hashes(std::string text, const std::vector<Event>& events) {
  const std::string prefix = "replicaset/";
  std::size_t number = 0;
  std::set<std::string> done;
  for (const Event& e : events) {
    if (e.object.rfind(prefix, 0) != 0 || !done.insert(e.object).second) continue;
    const std::string name = e.object.substr(prefix.size());
    const std::string instead = std::to_string(number++);
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;)
      text.replace(at, name.size(), instead);
  }
  return text;
}

/// All events and outcomes of a run.
std::string recording(const json& manifest,
                      const std::vector<std::string>& world,
                      const std::string& strategy) {
  const LoadResult loaded = load_scenario_text(
      "s.yaml", kScenario + manifest.dump(), ".", all_strategies(), {.overrides = world});
  const RunResult run = play(spec_of(loaded.value(), strategy));
  std::string text;
  for (const Event& e : run.events)
    text += std::to_string(e.time.time_since_epoch().count()) + " " + e.object + " " + e.reason +
            " " + e.message + "\n";
  for (const auto& [name, value] : run.outcomes)
    text += name + " " + (value ? std::to_string(*value) : "none") + "\n";
  return without_hashes(std::move(text), run.events);
}

/// The manifest with what the row's field needs around it.
json manifest_of(const Simulated& row, const json& value) {
  json manifest = kDeployment;
  for (const std::string& probe : {kLiveness, kStartup})
    if (row.field.rfind(probe, 0) == 0) set(manifest, {probe, kProbe});
  if (row.field.rfind(kSecond, 0) == 0)
    set(manifest, {"spec.template.spec.containers[1]", {{"name", "log"}, {"image", "log:1"}}});
  if (row.field.rfind(kInit, 0) == 0)
    set(manifest, {"spec.template.spec.initContainers", json::array({kInitContainer})});
  for (const Setting& setting : row.given) set(manifest, setting);
  set(manifest, {row.field, value});
  return manifest;
}

}  // namespace

TEST_CASE("every field that is read is simulated, named or leaves no choice",
          "[experiment][manifests]") {
  for (const std::string kind : {"Deployment", "Service"}) {
    std::set<std::string> rows;
    if (kind == "Deployment")
      for (const Simulated& row : kSimulated) rows.insert(row.field);
    for (const auto* table : {&kNamed, &kRefused})
      for (const Named& row : *table)
        if (row.kind == kind) rows.insert(row.setting.field);
    std::set<std::string> fields;
    for (const ManifestField& field : read(everything(kind)).asked)
      if (field.use == FieldUse::read) fields.insert(field.path);
    for (const std::string& field : fields) {
      INFO(kind << " " << field << " is read: give it a row");
      CHECK(rows.count(field) == 1);
    }
    for (const std::string& row : rows) {
      INFO(kind << " " << row << " has a row and is not read");
      CHECK(fields.count(row) == 1);
    }
  }
}

TEST_CASE("a field that is simulated changes the recording", "[experiment][manifests]") {
  for (const Simulated& row : kSimulated) {
    INFO(row.field << ": " << row.usual << " or " << row.other);
    const json usual = manifest_of(row, row.usual);
    const json other = manifest_of(row, row.other);
    CHECK_FALSE(named_as_not_simulated(read(other).messages, row.field));
    const std::string recorded = recording(usual, row.world, row.strategy);
    const bool differs = recorded != recording(other, row.world, row.strategy);
    CHECK(differs);
  }
}

TEST_CASE("a field that changes nothing is named", "[experiment][manifests]") {
  std::vector<Named> rows = kNamed;
  for (const std::string kind : {"Deployment", "Service"})
    for (const ManifestField& field : read(everything(kind)).asked)
      if (field.use == FieldUse::not_simulated) rows.push_back({kind, {field.path, "x"}});
  CHECK(rows.size() > 80);
  for (const Named& row : rows) {
    INFO(row.kind << " " << row.setting.field << ": " << row.setting.value);
    json manifest = everything(row.kind);
    if (row.setting.value == "Recreate") set(manifest, {"spec.strategy.rollingUpdate", nullptr});
    set(manifest, row.setting);
    CHECK(named_as_not_simulated(read(manifest).messages, row.setting.field));
  }
}

TEST_CASE("a field that leaves no choice is refused when it says something else",
          "[experiment][manifests]") {
  for (const Named& row : kRefused) {
    INFO(row.kind << " " << row.setting.field << ": " << row.setting.value);
    json manifest = everything(row.kind);
    CHECK_THAT(read(manifest).messages, !Contains("error: "));
    set(manifest, row.setting);
    CHECK_THAT(read(manifest).messages, Contains("error: "));
  }
}

TEST_CASE("what the API server wrote is passed over in silence", "[experiment][manifests]") {
  std::size_t fields = 0;
  for (const std::string kind : {"Deployment", "Service"}) {
    const Reading plain = read(everything(kind));
    json manifest = everything(kind);
    for (const ManifestField& field : plain.asked)
      if (field.use == FieldUse::from_server) {
        set(manifest, {field.path, "x"});
        ++fields;
      }
    CHECK(read(manifest).messages == plain.messages);
  }
  CHECK(fields > 10);
}

// The test of the test: a run that is another one only because its template has another hash is the
// same here.
TEST_CASE("another tag of the image leaves the recording as it is", "[experiment][manifests]") {
  for (const Simulated& row : kSimulated) {
    INFO("the world of " << row.field);
    json manifest = manifest_of(row, row.other);
    const std::string recorded = recording(manifest, row.world, row.strategy);
    set(manifest, {kContainer + "imagePullPolicy", "IfNotPresent"});
    set(manifest, {kContainer + "image", "web:2"});
    const bool same = recorded == recording(manifest, row.world, row.strategy);
    CHECK(same ==
          (row.field != kContainer + "image" && row.field != kContainer + "imagePullPolicy"));
  }
}
