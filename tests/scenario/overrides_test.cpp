#include "sim/scenario/overrides.h"

#include <catch2/catch.hpp>

#include "sim/faults/catalogue.h"
#include "sim/scenario/reference.h"
#include "sim/scenario/sections.h"
#include "sim/scenario/yaml_reader.h"
#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

const std::string kScenario = kHead + R"(service: {name: checkout, calls: [{service: payment}]}
services: [{name: payment}]
release: {faults: [{errorRate: {p: 2%}}]}
objectives: [{latency: 300ms}]
onCall: none
strategies: [recreate, {canary: {name: timid}}, {canary: {}}]
)";

}  // namespace

TEST_CASE("an override changes one value, wherever it stands", "[scenario][overrides]") {
  const LoadResult result = load(kScenario,
                                 {"traffic.rate=7/s",
                                  "service.pod.queue=10",
                                  "service.calls[payment].perRequest=2",
                                  "services[payment].replicas=3",
                                  "objectives[0].target=95%",
                                  "strategies[timid].interval=1m",
                                  "strategies[canary].interval=3m",
                                  "strategies[2].steps=[1%, 2%]",
                                  "release.faults[errorRate].p=50%",
                                  "release.faults[0].errorRate.ramp=1s",
                                  "service.response={p50: 1ms, p99: 2ms}",
                                  "onCall.respond=5m"});
  CHECK(brief(result.diagnostics) == "1:15: there is no element payment among 1\n");
  const LoadResult good = load(kScenario,
                               {"traffic.rate=7/s",
                                "service.pod.queue=10",
                                "service.calls[0].perRequest=2",
                                "services[payment].replicas=3",
                                "objectives[0].target=95%",
                                "strategies[timid].interval=1m",
                                "strategies[canary-out].interval=3m",
                                "strategies[2].steps=[1%, 2%]",
                                "release.faults[errorRate].p=50%",
                                "release.faults[0].errorRate.ramp=1s",
                                "service.response={p50: 1ms, p99: 2ms}",
                                "onCall.respond=5m"});
  CHECK(good.diagnostics.text().empty());
  REQUIRE(good.scenario);
  const Scenario& s = *good.scenario;
  CHECK(s.traffic.rate == 7);
  CHECK(s.service.pod.queue == 10);
  CHECK(s.service.calls[0].per_request == 2);
  CHECK(s.services[0].deployment.replicas == 3);
  CHECK(s.objectives[0].target == 0.95);
  CHECK(dynamic_cast<const StepStrategy&>(*s.strategies[1].strategy).plan.interval ==
        Duration(1min));
  CHECK(dynamic_cast<const StepStrategy&>(*s.strategies[2].strategy).plan.interval ==
        Duration(3min));
  CHECK(dynamic_cast<const StepStrategy&>(*s.strategies[2].strategy).plan.steps.size() == 2);
  CHECK(s.release.faults[0]->common.ramp == Duration(1s));
  CHECK(s.on_call.present);
}

TEST_CASE("a wrong override is an error that points into the argument", "[scenario][overrides]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"traffic.rate", "1:1: an override is written PATH=VALUE\n"},
      {"=3", "1:1: an override is written PATH=VALUE\n"},
      {"trafic.rate=1/s", "1:1: trafic is not a key of scenario\n"},
      {"traffic.rate=5", "1:14: rate: 5 has no unit; write 5/s\n"},
      {"traffic.rate=", "1:14: rate: has no value; expected a rate\n"},
      {"traffic..rate=1/s", "1:9: the path has an empty key\n"},
      {"services[7].replicas=1", "1:10: there is no element 7 among 1\n"},
      {"strategies[tmid].interval=1m", "1:12: there is no element tmid among 3\n"},
      {"strategies[timid.interval=1m", "1:11: the bracket is not closed\n"},
      {"traffic[0]=1", "1:9: [0] asks for an element, but the file has no list here\n"},
      {"services.name=x", "1:10: name asks for a key, but before it stands a list\n"},
      {"kind=Sweep", "1:6: kind Sweep is not known\n"},
      {"apiVersion=v2", "1:12: apiVersion v2 is not known\n"},
      {"metadata.name=a\xff", "1:16: not text in UTF-8 (byte 15)\n"},
      {"strategies[timid].intervall=1m", "1:19: intervall is not a key of canary\n"}};
  for (const auto& [text, found] : cases) {
    INFO(text);
    const LoadResult result = load(kScenario, {text});
    CHECK_FALSE(result.scenario);
    CHECK(brief(result.diagnostics) == found);
    CHECK(result.diagnostics.sorted().at(0).file == "--set");
  }
}

TEST_CASE("every key of every table has a path that --set reaches", "[scenario][overrides]") {
  // A value no kind but text takes: a known key answers for itself, an unknown one by its name.
  const StrategyCatalogue strategies = catalogue();
  const Section<ScenarioDraft> table = scenario_table(strategies);
  const auto paths = settable_paths(table);
  CHECK(paths.size() > 120);
  std::string faults;
  for (const FaultType& type : fault_catalogue())
    faults += (faults.empty() ? "" : ", ") + type.key + ": {}";
  const std::string everything = kHead +
                                 R"(service: {name: a, calls: [{service: b}], metrics: [envoy]}
services: [{name: b, calls: [{service: c}], metrics: [envoy]}, {name: c}]
traffic: {segments: [{name: s, share: 1%}], points: [[0s, 1/s]]}
release: {faults: [)" + faults + R"(]}
faults: [)" + faults + R"(]
objectives: [{availability: 99%}]
strategies: [recreate: {}, canary: {}]
)";
  for (const SettablePath& settable : paths) {
    std::string path = settable.path;
    for (std::size_t n = path.find("[N]"); n != std::string::npos; n = path.find("[N]"))
      path[n + 1] = '0';
    INFO(path);
    Diagnostics diagnostics;
    Value root = read_yaml("s.yaml", everything, diagnostics).at(0);
    apply_overrides(root, {path + "=@"}, strategies, diagnostics);
    ScenarioDraft draft;
    table.load(draft, root, diagnostics);
    bool unknown = false, answered = false;
    for (const Diagnostic& d : diagnostics.sorted()) {
      if (d.file != "--set") continue;
      unknown = unknown || d.message.find("is not a key of") != std::string::npos ||
                d.message.find("no element") != std::string::npos ||
                d.message.find("asks for") != std::string::npos;
      answered = answered || d.message.find(settable.field->key) != std::string::npos;
    }
    CHECK_FALSE(unknown);
    const ValueKind kind = settable.field->type.kind;
    if (kind != ValueKind::text && kind != ValueKind::section) CHECK(answered);
  }
}
