#include "sim/scenario/schema.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sim/scenario/reference.h"
#include "sim/scenario/sections.h"
#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

TEST_CASE("the schema is JSON Schema 2020-12 and knows every section", "[scenario][schema]") {
  const auto schema = nlohmann::json::parse(scenario_schema(catalogue()));
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  const auto& properties = schema.at("properties");
  for (const char* key : {"service", "traffic", "release", "strategies", "objectives", "onCall"})
    CHECK(properties.contains(key));
  CHECK(schema.at("additionalProperties") == false);
  CHECK(schema.at("required") == nlohmann::json({"apiVersion", "kind", "service"}));
  const auto& queue =
      properties.at("service").at("properties").at("pod").at("properties").at("queue");
  CHECK(queue.at("minimum") == 0);
  CHECK(queue.at("maximum") == 1000000);
  const std::string strategies = properties.at("strategies").dump();
  CHECK(strategies.find("\"failureLimit\"") != std::string::npos);
}

TEST_CASE("the schema offers each fault where it may stand", "[scenario][schema]") {
  const auto properties = nlohmann::json::parse(scenario_schema(catalogue())).at("properties");
  const auto& release = properties.at("release").at("properties");
  const auto offers = [](const nlohmann::json& list, const char* fault) {
    return list.dump().find(fault) != std::string::npos;
  };
  for (const char* key : {"faults", "variants"}) {
    CHECK(offers(release.at(key), "incompatibleSchema"));
    CHECK_FALSE(offers(release.at(key), "dependencyDown"));
    CHECK_FALSE(offers(release.at(key), "dependencySlow"));
  }
  CHECK(offers(properties.at("faults"), "dependencySlow"));
  CHECK_FALSE(offers(properties.at("faults"), "incompatibleSchema"));
}

TEST_CASE("the reference tells of every key", "[scenario][schema]") {
  const std::string page = scenario_reference(catalogue());
  for (const SettablePath& path : settable_paths(scenario_table(catalogue()))) {
    const std::string key = path.path.substr(path.path.rfind('.') + 1);
    INFO(path.path);
    CHECK(page.find("| `" + key + "` |") != std::string::npos);
  }
  CHECK(page.find("## `strategies[canary]`") != std::string::npos);
  CHECK(page.find("## `faults[errorRate]`") != std::string::npos);
  CHECK(page.find("| `interval` | duration | `2m` | 1s to 24h |") != std::string::npos);
}
