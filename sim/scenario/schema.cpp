#include "sim/scenario/schema.h"

#include <nlohmann/json.hpp>

#include "sim/scenario/sections.h"

namespace coalmine {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const AnySection& section);

Json text_pattern(const char* pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

/// Zero may be written without a unit, as a number.
Json quantity(const char* pattern) {
  return {{"anyOf", Json::array({text_pattern(pattern), Json{{"const", 0}}})}};
}

Json one_key_schema(const VariantInfo& variant) {
  return {{"type", "object"},
          {"properties", {{variant.key, schema_of(*variant.section)}}},
          {"required", Json::array({variant.key})},
          {"additionalProperties", false},
          {"description", variant.help}};
}

Json variants_schema(const ValueType& type) {
  Json any = Json::array();
  Json names = Json::array();
  for (const VariantInfo& variant : type.variants) {
    any.push_back(one_key_schema(variant));
    names.push_back(variant.key);
  }
  any.push_back({{"enum", names}});
  return {{"type", "array"}, {"items", {{"anyOf", any}}}};
}

Json distribution_schema() {
  const Json duration = text_pattern("^([0-9.]+(ns|us|ms|s|m|h|d|w))+$");
  return {
      {"anyOf",
       Json::array({duration,
                    Json{{"type", "object"},
                         {"properties",
                          {{"p50", duration},
                           {"p99", duration},
                           {"mean", duration},
                           {"cv", {{"type", "number"}, {"minimum", 0}}},
                           {"distribution",
                            {{"enum", {"lognormal", "exponential", "erlang", "deterministic"}}}},
                           {"shape", {{"type", "integer"}, {"minimum", 1}}}}},
                         {"additionalProperties", false}}})}};
}

Json schema_of(const ValueType& type) {
  switch (type.kind) {
    case ValueKind::duration:
      return quantity("^([0-9.]+(ns|us|ms|s|m|h|d|w))+$");
    case ValueKind::ratio:
      return quantity("^[0-9.]+(e-?[0-9]+)?%$");
    case ValueKind::rate:
      return quantity("^[0-9.]+(e[0-9]+)?/[smh]$");
    case ValueKind::count:
      return {{"type", "integer"}};
    case ValueKind::number:
      return {{"type", "number"}};
    case ValueKind::bytes:
    case ValueKind::cpu:
      return {{"type", {"string", "number"}}};
    case ValueKind::count_or_percent:
      return {{"anyOf", Json::array({Json{{"type", "integer"}}, text_pattern("^[0-9]+%$")})}};
    case ValueKind::flag:
      return {{"type", "boolean"}};
    case ValueKind::document:
      return {{"type", "object"}};
    case ValueKind::text:
      return {{"type", {"string", "number"}}};
    case ValueKind::choice:
      return {{"enum", type.choices}};
    case ValueKind::distribution:
      return distribution_schema();
    case ValueKind::section: {
      Json section = schema_of(*type.section);
      if (type.instead.empty()) return section;
      return {{"anyOf", Json::array({section, Json{{"const", type.instead}}})}};
    }
    case ValueKind::list:
      return {{"type", "array"}, {"items", schema_of(*type.of[0])}};
    case ValueKind::map:
      return {{"type", "object"}, {"additionalProperties", schema_of(*type.of[0])}};
    case ValueKind::pair:
      return {{"type", "array"},
              {"prefixItems", Json::array({schema_of(*type.of[0]), schema_of(*type.of[1])})},
              {"minItems", 2},
              {"maxItems", 2}};
    case ValueKind::variants:
      return variants_schema(type);
  }
  return {};
}

/// Limits of plain numbers, which JSON Schema can state.
void add_limits(Json& schema, const Field& field) {
  if (field.type.kind != ValueKind::count && field.type.kind != ValueKind::number) return;
  const auto state = [&schema](const char* word, const std::string& text) {
    if (!text.empty()) schema[word] = Json::parse(text);
  };
  state("minimum", field.options.min);
  state("exclusiveMinimum", field.options.above);
  state("maximum", field.options.max);
  state("exclusiveMaximum", field.options.below);
}

std::string description(const Field& field) {
  std::string text = field.options.help;
  const std::string range = kind::allowed_range(field.options);
  if (!range.empty()) text += (text.empty() ? "" : "; ") + range;
  return text;
}

Json schema_of(const AnySection& section) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : section.fields()) {
    Json schema = schema_of(field.type);
    add_limits(schema, field);
    if (const std::string text = description(field); !text.empty()) schema["description"] = text;
    if (!field.options.default_text.empty() && field.type.kind != ValueKind::section)
      schema["default"] = field.options.default_text;
    properties[field.key] = std::move(schema);
    if (field.options.required) required.push_back(field.key);
  }
  Json result{{"type", required.empty() ? Json::array({"object", "null"}) : Json("object")},
              {"description", section.help()},
              {"properties", properties},
              {"additionalProperties", false}};
  if (!required.empty()) result["required"] = required;
  return result;
}

}  // namespace

std::string scenario_schema(const StrategyCatalogue& strategies) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "coalmine scenario"}};
  schema.update(schema_of(scenario_table(strategies)));
  schema["properties"]["apiVersion"] = {{"const", "coalmine/v1alpha1"}};
  schema["properties"]["kind"] = {{"const", "Scenario"}};
  return schema.dump(2) + "\n";
}

}  // namespace coalmine
