/// Rules and texts: specs/kubernetes.md section 1.
#include "sim/scenario/manifests.h"

#include <catch2/catch.hpp>

#include "sim/scenario/yaml_reader.h"
#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

struct Read {
  Manifests manifests;
  Diagnostics diagnostics;
};

Read read(const std::string& text, bool strict = false) {
  Read result{{}, Diagnostics(strict)};
  for (const Value& document : read_yaml("m.yaml", text, result.diagnostics))
    read_manifest(document, result.manifests, result.diagnostics);
  return result;
}

/// A Deployment with these further lines of spec, of the pod's spec and of its container.
std::string deployment(const std::string& spec,
                       const std::string& pod = "",
                       const std::string& container = "") {
  std::string text =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec:\n";
  if (!pod.empty()) text += "      " + pod + "\n";
  text += "      containers:\n      - name: web\n        image: web:1\n";
  if (!container.empty()) text += "        " + container + "\n";
  if (!spec.empty()) text += "  " + spec + "\n";
  return text;
}

std::string messages(const Read& read) {
  std::string out;
  for (const Diagnostic& d : read.diagnostics.sorted())
    out += (d.severity == Severity::error ? "error: " : "warning: ") + d.message + "\n";
  return out;
}

std::string errors(const Read& read) {
  std::string out;
  for (const Diagnostic& d : read.diagnostics.sorted())
    if (d.severity == Severity::error) out += d.message + "\n";
  return out;
}

DeploymentSpec good(const std::string& text) {
  const Read result = read(text);
  CHECK(errors(result).empty());
  REQUIRE(result.manifests.deployments.size() == 1);
  return result.manifests.deployments[0].spec;
}

}  // namespace

TEST_CASE("a Deployment gets the API server's defaults", "[scenario][manifests]") {
  const DeploymentSpec d = good(deployment(""));
  CHECK(d.name == "web");
  CHECK(d.replicas == 1);
  CHECK(d.strategy == DeploymentStrategy::rolling_update);
  CHECK(d.max_surge == IntOrPercent{25, true});
  CHECK(d.max_unavailable == IntOrPercent{25, true});
  CHECK(d.progress_deadline == Duration(600s));
  CHECK(d.revision_history_limit == 10);
  CHECK(d.pod.termination_grace == Duration(30s));
  CHECK_FALSE(d.pod.readiness.present);
  CHECK(d.pod.image_present);  // a tag that is not latest: IfNotPresent
}

TEST_CASE("every field of a Deployment that is checked is read", "[scenario][manifests]") {
  const DeploymentSpec d = good(deployment(
      "replicas: 4\n  minReadySeconds: 3\n  progressDeadlineSeconds: 60\n  revisionHistoryLimit: "
      "2\n  paused: true\n  strategy: {rollingUpdate: {maxSurge: 2, maxUnavailable: \"10%\"}}",
      "terminationGracePeriodSeconds: 45\n      initContainers: [{name: i}]",
      "readinessProbe: {httpGet: {path: /}, initialDelaySeconds: 5, periodSeconds: 7, "
      "timeoutSeconds: 2, successThreshold: 2, failureThreshold: 4}\n"
      "        livenessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 9}\n"
      "        lifecycle: {preStop: {exec: {command: [sh, -c, sleep 10]}}}\n"
      "        imagePullPolicy: Always\n"
      "        resources: {requests: {cpu: 100m}, limits: {cpu: 2, memory: 512Mi}}"));
  CHECK(d.replicas == 4);
  CHECK(d.min_ready == Duration(3s));
  CHECK(d.progress_deadline == Duration(60s));
  CHECK(d.revision_history_limit == 2);
  CHECK(d.paused);
  CHECK(d.max_surge == IntOrPercent{2, false});
  CHECK(d.max_unavailable == IntOrPercent{10, true});
  CHECK(d.pod.termination_grace == Duration(45s));
  CHECK(d.pod.init_containers == 1);
  CHECK(d.pod.readiness.initial_delay == Duration(5s));
  CHECK(d.pod.readiness.period == Duration(7s));
  CHECK(d.pod.readiness.timeout == Duration(2s));
  CHECK(d.pod.readiness.success_threshold == 2);
  CHECK(d.pod.readiness.failure_threshold == 4);
  CHECK(d.pod.liveness.grace == Duration(9s));
  CHECK(d.pod.pre_stop == Duration(10s));
  CHECK_FALSE(d.pod.image_present);
  CHECK(d.pod.cpu_request == 100);
  CHECK(d.pod.cpu_limit == 2000);
  CHECK(d.pod.memory_request == 536870912);  // a missing request takes the limit
  CHECK(d.pod.process_memory_limit == 536870912);
  CHECK(good(deployment("progressDeadlineSeconds: 2147483647")).progress_deadline == kForever);
  CHECK(good(deployment("strategy: {type: Recreate}")).strategy == DeploymentStrategy::recreate);
  CHECK(good(deployment("", "", "lifecycle: {preStop: {sleep: {seconds: 5}}}")).pod.pre_stop ==
        Duration(5s));
}

TEST_CASE("a Deployment that the API server refuses is refused with its words",
          "[scenario][manifests]") {
  const auto limits = [](const std::string& keys) {
    return deployment("strategy: {rollingUpdate: {" + keys + "}}");
  };
  const auto probe = [](const std::string& kind, const std::string& keys) {
    return deployment("", "", kind + ": {exec: {command: [x]}, " + keys + "}");
  };
  const std::string container = "spec.template.spec.containers[0]";
  const std::vector<std::pair<std::string, std::string>> cases{
      {deployment("replicas: -1"),
       "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
      {deployment("replicas: many"), "spec.replicas: expected a whole number, found many"},
      {deployment("replicas: \"3\""), "spec.replicas: expected a whole number, found 3"},
      {deployment("replicas: 1000000"), "spec.replicas: 1000000 pods are too many (at most 10000)"},
      {deployment("replicas: 1e308"), "spec.replicas: expected a whole number, found 1e308"},
      {deployment("strategy: {type: Rolling}"),
       "spec.strategy.type: Unsupported value: \"Rolling\": supported values: \"Recreate\", "
       "\"RollingUpdate\""},
      {deployment("strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}"),
       "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
       "'Recreate'"},
      {limits("maxSurge: \"2\""),
       "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"2\": a valid percent string must be "
       "a numeric string followed by an ending '%' (e.g. '1%', or '93%')"},
      {limits("maxSurge: -1"),
       "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to "
       "0"},
      {limits("maxUnavailable: 101%"),
       "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater "
       "than 100%"},
      {limits("maxSurge: 0, maxUnavailable: \"0%\""),
       "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` "
       "is 0"},
      {deployment("minReadySeconds: 600"),
       "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"},
      {deployment("", "restartPolicy: Never"),
       "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: "
       "\"Always\""},
      {probe("livenessProbe", "successThreshold: 2"),
       container + ".livenessProbe.successThreshold: Invalid value: 2: must be 1"},
      {probe("readinessProbe", "terminationGracePeriodSeconds: 5"),
       container + ".readinessProbe.terminationGracePeriodSeconds: Invalid value: must not be set "
                   "for readinessProbes"},
      {probe("livenessProbe", "terminationGracePeriodSeconds: 0"),
       container +
           ".livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than "
           "0"},
      {probe("startupProbe", "periodSeconds: -1"),
       container + ".startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal "
                   "to 0"},
      {deployment("", "", "livenessProbe: {periodSeconds: 5}"),
       container + ".livenessProbe: Required value: must specify a handler type"},
      {deployment("", "initContainers: [{image: i:1}]"),
       "spec.template.spec.initContainers[0].name: Required value"},
      {deployment("", "", "imagePullPolicy: Sometimes"),
       container + ".imagePullPolicy: Unsupported value: \"Sometimes\": supported values: "
                   "\"Always\", \"IfNotPresent\", \"Never\""},
      {deployment("", "", "resources: {limits: {cpu: lots}}"),
       container + ".resources.limits.cpu: lots is not an amount of CPU such as 100m or 1.5"},
      {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {selector: {}, template: "
       "{metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}",
       "spec.selector: Invalid value: empty selector is invalid for deployment"},
      {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {selector: {matchLabels: "
       "{a: c}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}",
       "spec.selector: spec.template.metadata.labels: `selector` does not match template `labels`"},
      {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {selector: "
       "{matchExpressions: [{key: a, operator: Inn, values: [b]}]}, template: {metadata: {labels: "
       "{a: b}}, spec: {containers: [{name: c}]}}}",
       "spec.selector.matchExpressions[0].operator: Invalid value: \"Inn\": not a valid selector "
       "operator"},
      {"apiVersion: apps/v1\nkind: Deployment\nspec: {selector: {matchLabels: {a: b}}, template: "
       "{metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}",
       "metadata.name: Required value"}};
  for (const auto& [text, message] : cases) {
    INFO(text);
    CHECK(errors(read(text)) == message + "\n");
  }
}

// That this is so of every field: tests/experiment/manifest_fields_test.cpp.
TEST_CASE("fields that are checked but change nothing are named", "[scenario][manifests]") {
  const std::string container = "spec.template.spec.containers[0]";
  CHECK(messages(read(deployment("", "", "resources: {requests: {cpu: 100m}}"))) ==
        "warning: " + container +
            ".resources.requests is not simulated: nodes have room for everything\n");
  CHECK(messages(read(deployment("", "", "resources: {limits: {cpu: 1, memory: 1Gi}}"))) ==
        "warning: " + container +
            ".resources.limits.cpu is not simulated: nodes have CPU for everything\n");
  CHECK(messages(
            read(deployment("", "", "readinessProbe: {httpGet: {path: /}, timeoutSeconds: 2}"))) ==
        "warning: " + container +
            ".readinessProbe.timeoutSeconds is not simulated: a probe without an answer fails at "
            "once\nwarning: " +
            container +
            ".readinessProbe.httpGet is not simulated: however it asks, it succeeds when the "
            "process takes connections\n");
  CHECK(messages(read(deployment("strategy: {type: Recreate}"))) ==
        "warning: spec.strategy.type is not simulated: how pods are replaced is up to the "
        "scenario's strategies\n");
}

TEST_CASE("an init container adds a start, and a pull of its image; a sidecar is left out",
          "[scenario][manifests]") {
  const auto pod = [](const std::string& container) {
    return good(deployment("", "initContainers: [{name: i, " + container + "}]")).pod;
  };
  CHECK(pod("image: i:1").init_containers == 1);
  CHECK(pod("image: i:1").image_present);
  CHECK_FALSE(pod("image: i:latest").image_present);
  CHECK_FALSE(pod("image: i:1, imagePullPolicy: Always").image_present);
  CHECK(pod("image: i, restartPolicy: Always").init_containers == 0);
  CHECK(pod("image: i, restartPolicy: Always").image_present);
  const std::string init = "spec.template.spec.initContainers[0]";
  CHECK(messages(read(deployment(
            "",
            "initContainers: [{name: i, image: i:1, comand: [x], env: [], restartPolicy: "
            "Always}]"))) == "warning: " + init +
                                 ".restartPolicy is not simulated: a sidecar is left out\n"
                                 "warning: " +
                                 init + ".env is not simulated\nwarning: " + init +
                                 ".comand is not a known field\n");
}

TEST_CASE("maxSurge 0 with maxUnavailable 1% is allowed, whatever it rounds to",
          "[scenario][manifests]") {
  good(deployment("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1%}}"));
}

TEST_CASE("fields that change nothing are named, unknown ones with the nearest known",
          "[scenario][manifests]") {
  const std::string text = deployment("replica: 3", "affinity: {}", "env: [{name: A, value: b}]");
  const Read lenient = read(text);
  CHECK_FALSE(lenient.diagnostics.has_errors());
  CHECK(messages(lenient) ==
        "warning: spec.template.spec.affinity is not simulated\n"
        "warning: spec.template.spec.containers[0].env is not simulated\n"
        "warning: spec.replica is not a known field\n");
  CHECK(lenient.diagnostics.sorted()[2].hint == "did you mean replicas?");
  CHECK(read(text, true).diagnostics.errors() == 3);
}

TEST_CASE("only kinds we read are accepted", "[scenario][manifests]") {
  const auto first = [](const std::string& text) { return messages(read(text)); };
  CHECK(first("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n") ==
        "error: HorizontalPodAutoscaler is not supported yet\n");
  CHECK(first("apiVersion: v1\nkind: Pod\n") == "error: v1 Pod is not a known kind\n");
  CHECK(first("apiVersion: apps/v1beta1\nkind: Deployment\n") ==
        "error: apiVersion apps/v1beta1 of Deployment is not known\n");
  CHECK(first("a: b\n") == "error: the document has no apiVersion and kind\n");
  CHECK(first("- 1\n") == "error: expected a manifest (a map), found a list\n");
}

TEST_CASE("a Service tells which pods it selects", "[scenario][manifests]") {
  const Read result = read(
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
      "spec: {selector: {app: web}, sessionAffinity: ClientIP, type: Loadbalancer}\n");
  CHECK(result.manifests.services.at(0).selector.at("app") == "web");
  CHECK(messages(result) ==
        "error: spec.type: Unsupported value: \"Loadbalancer\": supported values: \"ClusterIP\", "
        "\"NodePort\", \"LoadBalancer\", \"ExternalName\"\n"
        "warning: spec.sessionAffinity is not simulated: ClientIP\n");
  CHECK(messages(read("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
                      "spec: {selector: {app: web}, type: NodePort, clusterIP: None}\n")) ==
        "warning: spec.type is not simulated: NodePort\n"
        "warning: spec.clusterIP is not simulated: requests go through one proxy\n");
}

TEST_CASE("the shared podinfo manifests are read", "[scenario][manifests]") {
  const auto folder = shared_folder() / "manifests";
  if (!std::filesystem::exists(folder)) {
    WARN("SKIP: the shared folder is not here");
    return;
  }
  Diagnostics diagnostics;
  const Manifests podinfo = read_manifest_file(folder / "podinfo-deployment.yaml", {}, diagnostics);
  CHECK_FALSE(diagnostics.has_errors());
  REQUIRE(podinfo.deployments.size() == 1);
  const DeploymentSpec& d = podinfo.deployments[0].spec;
  CHECK(d.min_ready == Duration(3s));
  CHECK(d.progress_deadline == Duration(60s));
  CHECK(d.pod.readiness.timeout == Duration(5s));
  CHECK(d.pod.cpu_limit == 2000);
  CHECK(read_manifest_file(folder / "podinfo-service.yaml", {}, diagnostics).services.size() == 1);
  CHECK_FALSE(diagnostics.has_errors());
  CHECK_FALSE(validate_file(folder / "podinfo-deployment.yaml", catalogue()).has_errors());
  CHECK(validate_file(folder / "podinfo-deployment.yaml", catalogue(), {{}, true}).has_errors());
  CHECK(validate_file(folder / "podinfo-hpa.yaml", catalogue()).has_errors());
}
