#include "sim/faults/catalogue.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

struct Loaded {
  std::shared_ptr<const Fault> fault;
  Diagnostics diagnostics;
};

Loaded load(const std::string& key, const std::string& text) {
  Loaded result;
  const Value value = parse_flow(text, {SourceText::make("t", text), 1, 1, 1}, result.diagnostics);
  for (const FaultType& type : fault_catalogue())
    if (type.key == key)
      if (auto fault = type.load(value, result.diagnostics)) result.fault = *fault;
  return result;
}

VersionEffects install(const Fault& fault) {
  VersionEffects effects;
  FaultTarget target{effects, {kTimeZero, kNever, {}}, [](std::string_view what) {
                       return RandomKey{what.size()};
                     }};
  fault.install(target);
  return effects;
}

}  // namespace

TEST_CASE("every fault of the catalogue installs its effect", "[faults]") {
  const auto error = load("errorRate", "{p: 2%}");
  REQUIRE(error.fault);
  CHECK(error.fault->type() == "errorRate");
  REQUIRE(install(*error.fault).errors.size() == 1);
  CHECK(install(*error.fault).errors[0].p == 0.02);
  const auto latency = load("latency", "{factor: 2, shift: 30ms}");
  REQUIRE(latency.fault);
  CHECK(install(*latency.fault).latencies.at(0).factor == 2);
  CHECK(install(*latency.fault).latencies.at(0).shift == Duration(30ms));
  const auto crash = load("crashOnStart", "{p: 50%, after: 2s}");
  REQUIRE(crash.fault);
  CHECK(install(*crash.fault).crashes.at(0).p == 0.5);
  CHECK(install(*crash.fault).crashes.at(0).after == Duration(2s));
  const auto lie = load("readinessLie", "{for: 20s}");
  REQUIRE(lie.fault);
  CHECK(install(*lie.fault).lies.at(0).lasts == Duration(20s));
}

TEST_CASE("every fault has the common keys", "[faults]") {
  const auto loaded = load(
      "errorRate", "{p: 1%, at: 20m, until: 25m, ramp: 1m, on: {service: payment, version: v1}}");
  REQUIRE(loaded.fault);
  const FaultCommon& common = loaded.fault->common;
  CHECK(common.at == Duration(20min));
  CHECK(common.until == Duration(25min));
  CHECK(common.ramp == Duration(1min));
  CHECK(common.on_service == "payment");
  CHECK(common.on_version == "v1");
  for (const FaultType& type : fault_catalogue()) {
    const auto keys = type.table->keys();
    for (const char* key : {"at", "until", "ramp", "on"})
      CHECK(std::count(keys.begin(), keys.end(), key) == 1);
  }
}

TEST_CASE("the settings of faults are checked", "[faults]") {
  const std::vector<std::array<std::string, 3>> cases{
      {"errorRate", "{}", "errorRate needs the key p"},
      {"errorRate", "{p: 101%}", "p: 101% is out of range"},
      {"errorRate", "{p: 1%, at: 5m, until: 5m}", "until: the fault would end before it begins"},
      {"latency", "{}", "latency changes nothing: give factor or shift"},
      {"latency", "{factor: 0}", "factor: 0 is out of range"},
      {"crashOnStart", "{after: -1s}", "after: -1s is negative"},
      {"readinessLie", "{for: 0s}", "for: 0s is out of range"},
      {"readinessLie", "{fro: 1s}", "fro is not a key of readinessLie"}};
  for (const auto& [key, text, message] : cases) {
    INFO(key << text);
    const Loaded loaded = load(key, text);
    CHECK_FALSE(loaded.fault);
    REQUIRE(loaded.diagnostics.has_errors());
    CHECK(loaded.diagnostics.sorted()[0].message == message);
  }
}
