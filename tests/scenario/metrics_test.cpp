// Which metric dialects a service is seen through.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "sim/scenario/sections.h"
#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

std::string scenario(const std::string& service, const std::string& more = "") {
  return "apiVersion: coalmine/v1alpha1\nkind: Scenario\nservice:\n  name: shop\n" + service + more;
}
std::string complaints(const std::string& service) {
  return load(scenario(service)).diagnostics.text();
}

}  // namespace

TEST_CASE("dialects are listed by service, and configured", "[scenario][metrics]") {
  const LoadResult loaded = load(scenario(
      "  metrics: [istio, micrometer-spring, kube]\n"
      "  distribution: {percentilesHistogram: true, slo: [100ms, 1s]}\n  pod: {memory: 200Mi}\n",
      "metadata: {namespace: test}\ntelemetry: {targetLabels: flagger}\n"));
  INFO(loaded.diagnostics.text());
  REQUIRE(loaded.scenario);
  const Scenario& s = *loaded.scenario;
  CHECK(s.service.metrics == std::vector<std::string>{"istio", "micrometer-spring", "kube"});
  CHECK(s.service.metric_options.percentiles_histogram);
  CHECK(s.service.metric_options.slo == std::vector<Duration>{100ms, 1s});
  CHECK(s.service.pod.memory == 200.0 * 1024 * 1024);
  CHECK(s.name_space == "test");
  CHECK(s.telemetry.target_labels == TargetLabelStyle::flagger);
}

TEST_CASE("an unknown dialect is refused with the nearest one", "[scenario][metrics]") {
  const std::string text = complaints("  metrics: [istio, micrometer-spirng]\n");
  CHECK(text.find("s.yaml:5:20: error:") != std::string::npos);
  CHECK(text.find("did you mean micrometer-spring?") != std::string::npos);
  CHECK(text.find("nginx-ingress") != std::string::npos);
}

TEST_CASE("a dialect listed twice, and two runtimes of one process, are refused",
          "[scenario][metrics]") {
  CHECK(complaints("  metrics: [kube, kube]\n")
            .find("s.yaml:5:19: error: metrics lists kube twice") != std::string::npos);
  CHECK(complaints("  metrics: [micrometer-spring, micrometer-quarkus]\n")
            .find("micrometer-quarkus and micrometer-spring cannot both be") != std::string::npos);
}

TEST_CASE("there is a most of buckets, for all services together", "[scenario][metrics]") {
  std::string slo;
  for (int ms = 1; ms <= 40; ++ms) slo += (slo.empty() ? "" : ", ") + std::to_string(ms) + "ms";
  const std::string metrics = "  metrics: [micrometer-spring]\n  distribution: {slo: [";
  CHECK(complaints(metrics + slo + "]}\n").empty());
  CHECK(complaints(metrics + slo + ", 41ms]}\n").find("more than 40 different buckets") !=
        std::string::npos);
}

TEST_CASE("a distribution that nobody heeds is warned of", "[scenario][metrics]") {
  const std::string text =
      complaints("  metrics: [go-http]\n  distribution: {percentilesHistogram: true}\n");
  CHECK(text.find("warning: distribution changes nothing") != std::string::npos);
  CHECK(complaints("  metrics: [micrometer-quarkus]\n  distribution: {slo: [1s]}\n").empty());
}

TEST_CASE("a PrometheusRule behind the scenario, or beside the Deployment, brings rules",
          "[scenario][alerts]") {
  const std::string rule =
      "---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r}\n"
      "spec:\n  groups:\n  - name: of the manifest\n    rules:\n"
      "    - {record: 'job:up:sum', expr: 'sum by (job) (up)'}\n"
      "    - {alert: Down, expr: 'job:up:sum < QUERY'}\n";
  const auto with = [&](const std::string& query) {
    std::string text = scenario("", "alerts: {groups: [{name: own, rules: []}]}\n") + rule;
    return load(text.replace(text.find("QUERY"), 5, query));
  };
  const LoadResult loaded = with("1");
  INFO(loaded.diagnostics.text());
  REQUIRE(loaded.scenario);
  CHECK(loaded.diagnostics.text().empty());
  REQUIRE(loaded.scenario->alerts.size() == 2);
  CHECK(loaded.scenario->alerts[1].name == "of the manifest");
  CHECK(loaded.scenario->alerts[1].rules.size() == 2);
  CHECK(brief(with("sum(").diagnostics) == "15:44: expr: unclosed left parenthesis\n");
  CHECK(brief(with("job:up:sun").diagnostics).find("nothing here shows job:up:sun") !=
        std::string::npos);
}

TEST_CASE("a scrape may take ten seconds or as long as the interval, unless it is said",
          "[scenario][metrics]") {
  const auto timeout = [](const std::string& telemetry) {
    return load(scenario("", "telemetry: {" + telemetry + "}\n")).value()->telemetry.timeout();
  };
  CHECK(timeout("") == Duration(10s));
  CHECK(timeout("scrapeInterval: 5s") == Duration(5s));
  CHECK(timeout("scrapeInterval: 5s, scrapeTimeout: 2s") == Duration(2s));
  CHECK(load(scenario("", "telemetry: {scrapeInterval: 5s, scrapeTimeout: 6s}\n"))
            .diagnostics.text()
            .find("s.yaml:5:48: error: scrapeTimeout is greater than scrapeInterval") !=
        std::string::npos);
}
