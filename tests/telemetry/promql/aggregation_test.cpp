// specs/prometheus.md section 7.
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

const SeriesStore& pods() {
  static const SeriesStore table = series(R"(
    x{app="a",pod="1"} 1
    x{app="a",pod="2"} 5
    x{app="b",pod="3"} 3
    x{pod="4"} 7
  )");
  return table;
}

std::string aggregated(const std::string& query, const Options& options = kVersion2) {
  return ask(query, pods(), 0, options);
}

TEST_CASE("groups come in the order in which they turn up, without absent labels") {
  CHECK(aggregated("sum by (app) (x)") == "{app=\"a\"} 6\n{app=\"b\"} 3\n{} 7");
  CHECK(aggregated("sum(x) by (app)") == aggregated("sum by (app) (x)"));
  CHECK(aggregated("sum without (pod) (x)") == aggregated("sum by (app) (x)"));
  CHECK(aggregated("SUM BY (app, zone) (x)") == aggregated("sum by (app) (x)"));
  CHECK(aggregated("sum by (__name__) (x)") == "x 16");
  CHECK(aggregated("sum(x)") == "{} 16");
}

TEST_CASE("every aggregation of plain numbers") {
  CHECK(aggregated("avg(x)") == "{} 4");
  CHECK(aggregated("count(x)") == "{} 4");
  CHECK(aggregated("min(x)") == "{} 1");
  CHECK(aggregated("max(x)") == "{} 7");
  CHECK(aggregated("group(x)") == "{} 1");
  CHECK(aggregated("stdvar(x)") == "{} 5");
  CHECK(aggregated("stddev(x{app=\"a\"})") == "{} 2");
  CHECK(aggregated("quantile(0.5, x)") == "{} 4");
  CHECK(aggregated("quantile by (app) (1, x)") == "{app=\"a\"} 5\n{app=\"b\"} 3\n{} 7");
}

TEST_CASE("nothing aggregates to nothing, not to zero") {
  for (const char* name : {"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"})
    CHECK(aggregated(std::string(name) + "(nothing)").empty());
  CHECK(aggregated("quantile(0.5, nothing)").empty());
  CHECK(aggregated("topk(1, nothing)").empty());
  CHECK(aggregated("count_values(\"v\", nothing)").empty());
}

TEST_CASE("topk and bottomk keep labels and sort what they keep") {
  CHECK(aggregated("topk(2, x)") == "x{pod=\"4\"} 7\nx{app=\"a\", pod=\"2\"} 5");
  CHECK(aggregated("bottomk(2, x)") == "x{app=\"a\", pod=\"1\"} 1\nx{app=\"b\", pod=\"3\"} 3");
  CHECK(aggregated("topk by (app) (1, x)") ==
        "x{app=\"a\", pod=\"2\"} 5\nx{app=\"b\", pod=\"3\"} 3\nx{pod=\"4\"} 7");
  CHECK(aggregated("topk(1.9, x)") == "x{pod=\"4\"} 7");
  CHECK(aggregated("topk(0, x)").empty());
  CHECK(aggregated("topk(-3, x)").empty());
  CHECK(aggregated("topk(NaN, x)") == "Scalar value NaN overflows int64");
  CHECK(aggregated("topk(scalar(vector(1)), x)") == "x{pod=\"4\"} 7");
}

TEST_CASE("NaN ranks last, and of equals those seen first stay") {
  const SeriesStore table = series("x{i=\"1\"} NaN\nx{i=\"2\"} 1\nx{i=\"3\"} 1\nx{i=\"4\"} 0");
  for (const Options& options : {kVersion2, kVersion3}) {
    CHECK(ask("topk(1, x)", table, 0, options) == "x{i=\"2\"} 1");
    CHECK(ask("topk(3, x)", table, 0, options).find("NaN") == std::string::npos);
    CHECK(ask("bottomk(4, x)", table, 0, options).ends_with("x{i=\"1\"} NaN"));
  }
}

TEST_CASE("values are counted under their shortest decimals") {
  const SeriesStore table =
      series("x{i=\"1\"} 0.1\nx{i=\"2\"} 1e22\nx{i=\"3\"} 0.1\nx{i=\"4\"} Inf\nx{i=\"5\"} NaN");
  CHECK(ask("count_values(\"v\", x)", table, 0) ==
        "{v=\"0.1\"} 2\n{v=\"10000000000000000000000\"} 1\n{v=\"+Inf\"} 1\n{v=\"NaN\"} 1");
  CHECK(ask("count_values without (i) (\"v\", x{i=\"1\"})", table, 0) == "{v=\"0.1\"} 1");
  CHECK(ask("count_values by (i) (\"v\", x{i=\"1\"})", table, 0) == "{i=\"1\", v=\"0.1\"} 1");
  CHECK(ask("count_values(\"1v\", x)", table, 0) == "invalid label name \"1v\"");
}

TEST_CASE("NaN and infinities spread as far as they do in Prometheus") {
  const SeriesStore table =
      series("x{i=\"1\"} NaN\nx{i=\"2\"} 2\ny{i=\"1\"} Inf\ny{i=\"2\"} -Inf\nz Inf");
  CHECK(ask("sum(x)", table, 0) == "{} NaN");
  CHECK(ask("avg(x)", table, 0) == "{} NaN");
  CHECK(ask("min(x)", table, 0) == "{} 2");
  CHECK(ask("max(x)", table, 0) == "{} 2");
  CHECK(ask("min(x{i=\"1\"})", table, 0) == "{} NaN");
  CHECK(ask("sum(y)", table, 0) == "{} NaN");
  CHECK(ask("quantile(0, x)", table, 0) == "{} NaN");
  CHECK(ask("quantile(-1, x)", table, 0) == "{} -Inf");
  CHECK(ask("quantile(2, x)", table, 0) == "{} +Inf");
  CHECK(ask("quantile(NaN, x)", table, 0) == "{} NaN");
  CHECK(ask("stddev(z)", table, 0, kVersion2) == "{} 0");
  CHECK(ask("stddev(z)", table, 0, kVersion3) == "{} NaN");
}

TEST_CASE("sum and avg lose digits in 2.x and do not later") {
  const SeriesStore table =
      series("x{i=\"1\"} 1\nx{i=\"2\"} 1e100\nx{i=\"3\"} 1\nx{i=\"4\"} -1e100");
  CHECK(ask("sum(x)", table, 0, kVersion2) == "{} 0");
  CHECK(ask("sum(x)", table, 0, kVersion2_51) == "{} 2");
  CHECK(ask("sum(x)", table, 0, kVersion3) == "{} 2");
  CHECK(ask("avg(x)", table, 0, kVersion3) == "{} 0.5");
}

TEST_CASE("a mean does not overflow") {
  const SeriesStore table = series("x{i=\"1\"} 1e308\nx{i=\"2\"} 1e308\nx{i=\"3\"} 1e308");
  for (const Options& options : {kVersion2, kVersion2_51, kVersion3})
    CHECK(ask("avg(x) == bool 1e308", table, 0, options) == "{} 1");
}

}  // namespace
}  // namespace coalmine::promql
