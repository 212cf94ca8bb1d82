// A run in a real Prometheus: what it answers about an exported recording is what we answer.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/experiment/recorder.h"
#include "sim/telemetry/dialects/dialect.h"
#include "sim/telemetry/exposition/history.h"
#include "sim/telemetry/exposition/writer.h"
#include "sim/telemetry/promql/http_api.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_store.h"
#include "tests/experiment/short_release.h"
#include "tests/telemetry/differential/prometheus_server.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

/// What 0 of the run is for the server.
constexpr std::int64_t kZero = 1'700'000'000;

/// As canary controllers, dashboards and burn-rate rules ask (docs/promql.md tells of them).
constexpr const char* kQueries[] = {
    R"(sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="default",destination_workload=~"shop-canary",response_code!~"5.*"}[1m])) / sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="default",destination_workload=~"shop-canary"}[1m])) * 100)",
    R"(histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{reporter="destination",destination_workload_namespace="default",destination_workload=~"shop-canary"}[1m])) by (le)))",
    R"(sum(irate(istio_requests_total{reporter="source",destination_service=~"shop.default.svc.cluster.local",response_code!~"5.*"}[5m])) / sum(irate(istio_requests_total{reporter="source",destination_service=~"shop.default.svc.cluster.local"}[5m])))",
    R"((sum(rate(istio_requests_total{reporter="source",destination_service_name="shop",response_code=~"5.."}[5m])) or vector(0)) / sum(rate(istio_requests_total{reporter="source",destination_service_name="shop"}[5m])) > 14.4 * 0.001)",
    R"(sum by (destination_workload, response_code) (increase(istio_requests_total{reporter="source"}[2m])))",
    R"(sum(rate(istio_request_duration_milliseconds_sum{reporter="source"}[1m])) by (destination_version) / sum(rate(istio_request_duration_milliseconds_count{reporter="source"}[1m])) by (destination_version))",
    R"(topk(3, rate(worker_busy_seconds_total[90s])))",
    R"(count by (job) (up == 1))",
    R"(max_over_time(sum(requests_in_flight{service="shop"})[3m:15s]))",
    R"(sum(rate(istio_requests_total{reporter="destination"}[1m])) by (pod) / ignoring(pod) group_left sum(rate(istio_requests_total{reporter="destination"}[1m])))",
};

/// Values by labels.
std::map<std::string, double> by_labels(const std::string& answer) {
  std::map<std::string, double> values;
  const nlohmann::json whole = nlohmann::json::parse(answer);
  for (const auto& one : whole.at("data").at("result"))
    values[one["metric"].dump()] = std::stod(one["value"][1].get<std::string>());
  return values;
}

}  // namespace

TEST_CASE("a real Prometheus answers about an exported run as we do", "[experiment][prometheus]") {
  if (!promql::PrometheusServer::installed()) return;
  const Recording recording = record(spec_of(short_scenario(), "canary"));
  SeriesStore table;
  for (const RecordedSeries& s : recording.series)
    for (std::size_t i = 0; i < s.times.size(); ++i)
      if (!is_stale_marker(s.values[i]))  // the server gets none
        table.append(s.labels, s.times[i] + std::chrono::seconds(kZero), s.values[i]);
  const std::string page =
      exposition::write_openmetrics(exposition::page_of_all(table, known_families(), Millis(0)));
  promql::PrometheusServer server(page);
  promql::Options options;
  options.dialect = PromDialect::v2;
  std::size_t values = 0, disagreements = 0;
  for (const char* text : kQueries) {
    std::size_t of_query = 0;
    const promql::Query query = promql::Query::parse(text, options);
    for (const std::int64_t at : {0, 60, 185, 240, 331, 420, 600}) {
      INFO(text << " at " << at);
      const auto theirs = by_labels(
          server.http()
              .get("/api/v1/query", {{"query", text}, {"time", std::to_string(kZero + at)}})
              .body);
      const auto ours = by_labels(
          promql::api_answer(query.instant(table, Timestamp(std::chrono::seconds(kZero + at)))));
      REQUIRE(ours.size() == theirs.size());
      for (const auto& [labels, value] : theirs) {
        REQUIRE(ours.count(labels) == 1);
        const double mine = ours.at(labels);
        const bool same = (std::isnan(mine) && std::isnan(value)) || mine == value ||
                          std::abs(mine - value) <= 1e-9 * std::abs(value);
        disagreements += same ? 0 : 1;
        ++of_query;
      }
    }
    INFO(text);
    CHECK(of_query > 0);
    values += of_query;
  }
  CHECK(disagreements == 0);
  std::cout << fmt::format(
      "an exported run in Prometheus {}: {} queries, {} values, {} "
      "disagreements\n",
      server.version(),
      std::size(kQueries),
      values,
      disagreements);
}
