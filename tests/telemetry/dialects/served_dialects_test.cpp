// Flagger's own queries about a run in every dialect, asked of a real Prometheus
// (specs/metric-dialects.md section 11).
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <vector>

#include "real_queries.h"
#include "sim/telemetry/dialects/dialect.h"
#include "sim/telemetry/exposition/history.h"
#include "sim/telemetry/exposition/writer.h"
#include "tests/telemetry/differential/both_answers.h"

namespace coalmine {

using namespace test;

TEST_CASE("a real Prometheus answers Flagger's built-in queries about exported runs as we do") {
  constexpr std::int64_t kZero = 1'700'000'000;
  std::vector<RealQuery> queries = real_queries();
  std::erase_if(queries, [](const RealQuery& query) { return query.family != "flagger-builtin"; });
  if (queries.empty()) {
    WARN("skipped: ../shared/data/real-promql-queries.yaml is not there");
    return;
  }
  if (!promql::PrometheusServer::installed()) return;
  std::vector<std::int64_t> times;
  for (const std::int64_t at : {90, 200, 333, 599}) times.push_back(kZero + at);
  promql::BothAnswers all;
  for (const char* target_labels : {"operator", "flagger", "linkerd"}) {
    const CanaryWorld world(real_scenario(target_labels));
    const SeriesStore table = promql::without_markers(world.store(), kZero);
    promql::PrometheusServer server(
        exposition::write_openmetrics(exposition::page_of_all(table, known_families(), Millis(0))));
    for (const RealQuery& query : queries) {
      INFO(target_labels << ", " << query.id << ": " << query.text);
      const promql::BothAnswers both = promql::ask_both(server, table, query.text, times);
      CHECK(both.disagreements == 0);
      all += both;
    }
  }
  CHECK(all.values > 100);
  std::cout << fmt::format(
      "Flagger's {} queries about three exported runs in all dialects: {} values, {} "
      "disagreements\n",
      queries.size(),
      all.values,
      all.disagreements);
}

}  // namespace coalmine
