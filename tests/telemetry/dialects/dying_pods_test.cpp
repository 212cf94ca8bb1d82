// A leak that kills its process again and again, as Kubernetes, the node and the JVM tell it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>

#include "sim/scenario/load.h"
#include "sim/scenario/world.h"
#include "sim/telemetry/promql/query.h"
#include "strategies/registry.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

// 1 MiB a second from 40 MiB to the limit of 100 MiB: dead after a minute, whatever else it does.
constexpr const char* kScenario = R"(apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: leak, namespace: test}
duration: 20m
service:
  name: shop
  replicas: 2
  pod: {memory: 50Mi, start: 2s}
  metrics: [kube, cadvisor, micrometer-spring]
faults: [{memoryLeak: {base: 40Mi, perSecond: 1Mi, limit: 100Mi, at: 2m}}]
traffic: {rate: 20/s}
release: {at: 19m}
)";

constexpr double kMi = 1024.0 * 1024;

class LeakingWorld {
 public:
  LeakingWorld()
      : scenario_(load_scenario_text("leak.yaml", kScenario, ".", all_strategies()).value()),
        world_(*scenario_, keeping_everything()) {}

  /// The one number a query gives at that instant; NaN where there is none.
  double at(Duration time, const std::string& query) {
    world_.simulation.advance_to(std::max(world_.simulation.now(), kTimeZero + time));
    const promql::Value value =
        promql::Query::parse(query).instant(world_.store, to_timestamp(kTimeZero + time));
    return value.series.size() == 1 ? value.series.front().points.front().value : std::nan("");
  }

 private:
  static WorldSpec keeping_everything() {
    WorldSpec spec;
    spec.keeps_everything = true;
    return spec;
  }
  std::shared_ptr<const Scenario> scenario_;  // first: the world refers to it
  World world_;
};

}  // namespace

TEST_CASE("a leak shows in memory, in restarts and in their reason") {
  LeakingWorld world;
  const std::string heap = "jvm_memory_used_bytes{area=\"heap\"}";
  CHECK(world.at(1min, "max(" + heap + ")") == 50 * kMi);
  CHECK(world.at(1min, "sum(kube_pod_container_status_restarts_total)") == 0);
  CHECK(std::isnan(world.at(1min, "sum(kube_pod_container_status_last_terminated_reason)")));

  // Half a minute in, the leak has come to 70 MiB; the node looks up to ten seconds later.
  const double half = world.at(150s, "max(" + heap + ")");
  CHECK(half > 54 * kMi);
  CHECK(half <= 70 * kMi);
  CHECK(world.at(150s, "max(container_memory_working_set_bytes{container!=\"\"})") > 50 * kMi);

  CHECK(world.at(6min, "sum(kube_pod_container_status_restarts_total)") >= 4);
  CHECK(world.at(6min,
                 "sum(kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"})") ==
        2);
  CHECK(world.at(6min, "max(max_over_time(" + heap + "[5m]))") <= 100 * kMi);
  CHECK(world.at(6min, "max(container_oom_events_total{container!=\"\"})") >= 1);
  // From the second crash on it waits to be started again, the longer the more it has crashed.
  CHECK(world.at(
            10min,
            "count(max_over_time("
            "kube_pod_container_status_waiting_reason{reason=\"CrashLoopBackOff\"}[8m]) >= 1)") ==
        2);
  CHECK(world.at(10min, "max(process_uptime_seconds)") < 120);
  CHECK(world.at(10min, "max(process_uptime_seconds offset 9m)") > 86400);
}

}  // namespace coalmine
