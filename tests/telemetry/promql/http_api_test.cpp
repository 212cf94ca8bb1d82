#include "sim/telemetry/promql/http_api.h"

#include <catch2/catch.hpp>
#include <string>

namespace coalmine::promql {
namespace {

Timestamp at_ms(std::int64_t ms) {
  return Timestamp(Millis(ms));
}

}  // namespace

TEST_CASE("an instant vector is answered with labels sorted, times with three decimals or none",
          "[telemetry][promql][http-api]") {
  Value value;
  value.series.push_back({{{"code", "200"}, {"__name__", "up"}}, {{at_ms(1'700'000'000'123), 1}}});
  value.series.push_back({{{"a", "b"}}, {{at_ms(1'700'000'000'050), 2.5e-8}}});
  value.series.push_back({{}, {{at_ms(-1'500), kOrdinaryNan}}});
  CHECK(api_answer(value) ==
        R"({"status":"success","data":{"resultType":"vector","result":[)"
        R"({"metric":{"__name__":"up","code":"200"},"value":[1700000000.123,"1"]},)"
        R"({"metric":{"a":"b"},"value":[1700000000.050,"2.5e-08"]},)"
        R"({"metric":{},"value":[-1.500,"NaN"]}]}})");
}

TEST_CASE("an empty answer is an answer", "[telemetry][promql][http-api]") {
  Value value;
  CHECK(api_answer(value) == R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  value.type = ValueType::matrix;
  CHECK(api_answer(value) == R"({"status":"success","data":{"resultType":"matrix","result":[]}})");
}

TEST_CASE("matrices, scalars and strings have forms of their own",
          "[telemetry][promql][http-api]") {
  Value matrix;
  matrix.type = ValueType::matrix;
  matrix.series.push_back({{{"__name__", "up"}}, {{at_ms(0), 1}, {at_ms(15'000), 1e21}}});
  CHECK(api_answer(matrix) == R"({"status":"success","data":{"resultType":"matrix","result":[)"
                              R"({"metric":{"__name__":"up"},"values":[[0,"1"],[15,"1e+21"]]}]}})");
  Value scalar;
  scalar.type = ValueType::scalar;
  scalar.scalar = {at_ms(1'010), 0.5};
  CHECK(api_answer(scalar) ==
        R"({"status":"success","data":{"resultType":"scalar","result":[1.01,"0.5"]}})");
  scalar.scalar = {at_ms(-1'500), 1e21};
  CHECK(
      api_answer(scalar) ==
      R"({"status":"success","data":{"resultType":"scalar","result":[-1.5,"1000000000000000000000"]}})");
  Value text;
  text.type = ValueType::string;
  text.scalar.time = at_ms(1'000);
  text.text = "a<b";
  CHECK(api_answer(text) ==
        R"({"status":"success","data":{"resultType":"string","result":[1,"a\u003cb"]}})");
}

TEST_CASE("strings are escaped as Go escapes them", "[telemetry][promql][http-api]") {
  CHECK(go_json_string("<a>&'\"\\/") == R"("\u003ca\u003e\u0026'\"\\/")");
  CHECK(go_json_string("\n\r\t\b\f\x01\x7f") ==
        std::string("\"\\n\\r\\t\\u0008\\u000c\\u0001\x7f\""));
  CHECK(go_json_string("\u00e9\u2028\u2029\U0001F600") ==
        std::string("\"\u00e9\\u2028\\u2029\U0001F600\""));
  CHECK(go_json_string("a\xff") == R"("a\ufffd")");
}

TEST_CASE("errors have the API's names and words", "[telemetry][promql][http-api]") {
  CHECK(api_error(ApiError::execution, "many-to-many") ==
        R"({"status":"error","errorType":"execution","error":"many-to-many"})");
  CHECK(api_error(ApiError::bad_data, "invalid parameter \"step\"") ==
        R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"step\""})");
}

}  // namespace coalmine::promql
