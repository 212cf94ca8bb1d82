/// Faults that change nothing where they stand: one warning each, at their place, with what would.
#include <catch2/catch.hpp>

#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

/// "line:column: message (hint)" of every warning about a scenario that loads.
std::string warned(const std::string& text) {
  const LoadResult result = load(text);
  INFO(result.diagnostics.text());
  CHECK(result.scenario);
  std::string out;
  for (const Diagnostic& d : result.diagnostics.sorted()) {
    CHECK(d.severity == Severity::warning);
    out += std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message + " (" +
           d.hint + ")\n";
  }
  return out;
}

std::string warned_of_release(const std::string& fault, const std::string& more = {}) {
  return warned(kSmall + "release:\n  faults:\n    - " + fault + "\n" + more);
}

std::string warned_elsewhere(const std::string& fault, const std::string& more = {}) {
  return warned(kSmall + "faults:\n  - " + fault + "\n" + more);
}

}  // namespace

TEST_CASE("a fault that changes nothing is warned of once, with what would",
          "[scenario][idle-faults]") {
  CHECK(warned_of_release("errorRate: {p: 0%}") ==
        "6:18: errorRate changes nothing (it would with p above 0%)\n");
  CHECK(warned_of_release("latency: {factor: 1}") ==
        "6:16: latency changes nothing (it would with a factor other than 1, or a shift)\n");
  CHECK(warned_of_release("memoryLeak: {perRequest: 1m, limit: 1Gi}") ==
        "6:19: memoryLeak changes nothing (it would with at least a byte perRequest or perSecond "
        "(1m is a thousandth of one, 1Mi a mebibyte))\n");
  CHECK(warned_elsewhere("metricsLate: {by: 0s}") ==
        "5:18: metricsLate changes nothing (it would with by above 0s)\n");
  // Over before the release as well: still one warning.
  CHECK(warned_of_release("errorRate: {p: 0%, until: 1m}") ==
        "6:18: errorRate changes nothing (it would with p above 0%)\n");
  CHECK(warned_of_release("errorRate: {p: 0.1%}").empty());
  CHECK(load(kSmall + "faults: [{errorRate: {p: 0%}}]\n", {}, true).diagnostics.has_errors());
}

TEST_CASE("a variant's faults and those of --set are looked at as well",
          "[scenario][idle-faults]") {
  CHECK(warned(kSmall + "release: {variants: {odd: [{slowStart: {slowdown: 1}}]}}\n") ==
        "4:40: slowStart changes nothing (it would with a slowdown above 1)\n");
  const LoadResult swept = load(kSmall + "faults: [{errorRate: {p: 1%}}]\n", {"faults[0].p=0%"});
  CHECK(brief(swept.diagnostics) == "4:22: errorRate changes nothing\n");
}

TEST_CASE("what changes nothing may depend on the rest of the scenario",
          "[scenario][idle-faults]") {
  // 45 min, released at 5 min.
  CHECK(warned_of_release("crashOnStart: {after: 39m}").empty());
  CHECK(warned_of_release("crashOnStart: {after: 40m}") ==
        "6:21: crashOnStart changes nothing (it would with an after below 40m, which is what the "
        "run has left)\n");
  CHECK(warned_elsewhere("crashOnStart: {after: 40m}").empty());
  CHECK(warned_of_release("loadBug: {aboveConcurrency: 7, p: 1%}").empty());
  CHECK(warned_of_release("loadBug: {aboveConcurrency: 8, p: 1%}") ==
        "6:16: loadBug changes nothing (it would with an aboveConcurrency below pod.concurrency, "
        "8)\n");
  CHECK(warned_of_release("loadBug: {aboveConcurrency: 8, aboveRate: 5/s, p: 1%}").empty());
  // From 85 % of the limit on garbage collection slows the work, without any growth.
  CHECK(warned_of_release("memoryLeak: {perRequest: 0, base: 90Mi, limit: 100Mi}").empty());
  CHECK_FALSE(warned_of_release("memoryLeak: {perRequest: 0, base: 80Mi, limit: 100Mi}").empty());
}

TEST_CASE("a fault that nobody can meet changes nothing", "[scenario][idle-faults]") {
  const std::string segments = "traffic: {segments: [{name: vip, share: 0%}]}\n";
  CHECK(warned_of_release("errorRate: {p: 1%, on: {segment: vip}}", segments) ==
        "6:18: errorRate changes nothing (it would with users in vip, whose share is 0%)\n");
  CHECK(warned_elsewhere("dependencyDown: {service: bank}",
                         "services: [{name: bank}, {name: pay, calls: [{service: bank}]}]\n") ==
        "5:21: dependencyDown changes nothing (it would with calls to bank: nothing reaches it)\n");
  CHECK(warned(kHead + "service: {name: a, calls: [{service: pay}]}\n"
                       "services: [{name: bank}, {name: pay, calls: [{service: bank}]}]\n"
                       "faults: [{dependencyDown: {service: bank}}]\n")
            .empty());
}

TEST_CASE("conversions are lost where there are any", "[scenario][idle-faults]") {
  const auto loads = [](const std::string& text) {
    return load(kSmall + text + "\n").scenario != nullptr;
  };
  const std::string loss = "faults: [{conversionLoss: {factor: 0.5}}]";
  CHECK_FALSE(loads("release: {" + loss + "}"));
  CHECK(loads("release: {conversion: 5%, " + loss + "}"));
  CHECK_FALSE(loads("traffic: {conversion: 5%}\nrelease: {conversion: 0%, " + loss + "}"));
  CHECK(loads("traffic: {conversion: 5%}\n" + loss));
  CHECK_FALSE(
      loads("release: {conversion: 5%}\n"
            "faults: [{conversionLoss: {factor: 0.5, on: {version: v1}}}]"));
}
