#include "sim/scenario/manifests.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/kernel/quantity.h"
#include "sim/scenario/manifest_map.h"
#include "sim/scenario/yaml_reader.h"

namespace coalmine {
namespace {

constexpr int kInt32Max = std::numeric_limits<std::int32_t>::max();

std::string read_name(ManifestMap& root) {
  ManifestMap metadata = root.map("metadata");
  const std::string name = metadata.text("name").value_or("");
  if (name.empty()) metadata.error("name", "Required value");
  metadata.not_simulated({"namespace", "labels", "annotations", "finalizers", "ownerReferences"});
  metadata.from_server(
      {"creationTimestamp", "generation", "uid", "resourceVersion", "managedFields"});
  metadata.finish();
  return name;
}

/// Whether the labels fit one of matchExpressions; a faulty one is an error and fits.
bool matches(ManifestMap& expression, const std::map<std::string, std::string>& labels) {
  const std::string key = expression.text("key").value_or("");
  const std::string op = expression.text("operator").value_or("");
  const Value* values = expression.take("values");
  expression.finish();
  if (key.empty()) expression.error("key", "Required value");
  const auto label = labels.find(key);
  const bool present = label != labels.end();
  bool among = false;
  if (present && values != nullptr)
    for (const Value& value : values->items) among = among || value.text == label->second;
  if (op == "In") return among;
  if (op == "NotIn") return !among;
  if (op == "Exists") return present;
  if (op == "DoesNotExist") return !present;
  expression.error("operator", "Invalid value: \"" + op + "\": not a valid selector operator");
  return true;
}

void read_selector(ManifestMap& spec, DeploymentSpec& out) {
  ManifestMap selector = spec.map("selector");
  if (!spec.has("selector")) return spec.error("selector", "Required value");
  out.selector = selector.texts("matchLabels");
  std::vector<ManifestMap> expressions = selector.maps("matchExpressions");
  selector.finish();
  if (out.selector.empty() && expressions.empty())
    spec.error("selector", "Invalid value: empty selector is invalid for deployment");
  bool match = true;
  for (const auto& [key, value] : out.selector) {
    const auto label = out.labels.find(key);
    match = match && label != out.labels.end() && label->second == value;
  }
  for (ManifestMap& expression : expressions) match = matches(expression, out.labels) && match;
  if (!match)
    spec.error("selector",
               "spec.template.metadata.labels: `selector` does not match template `labels`");
}

std::optional<IntOrPercent> read_limit(ManifestMap& rolling, const std::string& key) {
  const Value* value = rolling.take(key);
  if (value == nullptr) return std::nullopt;
  const auto parsed =
      value->is_scalar() ? parse_count_or_percent(value->text) : Parsed<CountOrPercent>{};
  const bool text_without_percent = parsed && value->quoted && !parsed.value->percent;
  if (value->is_scalar() && parse_count(value->text) && !value->quoted &&
      *parse_count(value->text).value < 0) {
    rolling.error(key, "Invalid value: " + value->text + ": must be greater than or equal to 0");
    return std::nullopt;
  }
  if (!parsed || text_without_percent) {
    rolling.error(key,
                  "Invalid value: \"" + value->describe() +
                      "\": a valid percent string must be a numeric string followed by an ending "
                      "'%' (e.g. '1%', or '93%')");
    return std::nullopt;
  }
  return IntOrPercent{parsed.value->value, parsed.value->percent};
}

void read_strategy(ManifestMap& spec, DeploymentSpec& out) {
  ManifestMap strategy = spec.map("strategy");
  const std::string type = strategy.text("type").value_or("RollingUpdate");
  const bool recreate = type == "Recreate";
  if (!recreate && type != "RollingUpdate")
    strategy.error(
        "type",
        "Unsupported value: \"" + type + "\": supported values: \"Recreate\", \"RollingUpdate\"");
  if (recreate)
    strategy.warn_not_simulated("type", "how pods are replaced is up to the scenario's strategies");
  out.strategy = recreate ? DeploymentStrategy::recreate : DeploymentStrategy::rolling_update;
  if (recreate && strategy.has("rollingUpdate"))
    strategy.error("rollingUpdate",
                   "Forbidden: may not be specified when strategy `type` is 'Recreate'");
  ManifestMap rolling = strategy.map("rollingUpdate");
  const auto surge = read_limit(rolling, "maxSurge");
  const auto unavailable = read_limit(rolling, "maxUnavailable");
  out.max_surge = surge.value_or(out.max_surge);
  out.max_unavailable = unavailable.value_or(out.max_unavailable);
  if (out.max_unavailable.percent && out.max_unavailable.value > 100)
    rolling.error("maxUnavailable",
                  "Invalid value: \"" + std::to_string(out.max_unavailable.value) +
                      "%\": must not be greater than 100%");
  if (!recreate && out.max_surge.value == 0 && out.max_unavailable.value == 0)
    rolling.error("maxUnavailable", "Invalid value: 0: may not be 0 when `maxSurge` is 0");
  rolling.finish();
  strategy.finish();
}

enum class ProbeRole { readiness, liveness, startup };

Probe read_probe(ManifestMap& container, const std::string& key, ProbeRole role) {
  Probe probe;
  probe.present = container.has(key);
  ManifestMap map = container.map(key);
  if (!probe.present) return probe;
  // 0 means "the default" for period, timeout and thresholds.
  const auto or_default = [](auto value, auto standard) {
    return value && *value != decltype(standard){} ? *value : standard;
  };
  probe.initial_delay = map.seconds("initialDelaySeconds").value_or(Duration{});
  probe.period = or_default(map.seconds("periodSeconds"), probe.period);
  if (map.has("timeoutSeconds"))
    map.warn_not_simulated("timeoutSeconds", "a probe without an answer fails at once");
  probe.timeout = or_default(map.seconds("timeoutSeconds"), probe.timeout);
  probe.success_threshold = or_default(map.whole("successThreshold"), probe.success_threshold);
  probe.failure_threshold = or_default(map.whole("failureThreshold"), probe.failure_threshold);
  if (role != ProbeRole::readiness && probe.success_threshold != 1)
    map.error("successThreshold",
              "Invalid value: " + std::to_string(probe.success_threshold) + ": must be 1");
  if (role == ProbeRole::readiness) {
    if (map.take("terminationGracePeriodSeconds") != nullptr)
      map.error("terminationGracePeriodSeconds",
                "Invalid value: must not be set for readinessProbes");
  } else {
    probe.grace = map.seconds("terminationGracePeriodSeconds", 1);
  }
  int handlers = 0;
  for (const char* handler : {"exec", "httpGet", "tcpSocket", "grpc"}) {
    handlers += map.has(handler) ? 1 : 0;
    map.not_simulated({handler}, "however it asks, it succeeds when the process takes connections");
  }
  if (handlers == 0) container.error(key, "Required value: must specify a handler type");
  if (handlers > 1) container.error(key, "Forbidden: may not specify more than 1 handler type");
  map.finish();
  return probe;
}

/// The seconds of a command such as ["sh", "-c", "sleep 10"].
std::optional<Duration> sleep_of(const Value& command) {
  std::string text;
  for (const Value& word : command.items) text += (text.empty() ? "" : " ") + word.text;
  const std::size_t at = text.rfind("sleep ");
  if (at == std::string::npos) return std::nullopt;
  std::string seconds = text.substr(at + 6);
  while (!seconds.empty() && (seconds.back() == ' ' || seconds.back() == ';')) seconds.pop_back();
  const auto parsed = parse_number(seconds);
  if (!parsed || *parsed.value < 0 || *parsed.value > 86400) return std::nullopt;
  return from_seconds(*parsed.value);
}

void read_lifecycle(ManifestMap& container, PodTemplate& pod) {
  ManifestMap lifecycle = container.map("lifecycle");
  ManifestMap hook = lifecycle.map("preStop");
  ManifestMap sleep = hook.map("sleep");
  if (const auto length = sleep.seconds("seconds")) pod.pre_stop = *length;
  sleep.finish();
  ManifestMap exec = hook.map("exec");
  if (const Value* command = exec.take("command")) {
    if (const auto length = sleep_of(*command))
      pod.pre_stop = *length;
    else
      hook.warn_not_simulated("exec", "how long it takes is not known; say it with preStop");
  }
  exec.finish();
  hook.not_simulated({"httpGet"}, "how long it takes is not known; say it with preStop");
  hook.finish();
  lifecycle.not_simulated({"postStart", "stopSignal"});
  lifecycle.finish();
}

double read_amount(ManifestMap& amounts,
                   const std::string& key,
                   Parsed<double> (*parse)(std::string_view)) {
  const Value* value = amounts.take(key);
  if (value == nullptr) return 0;
  const auto parsed = value->is_scalar() ? parse(value->text) : Parsed<double>{};
  if (parsed) return *parsed.value;
  amounts.error(key, value->is_scalar() ? parsed.problem : "expected a quantity");
  return 0;
}

/// Adds this container's requests and limits to the pod's. The first one's memory limit is where a
/// process that leaks is killed.
void read_resources(ManifestMap& container, PodTemplate& pod, bool first) {
  ManifestMap resources = container.map("resources");
  ManifestMap requests = resources.map("requests");
  ManifestMap limits = resources.map("limits");
  if (resources.has("requests"))
    resources.warn_not_simulated("requests", "nodes have room for everything");
  if (limits.has("cpu")) limits.warn_not_simulated("cpu", "nodes have CPU for everything");
  if (limits.has("memory") && !first)
    limits.warn_not_simulated("memory", "only the first container can run out of it here");
  const double cpu_limit = read_amount(limits, "cpu", parse_cpu);
  const double memory_limit = read_amount(limits, "memory", parse_bytes);
  const double cpu = read_amount(requests, "cpu", parse_cpu);
  const double memory = read_amount(requests, "memory", parse_bytes);
  const auto not_above = [&requests](const char* key, double request, double limit) {
    if (limit > 0 && request > limit)
      requests.error(key,
                     std::string("Invalid value: must be less than or equal to ") + key + " limit");
  };
  not_above("cpu", cpu, cpu_limit);
  not_above("memory", memory, memory_limit);
  // A missing request takes the limit.
  pod.cpu_request += requests.has("cpu") ? cpu : cpu_limit;
  pod.memory_request += requests.has("memory") ? memory : memory_limit;
  pod.cpu_limit += cpu_limit;
  pod.memory_limit += memory_limit;
  if (first) pod.process_memory_limit = memory_limit;
  for (ManifestMap* amounts : {&requests, &limits}) {
    for (const ValueEntry& entry : amounts->value().entries)
      if (entry.key != "cpu" && entry.key != "memory") amounts->not_simulated({entry.key.c_str()});
    amounts->finish();
  }
  resources.not_simulated({"claims"});
  resources.finish();
}

void read_image(ManifestMap& container, PodTemplate& pod, bool first) {
  const std::string image = container.text("image").value_or("");
  const std::string name = image.substr(image.rfind('/') + 1);
  const bool digest = name.find('@') != std::string::npos;
  const std::size_t colon = name.find(':');
  const bool latest = !digest && (colon == std::string::npos || name.substr(colon + 1) == "latest");
  const std::string policy =
      container.text("imagePullPolicy").value_or(latest ? "Always" : "IfNotPresent");
  if (policy != "Always" && policy != "IfNotPresent" && policy != "Never")
    container.error("imagePullPolicy",
                    "Unsupported value: \"" + policy +
                        "\": supported values: \"Always\", \"IfNotPresent\", \"Never\"");
  if (first) pod.image = image;
  pod.image_present = (first || pod.image_present) && policy != "Always";
}

/// What all containers have that changes nothing here.
void pass_over_the_rest(ManifestMap& container) {
  container.not_simulated({"command",
                           "args",
                           "workingDir",
                           "ports",
                           "env",
                           "envFrom",
                           "volumeMounts",
                           "volumeDevices",
                           "securityContext",
                           "stdin",
                           "stdinOnce",
                           "tty",
                           "terminationMessagePath",
                           "terminationMessagePolicy",
                           "resizePolicy"});
  container.finish();
}

void read_container(ManifestMap& container, PodTemplate& pod, bool first) {
  if (!container.text("name")) container.error("name", "Required value");
  read_image(container, pod, first);
  read_resources(container, pod, first);
  if (first) {
    pod.readiness = read_probe(container, "readinessProbe", ProbeRole::readiness);
    pod.liveness = read_probe(container, "livenessProbe", ProbeRole::liveness);
    pod.startup = read_probe(container, "startupProbe", ProbeRole::startup);
    read_lifecycle(container, pod);
  } else {
    container.not_simulated({"readinessProbe", "livenessProbe", "startupProbe", "lifecycle"},
                            "only the first container has them here");
  }
  container.not_simulated({"restartPolicy"});
  pass_over_the_rest(container);
}

/// It adds a container start, and the pull of its image if that is not on the node.
void read_init_container(ManifestMap& container, PodTemplate& pod) {
  if (!container.text("name")) container.error("name", "Required value");
  const bool sidecar = container.text("restartPolicy").value_or("") == "Always";
  if (sidecar) container.warn_not_simulated("restartPolicy", "a sidecar is left out");
  PodTemplate left_out;
  read_image(container, sidecar ? left_out : pod, false);
  container.not_simulated(
      {"resources", "readinessProbe", "livenessProbe", "startupProbe", "lifecycle"});
  pass_over_the_rest(container);
  if (!sidecar) ++pod.init_containers;
}

void read_pod_spec(ManifestMap& spec, PodTemplate& pod) {
  const std::string restart = spec.text("restartPolicy").value_or("Always");
  if (restart != "Always")
    spec.error("restartPolicy",
               "Unsupported value: \"" + restart + "\": supported values: \"Always\"");
  pod.termination_grace =
      spec.seconds("terminationGracePeriodSeconds").value_or(pod.termination_grace);
  std::vector<ManifestMap> containers = spec.maps("containers");
  if (containers.empty()) spec.error("containers", "Required value");
  for (std::size_t i = 0; i < containers.size(); ++i) read_container(containers[i], pod, i == 0);
  for (ManifestMap& container : spec.maps("initContainers")) read_init_container(container, pod);
  spec.not_simulated({"activeDeadlineSeconds",
                      "affinity",
                      "automountServiceAccountToken",
                      "dnsConfig",
                      "dnsPolicy",
                      "enableServiceLinks",
                      "ephemeralContainers",
                      "hostAliases",
                      "hostIPC",
                      "hostNetwork",
                      "hostPID",
                      "hostUsers",
                      "hostname",
                      "imagePullSecrets",
                      "nodeName",
                      "nodeSelector",
                      "os",
                      "overhead",
                      "preemptionPolicy",
                      "priority",
                      "priorityClassName",
                      "readinessGates",
                      "resourceClaims",
                      "runtimeClassName",
                      "schedulerName",
                      "schedulingGates",
                      "securityContext",
                      "serviceAccount",
                      "serviceAccountName",
                      "setHostnameAsFQDN",
                      "shareProcessNamespace",
                      "subdomain",
                      "tolerations",
                      "topologySpreadConstraints",
                      "volumes"});
  spec.finish();
}

void read_template(ManifestMap& spec, DeploymentSpec& out) {
  ManifestMap pod = spec.map("template");
  ManifestMap metadata = pod.map("metadata");
  out.labels = metadata.texts("labels");
  metadata.not_simulated({"annotations", "name", "namespace"});
  metadata.from_server({"creationTimestamp"});
  metadata.finish();
  ManifestMap pod_spec = pod.map("spec");
  read_pod_spec(pod_spec, out.pod);
  pod.finish();
}

DeploymentSpec read_deployment(ManifestMap& root) {
  DeploymentSpec out;
  out.name = read_name(root);
  ManifestMap spec = root.map("spec");
  out.replicas = spec.whole("replicas").value_or(out.replicas);
  constexpr int kMostReplicas = 10000;
  if (out.replicas > kMostReplicas)
    spec.error("replicas", std::to_string(out.replicas) + " pods are too many (at most 10000)");
  read_template(spec, out);
  read_selector(spec, out);
  read_strategy(spec, out);
  out.min_ready = spec.seconds("minReadySeconds").value_or(out.min_ready);
  const int deadline = spec.whole("progressDeadlineSeconds").value_or(600);
  out.progress_deadline =
      deadline == kInt32Max ? kForever : Duration(std::chrono::seconds(deadline));
  if (out.progress_deadline <= out.min_ready)
    spec.error(
        "progressDeadlineSeconds",
        "Invalid value: " + std::to_string(deadline) + ": must be greater than minReadySeconds");
  out.revision_history_limit =
      spec.whole("revisionHistoryLimit").value_or(out.revision_history_limit);
  out.paused = spec.flag("paused").value_or(out.paused);
  spec.finish();
  root.from_server({"status"});
  root.finish();
  return out;
}

ServiceManifest read_service(ManifestMap& root) {
  ServiceManifest out;
  out.at = root.value().at;
  out.name = read_name(root);
  ManifestMap spec = root.map("spec");
  out.selector = spec.texts("selector");
  const auto choice = [&spec](const char* key, std::vector<std::string> allowed) {
    const std::string value = spec.text(key).value_or(allowed[0]);
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
    spec.error(key,
               "Unsupported value: \"" + value + "\": supported values: \"" +
                   join(allowed, "\", \"") + "\"");
    return allowed[0];
  };
  const std::string type =
      choice("type", {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"});
  if (type != "ClusterIP") spec.warn_not_simulated("type", type);
  if (choice("sessionAffinity", {"None", "ClientIP"}) == "ClientIP")
    spec.warn_not_simulated("sessionAffinity", "ClientIP");
  for (const char* policy : {"internalTrafficPolicy", "externalTrafficPolicy"})
    if (choice(policy, {"Cluster", "Local"}) == "Local") spec.warn_not_simulated(policy, "Local");
  if (spec.flag("publishNotReadyAddresses").value_or(false))
    spec.warn_not_simulated("publishNotReadyAddresses");
  spec.not_simulated({"clusterIP"}, "requests go through one proxy");
  spec.not_simulated({"ports",
                      "clusterIPs",
                      "externalIPs",
                      "externalName",
                      "allocateLoadBalancerNodePorts",
                      "healthCheckNodePort",
                      "ipFamilies",
                      "ipFamilyPolicy",
                      "loadBalancerClass",
                      "loadBalancerIP",
                      "loadBalancerSourceRanges",
                      "sessionAffinityConfig",
                      "trafficDistribution",
                      "topologyKeys"});
  spec.finish();
  root.from_server({"status"});
  root.finish();
  return out;
}

/// Kinds that the design knows and a later form of the program will read.
bool planned(const std::string& kind) {
  static const std::vector<std::string> kKinds{"HorizontalPodAutoscaler",
                                               "PodDisruptionBudget",
                                               "VirtualService",
                                               "DestinationRule",
                                               "HTTPRoute",
                                               "Canary",
                                               "MetricTemplate",
                                               "AlertProvider",
                                               "Rollout",
                                               "AnalysisTemplate",
                                               "ClusterAnalysisTemplate",
                                               "Experiment"};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

}  // namespace

void read_manifest(const Value& document,
                   Manifests& manifests,
                   Diagnostics& diagnostics,
                   std::vector<ManifestField>* asked) {
  if (!document.is_map()) {
    diagnostics.error(document.at, "expected a manifest (a map), found " + document.describe());
    return;
  }
  ManifestMap root(document, "", diagnostics, asked);
  const std::string version = root.text("apiVersion").value_or("");
  const std::string kind = root.text("kind").value_or("");
  if (version == "apps/v1" && kind == "Deployment") {
    manifests.deployments.push_back({read_deployment(root), document.at});
    return;
  }
  if (version == "v1" && kind == "Service") {
    manifests.services.push_back(read_service(root));
    return;
  }
  if (version == "monitoring.coreos.com/v1" && kind == "PrometheusRule") {
    manifests.rules.push_back(document);
    return;
  }
  const std::string known =
      "known: apps/v1 Deployment, v1 Service, monitoring.coreos.com/v1 PrometheusRule";
  if (version.empty() || kind.empty())
    diagnostics.error(
        document.at,
        std::string("the document has no ") + (!kind.empty()      ? "apiVersion"
                                               : !version.empty() ? "kind"
                                                                  : "apiVersion and kind"),
        {},
        known);
  else if (kind == "Deployment" || kind == "Service" || kind == "PrometheusRule")
    diagnostics.error(document.find("apiVersion")->at,
                      "apiVersion " + version + " of " + kind + " is not known",
                      {},
                      known);
  else if (planned(kind))
    diagnostics.error(document.find("kind")->at, kind + " is not supported yet", {}, known);
  else
    diagnostics.error(
        document.find("kind")->at,
        version + " " + kind + " is not a known kind",
        did_you_mean(kind, std::vector<std::string>{"Deployment", "Service", "PrometheusRule"}),
        known);
}

Manifests read_manifest_file(const std::filesystem::path& path,
                             const Position& wanted_at,
                             Diagnostics& diagnostics) {
  Manifests manifests;
  const auto text = read_text_file(path, kMostYamlBytes, wanted_at, diagnostics);
  if (!text) return manifests;
  const std::size_t before = diagnostics.errors();
  const std::vector<Value> documents = read_yaml(path.string(), *text, diagnostics);
  if (documents.empty() && diagnostics.errors() == before)
    diagnostics.error(whole_file(path.string()), "the file has no documents");
  for (const Value& document : documents) read_manifest(document, manifests, diagnostics);
  manifests.text = *text;
  return manifests;
}

}  // namespace coalmine
