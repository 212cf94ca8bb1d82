// PromQL out of public manifests (../shared/data, beside a development checkout): what promtool
// took must be taken and give an answer, what it refused must be refused at the same place.
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

YAML::Node real_queries() {
  const std::filesystem::path root = COALMINE_SOURCE_DIR;
  for (const auto& place : {root / "../shared/data", root / "shared/data"})
    if (std::filesystem::exists(place / "real-promql-queries.yaml"))
      return YAML::LoadFile((place / "real-promql-queries.yaml").string())["queries"];
  return {};
}

/// Two samples of a series for every selector, with labels as it wants them where that can be told.
SeriesStore small_table(const Query& query) {
  SeriesStore table;
  for (const auto& matchers : query.selectors()) {
    Labels labels;
    for (const Matcher& matcher : matchers)
      if (matcher.op() == MatchOp::equal) labels.set(matcher.name(), matcher.value());
    const bool buckets = labels.metric_name().ends_with("_bucket") && !labels.has("le");
    for (const char* bound : {"0.5", "+Inf"}) {
      if (buckets) labels.set("le", bound);
      table.append(labels, seconds_in(0), 1);
      table.append(labels, seconds_in(30), 4);
    }
  }
  return table;
}

TEST_CASE(
    "queries of real manifests are read and answered, or refused where promtool refuses them") {
  const YAML::Node queries = real_queries();
  if (!queries.IsSequence()) {
    WARN("skipped: ../shared/data/real-promql-queries.yaml is not there");
    return;
  }
  std::map<std::string, int> outcomes;
  for (const YAML::Node& entry : queries) {
    const auto text = entry["query"].as<std::string>();
    CAPTURE(entry["id"].as<std::string>(), text);
    for (const Options& options : {kVersion2, kVersion2_51, kVersion3}) {
      const std::string answer = refusal(text, options);
      if (!entry["parses"].as<bool>()) {
        ++outcomes["refused"];
        CHECK(answer == entry["error"].as<std::string>());
      } else {
        ++outcomes["answered"];
        CHECK(answer == "fine");
        const Query query = Query::parse(text, options);
        CHECK_NOTHROW(query.instant(SeriesStore(), seconds_in(60)));
        const SeriesStore table = small_table(query);
        CHECK_NOTHROW(query.instant(table, seconds_in(60)));
        CHECK_NOTHROW(query.range(table, seconds_in(0), seconds_in(60), std::chrono::seconds(15)));
      }
    }
  }
  CHECK(outcomes["answered"] == 3 * 136);
  CHECK(outcomes["refused"] == 15);
}

}  // namespace
}  // namespace coalmine::promql
