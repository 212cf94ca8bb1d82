// PromQL out of public manifests (../shared/data, beside a development checkout): what promtool
// took must be taken and give an answer, what it refused must be refused at the same place.
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "asking.h"

namespace coalmine::promql {
namespace {

/// A folder beside the checkout or in it; empty where there is none.
std::filesystem::path shared_folder(const char* name) {
  const std::filesystem::path root = COALMINE_SOURCE_DIR;
  for (const auto& place : {root / "../shared" / name, root / "shared" / name})
    if (std::filesystem::exists(place)) return place;
  return {};
}

YAML::Node real_queries() {
  const std::filesystem::path file = shared_folder("data") / "real-promql-queries.yaml";
  return std::filesystem::exists(file) ? YAML::LoadFile(file.string())["queries"] : YAML::Node();
}

/// All texts under the key `query`, with something where they have a variable.
void collect_queries(const YAML::Node& node, std::vector<std::string>& queries) {
  if (node.IsSequence())
    for (const YAML::Node& item : node) collect_queries(item, queries);
  if (!node.IsMap()) return;
  for (const auto& entry : node) {
    const YAML::Node& value = entry.second;
    if (entry.first.as<std::string>() != "query" || !value.IsScalar()) {
      collect_queries(value, queries);
      continue;
    }
    std::string text = value.as<std::string>();
    for (auto open = text.find("{{"); open != std::string::npos; open = text.find("{{", open)) {
      const std::size_t end = text.find("}}", open) + 2;
      const bool length = text.substr(open, end - open).find("interval") != std::string::npos;
      text.replace(open, end - open, length ? "1m" : "some");
    }
    queries.push_back(text);
  }
}

/// Two samples of a series for every selector, with labels as it wants them where that can be told.
SeriesStore small_table(const Query& query) {
  SeriesStore table;
  for (const auto& matchers : query.selectors()) {
    Labels labels;
    for (const Matcher& matcher : matchers)
      for (const std::string& value : {matcher.value(), std::string("500"), std::string("200")})
        if (!labels.has(matcher.name()) && matcher.matches(value))
          labels.set(matcher.name(), value);
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

TEST_CASE("queries inside real manifests are read and answered") {
  const std::filesystem::path folder = shared_folder("manifests");
  if (folder.empty()) {
    WARN("skipped: ../shared/manifests is not there");
    return;
  }
  std::vector<std::string> queries;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".yaml")
      for (const YAML::Node& document : YAML::LoadAllFromFile(file.path().string()))
        collect_queries(document, queries);
  CHECK(queries.size() >= 4);
  for (const std::string& text : queries) {
    CAPTURE(text);
    for (const Options& options : {kVersion2, kVersion2_51, kVersion3}) {
      REQUIRE(refusal(text, options) == "fine");
      const Query query = Query::parse(text, options);
      CHECK(query.instant(small_table(query), seconds_in(45)).series.size() == 1);
    }
  }
}

}  // namespace
}  // namespace coalmine::promql
