#include "sim/telemetry/promql/http_api.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "sim/telemetry/go_number.h"
#include "sim/telemetry/utf8.h"

namespace coalmine::promql {
namespace {

std::string time_text(Timestamp time) {
  const std::int64_t ms = time.time_since_epoch().count();
  std::string text = fmt::format("{}{}", ms < 0 ? "-" : "", std::abs(ms / 1000));
  if (ms % 1000 != 0) text += fmt::format(".{:03}", std::abs(ms % 1000));
  return text;
}

/// Scalars and strings take another way through the server than samples do: their times are plain
/// numbers, and a scalar never has an exponent.
std::string lone_time_text(Timestamp time) {
  return go_number_plain(static_cast<double>(time.time_since_epoch().count()) / 1000);
}

std::string point_text(const Point& point) {
  return fmt::format("[{},\"{}\"]", time_text(point.time), go_number_in_json(point.value));
}

std::string_view name_of(ApiError type) {
  switch (type) {
    case ApiError::bad_data:
      return "bad_data";
    case ApiError::execution:
      return "execution";
    case ApiError::timeout:
      return "timeout";
  }
  return {};
}

std::string metric_text(const Labels& labels) {
  std::string text = "{";
  for (const Label& label : labels) {
    if (text.size() > 1) text += ",";
    text += go_json_string(label.name) + ":" + go_json_string(label.value);
  }
  return text + "}";
}

std::string series_text(const Series& series, bool matrix) {
  std::string text = "{\"metric\":" + metric_text(series.labels);
  if (!matrix) return text + ",\"value\":" + point_text(series.points.front()) + "}";
  text += ",\"values\":[";
  bool first = true;
  for (const Point& point : series.points) {
    if (!first) text += ",";
    first = false;
    text += point_text(point);
  }
  return text + "]}";
}

std::string result_text(const Value& value) {
  if (value.type == ValueType::scalar)
    return fmt::format(
        "[{},\"{}\"]", lone_time_text(value.scalar.time), go_number_plain(value.scalar.value));
  if (value.type == ValueType::string)
    return fmt::format("[{},{}]", lone_time_text(value.scalar.time), go_json_string(value.text));
  std::string text = "[";
  for (const Series& series : value.series) {
    if (text.size() > 1) text += ",";
    text += series_text(series, value.type == ValueType::matrix);
  }
  return text + "]";
}

std::string_view type_text(ValueType type) {
  switch (type) {
    case ValueType::scalar:
      return "scalar";
    case ValueType::vector:
      return "vector";
    case ValueType::matrix:
      return "matrix";
    case ValueType::string:
      return "string";
  }
  return "";
}

}  // namespace

std::string api_answer(const Value& value) {
  return fmt::format(R"({{"status":"success","data":{{"resultType":"{}","result":{}}}}})",
                     type_text(value.type),
                     result_text(value));
}

std::string api_error(ApiError type, std::string_view message) {
  return fmt::format(R"({{"status":"error","errorType":"{}","error":{}}})",
                     name_of(type),
                     go_json_string(message));
}

std::string api_bad_parameter(std::string_view name, std::string_view why) {
  return api_error(ApiError::bad_data, fmt::format("invalid parameter \"{}\": {}", name, why));
}

std::string api_bad_query(std::string_view why, Endpoint endpoint, PromDialect dialect) {
  if (endpoint == Endpoint::query_range && dialect == PromDialect::v2)
    return api_error(ApiError::bad_data, why);
  return api_bad_parameter("query", why);
}

std::string go_json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = rune_at_front(text);
    const char c = text.front();
    if (rune.length == 0)
      out += "\\ufffd";
    else if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (rune.code < 0x20 || c == '<' || c == '>' || c == '&' || rune.code == 0x2028 ||
             rune.code == 0x2029)
      out += fmt::format("\\u{:04x}", rune.code);
    else
      out += text.substr(0, rune.length);
    text.remove_prefix(rune.length == 0 ? 1 : rune.length);
  }
  return out + "\"";
}

}  // namespace coalmine::promql
