// A run in a real Prometheus: what it answers about an exported recording is what we answer.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/experiment/recorder.h"
#include "sim/telemetry/dialects/dialect.h"
#include "sim/telemetry/exposition/history.h"
#include "sim/telemetry/exposition/writer.h"
#include "tests/experiment/short_release.h"
#include "tests/telemetry/differential/both_answers.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

/// What 0 of the run is for the server.
constexpr std::int64_t kZero = 1'700'006'400;  // as coalmine export has it

/// The queries shown in docs/validation/promql.md: the block `promql` there, each after an empty
/// line or a comment.
std::vector<std::string> shown_queries() {
  std::ifstream page(std::string(COALMINE_SOURCE_DIR) + "/docs/validation/promql.md");
  std::vector<std::string> queries;
  std::string line;
  bool inside = false, open = false;
  while (std::getline(page, line)) {
    if (line == "```promql" || (inside && line == "```")) {
      inside = !inside;
      open = false;
    } else if (inside && (line.empty() || line[0] == '#')) {
      open = false;
    } else if (inside) {
      if (!open) queries.emplace_back();
      queries.back() += line + "\n";
      open = true;
    }
  }
  return queries;
}

}  // namespace

TEST_CASE("a real Prometheus answers about an exported run as we do", "[experiment][prometheus]") {
  const std::vector<std::string> queries = shown_queries();
  REQUIRE(queries.size() == 10);
  if (!promql::PrometheusServer::installed()) return;
  const Recording recording = record(spec_of(short_scenario(), "canary"));
  SeriesStore recorded;
  for (const RecordedSeries& s : recording.series)
    for (std::size_t i = 0; i < s.times.size(); ++i)
      recorded.append(s.labels, s.times[i], s.values[i]);
  const SeriesStore table = promql::without_markers(recorded, kZero);
  promql::PrometheusServer server(
      exposition::write_openmetrics(exposition::page_of_all(table, known_families(), Millis(0))));
  std::vector<std::int64_t> times;
  for (const std::int64_t at : {0, 60, 185, 240, 331, 420, 600}) times.push_back(kZero + at);
  promql::BothAnswers all;
  for (const std::string& query : queries) {
    INFO(query);
    const promql::BothAnswers both = promql::ask_both(server, table, query, times);
    CHECK(both.values > 0);
    CHECK(both.disagreements == 0);
    all += both;
  }
  std::cout << fmt::format(
      "an exported run in Prometheus {}: {} queries, {} values, {} disagreements\n",
      server.version(),
      queries.size(),
      all.values,
      all.disagreements);
}
