#include "real_queries.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string_view>
#include <utility>

#include "sim/scenario/load.h"
#include "sim/telemetry/promql/query.h"
#include "strategies/registry.h"

namespace coalmine::test {
namespace {

using namespace std::chrono_literals;

const char* const kDeployment = R"(---
apiVersion: apps/v1
kind: Deployment
metadata: {name: podinfo}
spec:
  selector: {matchLabels: {app: podinfo}}
  template:
    metadata: {labels: {app: podinfo}}
    spec:
      containers:
        - name: podinfo
          image: podinfo:1
          resources: {requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 500m, memory: 256Mi}}
)";

/// What a user would have put where the manifest has a variable.
std::string filled_in(std::string query) {
  const std::pair<const char*, const char*> values[] = {
      {"reporter=\"v1\"", "reporter=\"destination\""},
      {"direction=\"v1\"", "direction=\"inbound\""},
      {"path=\"v1\"", "path=\"/podinfo\""},
      {"destination_service=~\"a1\"", "destination_service=~\"a1.test.svc.cluster.local\""},
      {"destination_service=\"x\"", "destination_service=\"podinfo.test.svc.cluster.local\""},
      {"namespace=\"x\"", "namespace=\"test\""},
      {"=~\"x\"", "=~\".+\""},
      {"=~ \"x\"", "=~ \".+\""},
      {"pod=~\"x.*\"", "pod=~\"podinfo.*\""},
  };
  for (const auto& [variable, value] : values)
    for (auto at = query.find(variable); at != std::string::npos; at = query.find(variable, at + 1))
      query.replace(at, std::string_view(variable).size(), value);
  return query;
}

promql::Value ask(const World& world, const std::string& query) {
  return promql::Query::parse(query).instant(world.store, to_timestamp(world.simulation.now()));
}

}  // namespace

std::vector<RealQuery> real_queries() {
  const std::filesystem::path root = COALMINE_SOURCE_DIR;
  std::vector<RealQuery> queries;
  for (const auto& place : {root / "../shared/data", root / "shared/data"}) {
    const std::filesystem::path file = place / "real-promql-queries.yaml";
    if (!queries.empty() || !std::filesystem::exists(file)) continue;
    for (const YAML::Node& entry : YAML::LoadFile(file.string())["queries"])
      if (entry["parses"].as<bool>())
        queries.push_back({entry["id"].as<std::string>(),
                           entry["family"].as<std::string>(),
                           filled_in(entry["query"].as<std::string>())});
  }
  return queries;
}

std::string real_scenario(const std::string& target_labels, bool behind) {
  const std::string all =
      "requestSize: 500, responseSize: 2000, metrics: [envoy, envoy-contour, envoy-gloo, "
      "envoy-knative, envoy-kuma, envoy-app-mesh, "
      "nginx-ingress, linkerd, micrometer-spring, go-http, kube, cadvisor]";
  return R"(apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: real, namespace: test}
duration: 20m
service: {name: )" +
         std::string(behind ? "wrk-tester, calls: [{service: a1}]" : "podinfo") +
         ", replicas: 3, " + all + R"(, distribution: {percentilesHistogram: true}}
)" + (behind ? "services: [{name: a1, replicas: 2, errorRate: 5%, " + all + "}]\n" : "") +
         R"(traffic: {rate: 50/s}
release: {at: 1m, faults: [{errorRate: {p: 20%}}]}
telemetry: {targetLabels: )" +
         target_labels + "}\n" + (behind ? "" : kDeployment);
}

CanaryWorld::CanaryWorld(const std::string& text) {
  LoadResult loaded = load_scenario_text("real.yaml", text, ".", all_strategies());
  INFO(loaded.diagnostics.text());
  REQUIRE(loaded.scenario);
  scenario_ = loaded.scenario;
  WorldSpec spec;
  spec.keeps_everything = true;
  world_ = std::make_unique<World>(*scenario_, spec);
  World& w = *world_;
  WorkloadSpec canary = w.workload;
  canary.deployment.name = scenario_->service.name + "-canary";
  canary.deployment.pod.version = w.new_version;
  w.simulation.advance_to(kTimeZero + 1min);
  const DeploymentId deployment = w.cluster->create_deployment(canary);
  const BackendId backend = w.cluster->create_backend(canary.deployment.name, {deployment});
  w.simulation.advance_to(kTimeZero + 2min);
  RouteTable routes = RouteTable::to(w.service_backend);
  routes.rules[0].backends.push_back({backend, 1});
  w.data_plane->set_routes(World::kReleased, routes);
  w.simulation.advance_to(kTimeZero + 10min);
}

bool CanaryWorld::answers(const std::string& query) const {
  const promql::Value value = ask(*world_, query);
  return value.type == promql::ValueType::scalar || !value.series.empty();
}

double CanaryWorld::number(const std::string& query) const {
  const promql::Value value = ask(*world_, query);
  REQUIRE(value.series.size() == 1);
  return value.series.front().points.front().value;
}

}  // namespace coalmine::test
