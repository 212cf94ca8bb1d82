/// Answers as the HTTP API of Prometheus gives them to /api/v1/query and /api/v1/query_range, byte
/// for byte (specs/prometheus.md section 11): what controllers read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/telemetry/promql/query.h"

namespace coalmine::promql {

/// `{"status":"success","data":{...}}`: values are strings, times of samples are seconds with three
/// decimals or none, labels are sorted by name, the series stand in the order of the value.
std::string api_answer(const Value& value);

/// Why there is no answer; the name is what the API calls it.
enum class ApiError : std::uint8_t {
  bad_data,   ///< a parameter cannot be used: of the query, what ParseError tells
  execution,  ///< the query cannot be evaluated on these data
  timeout,    ///< it takes too long
};

/// `{"status":"error","errorType":"bad_data","error":"..."}`
std::string api_error(ApiError type, std::string_view message);
/// The same of a parameter of a request: "time", "start", "step".
std::string api_bad_parameter(std::string_view name, std::string_view why);

enum class Endpoint : std::uint8_t { query, query_range };
/// The same of a query that is none, or none for this endpoint: query_range of 2.42 does not say
/// which parameter is wrong.
std::string api_bad_query(std::string_view why, Endpoint endpoint, PromDialect dialect);

/// A JSON string as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 as \u escapes, bytes that are
/// not UTF-8 as \ufffd.
std::string go_json_string(std::string_view text);

}  // namespace coalmine::promql
