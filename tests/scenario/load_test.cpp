#include "sim/scenario/load.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "sim/faults/error_rate.h"
#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

/// The example of the design, as far as it is read today.
const char* const kDesign = R"(apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: checkout-one-in-fifty, title: A checkout release that fails one request in fifty}
duration: 45m
seed: 11
service:
  name: checkout
  replicas: 12
  pod: {concurrency: 8, queue: 64, start: {p50: 8s, p99: 25s}, warmup: {for: 45s, slowdown: 2.5}}
  response: {p50: 40ms, p99: 250ms}
  calls: [{service: payment, perRequest: 1}]
  metrics: [istio, micrometer-spring]
services: [{name: payment, replicas: 6, response: {p50: 20ms, p99: 120ms}}]
traffic: {rate: 400/s, users: 50000}
release:
  version: v2
  at: 5m
  faults: [{errorRate: {p: 2%}}]
faults: [{latency: {factor: 3, at: 20m, until: 25m, on: {service: payment}}}]
objectives:
  - {availability: 99.9%, window: 30d}
  - {latency: 300ms, target: 95%, window: 30d}
onCall: {page: burnRate, respond: {p50: 10m, p99: 30m}, action: rollBack}
strategies:
  - recreate: {}
  - canary: {steps: [5%, 25%, 50%], interval: 2m, failureLimit: 2}
  - canary: {name: timid, steps: [1%, 5%], interval: 5m}
)";

}  // namespace

TEST_CASE("the design's scenario is read whole", "[scenario][load]") {
  const LoadResult result = load(kDesign);
  CHECK(result.diagnostics.text().empty());
  REQUIRE(result.scenario);
  const Scenario& s = *result.scenario;
  CHECK(s.name == "checkout-one-in-fifty");
  CHECK(s.duration == Duration(45min));
  CHECK(s.seed == 11);
  CHECK(s.service.deployment.replicas == 12);
  CHECK(s.service.pod.warmup_slowdown == 2.5);
  CHECK(s.service.pod.warmup_for == Duration(45s));
  CHECK(s.service.calls.at(0).service == "payment");
  CHECK(s.services.at(0).deployment.replicas == 6);
  CHECK(s.traffic.rate == 400);
  CHECK(s.release.at == Duration(5min));
  const auto* fault = dynamic_cast<const ErrorRate*>(s.release.faults.at(0).get());
  REQUIRE(fault != nullptr);
  CHECK(fault->p == 0.02);
  CHECK(s.faults.at(0)->common.on_service == "payment");
  CHECK(s.objectives.at(0).target == 0.999);
  CHECK(s.objectives.at(1).kind == Objective::Kind::latency);
  CHECK(s.objectives.at(1).target == 0.95);
  REQUIRE(s.strategies.size() == 3);
  CHECK(s.strategies[0].name == "recreate");
  CHECK(s.strategies[1].name == "canary-out");
  CHECK(s.strategies[2].name == "timid");
  const auto& timid = dynamic_cast<const StepStrategy&>(*s.strategies[2].strategy);
  CHECK(timid.plan.interval == Duration(5min));
  CHECK(timid.plan.failure_limit == 2);
}

TEST_CASE("everything but the service's name has a default", "[scenario][load]") {
  const LoadResult result = load(kSmall);
  CHECK(result.diagnostics.text().empty());
  REQUIRE(result.scenario);
  const Scenario& s = *result.scenario;
  CHECK(s.name == "s");
  CHECK(s.duration == Duration(45min));
  CHECK(s.service.deployment.replicas == 1);
  CHECK(s.service.deployment.pod.readiness.present);
  CHECK(s.service.pod.start.sigma > 0);
  CHECK(s.traffic.kind == TrafficSettings::Kind::constant);
  CHECK(s.objectives.size() == 1);
  CHECK(s.on_call.present);
  CHECK(s.network.proxy_apply.mean > 0.5);
  CHECK(s.strategies.size() == 2);
}

TEST_CASE("every form of traffic is read", "[scenario][load]") {
  using Kind = TrafficSettings::Kind;
  const auto traffic = [](const std::string& text) {
    const LoadResult result = load(kSmall + "traffic: " + text + "\n");
    CHECK(result.diagnostics.text().empty());
    REQUIRE(result.scenario);
    return result.scenario->traffic;
  };
  const auto points = traffic("{points: [[0s, 100/s], [10m, 900/s]]}");
  CHECK(points.kind == Kind::piecewise);
  CHECK(points.points.at(1) == std::pair<Duration, double>(10min, 900));
  const auto daily = traffic("{base: 100/s, peak: 400/s, period: 12h, peakAt: 6h}");
  CHECK(daily.kind == Kind::diurnal);
  CHECK(daily.peak_at == Duration(6h));
  const auto bursts = traffic("{bursts: {calm: 50/s, burst: 500/s, calmFor: 1m, burstFor: 5s}}");
  CHECK(bursts.kind == Kind::mmpp);
  CHECK(bursts.mmpp_rate[1] == 500);
  CHECK(bursts.mmpp_stay[0] == Duration(1min));
  const auto people = traffic(
      "{rate: 10/s, zipf: 0.8, sessions: {requests: 5, think: {p50: 3s, p99: 9s}}, timeout: 2s, "
      "segments: [{name: beta, share: 5%, headers: {x-beta: \"1\"}}]}");
  CHECK(people.session_requests == 5);
  CHECK(people.segments.at(0).headers.at("x-beta") == "1");
  CHECK(people.timeout == Duration(2s));
}

TEST_CASE("the human can be left out", "[scenario][load]") {
  const LoadResult result = load(kSmall + "onCall: none\n");
  REQUIRE(result.scenario);
  CHECK_FALSE(result.scenario->on_call.present);
}

TEST_CASE("the timeout of an inline probe is named, for it changes nothing", "[scenario][load]") {
  const LoadResult result =
      load(kHead + "service: {name: a, readiness: {period: 5s, timeout: 3s}, liveness: none}\n");
  CHECK(result.scenario);
  CHECK(brief(result.diagnostics) ==
        "3:53: readiness: timeout is not simulated: a probe without an answer fails at once\n");
}

TEST_CASE("a real Deployment may stand in the same file", "[scenario][load]") {
  const LoadResult result = load(kHead + R"(service: {name: checkout, replicas: 5}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout}
spec:
  replicas: 3
  minReadySeconds: 7
  selector: {matchLabels: {app: c}}
  template:
    metadata: {labels: {app: c}}
    spec: {containers: [{name: c, image: "c:1"}]}
)");
  CHECK(result.diagnostics.text().empty());
  REQUIRE(result.scenario);
  CHECK(result.scenario->service.deployment.replicas == 5);  // inline keys lie over the manifest
  CHECK(result.scenario->service.deployment.min_ready == Duration(7s));
}

TEST_CASE("the shared podinfo manifest and the load balancer's trace make a scenario",
          "[scenario][load]") {
  if (!std::filesystem::exists(shared_folder() / "manifests/podinfo-deployment.yaml")) {
    WARN("SKIP: the shared folder is not here");
    return;
  }
  const LoadResult result = load(kHead + R"(
service: {name: podinfo, manifest: manifests/podinfo-deployment.yaml, replicas: 12}
traffic: {trace: {file: data/nab_elb_request_count_5min.csv, from: 2h, scale: 2000}}
)",
                                 {},
                                 false,
                                 shared_folder());
  CHECK_FALSE(result.diagnostics.has_errors());
  REQUIRE(result.scenario);
  CHECK(result.scenario->service.deployment.replicas == 12);
  CHECK(result.scenario->service.deployment.max_unavailable == IntOrPercent{0, false});
  CHECK(result.scenario->traffic.kind == TrafficSettings::Kind::trace_counts);
  CHECK(result.scenario->traffic.trace.size() == 4032);
  CHECK(result.scenario->traffic.trace_bucket == Duration(5min));
}

TEST_CASE("a release fault that is over before the release begins is warned of",
          "[scenario][load]") {
  const auto warned = [](const std::string& fault) {
    const LoadResult result = load(kSmall + "release: {at: 5m, faults: [" + fault + "]}\n");
    REQUIRE(result.scenario);
    return brief(result.diagnostics);
  };
  CHECK(warned("errorRate: {p: 1%, until: 6m}").empty());
  CHECK(warned("errorRate: {p: 1%, until: 5m}") ==
        "4:54: until: the fault is over before the release begins: it harms nobody\n");
}

// So that a recording can be played again where its files are not.
TEST_CASE("a scenario carries all that it was made from", "[scenario][load]") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / "coalmine-scenario-source";
  const std::string manifest =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
      "spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, "
      "spec: {containers: [{name: a, image: a}]}}}\n";
  const std::string trace = "offset_s\n0\n1\n";
  const std::string text =
      "apiVersion: coalmine/v1alpha1\nkind: Scenario\n"
      "service: {name: a, manifest: deploy/a.yaml, calls: [{service: b}]}\n"
      "services: [{name: b, manifest: deploy/a.yaml}]\n"
      "traffic: {trace: {file: requests.csv, repeat: true}}\n";
  std::filesystem::create_directories(folder / "deploy");
  std::ofstream(folder / "deploy/a.yaml") << manifest;
  std::ofstream(folder / "requests.csv") << trace;
  const auto loaded = load(text, {"duration=6m", "seed=8"}, false, folder);
  std::filesystem::remove_all(folder);
  INFO(loaded.diagnostics.text());
  REQUIRE(loaded.scenario);
  const ScenarioSource& source = loaded.scenario->source;
  CHECK(source.text == text);
  CHECK(source.overrides == std::vector<std::string>{"duration=6m", "seed=8"});
  // By their names in the scenario, each once.
  REQUIRE(source.files.size() == 2);
  CHECK(source.files[0].name == "deploy/a.yaml");
  CHECK(source.files[0].text == manifest);
  CHECK(source.files[1].name == "requests.csv");
  CHECK(source.files[1].text == trace);
}
