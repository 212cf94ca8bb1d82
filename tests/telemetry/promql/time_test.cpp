// Where a query looks: windows, lookback, staleness, offset, @, subqueries, and how the dialects
// differ in it (specs/prometheus.md sections 1, 4, 6 and 11).
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

TEST_CASE("a range is closed in 2.x and open to the left in 3") {
  // 30 s apart: 3 samples within a minute where both edges count, 2 where one does.
  const SeriesStore table = series("x 0+30x10", std::chrono::seconds(30));
  CHECK(ask("count_over_time(x[1m])", table, 120, kVersion2) == "{} 3");
  CHECK(ask("count_over_time(x[1m])", table, 120, kVersion2_51) == "{} 3");
  CHECK(ask("count_over_time(x[1m])", table, 120, kVersion3) == "{} 2");
  CHECK(ask("rate(x[30s])", table, 120, kVersion2) == "{} 1");
  CHECK(ask("rate(x[30s])", table, 120, kVersion3).empty());
  CHECK(ask("rate(x[1m])", table, 120, kVersion3) == "{} 1");
  CHECK(ask("x[30s]", table, 120, kVersion2) == "x 90@90 120@120");
  CHECK(ask("x[30s]", table, 120, kVersion3) == "x 120@120");
}

TEST_CASE("the lookback has the same edge as a range") {
  const SeriesStore table = series("x 7");
  CHECK(ask("x", table, 299.999, kVersion3) == "x 7");
  CHECK(ask("x", table, 300, kVersion2) == "x 7");
  CHECK(ask("x", table, 300, kVersion2_51) == "x 7");
  CHECK(ask("x", table, 300, kVersion3).empty());
  CHECK(ask("x", table, 300.001, kVersion2).empty());
  CHECK(ask("x", table, -1).empty());
  CHECK(ask("x", table, 20, {.lookback = std::chrono::seconds(15)}).empty());
}

TEST_CASE("an ended series is gone at once for instants and leaves its samples to ranges") {
  const SeriesStore table = series("x 0+1x3 stale _ _ 10 NaN");
  CHECK(ask("x", table, 30) == "x 3");
  CHECK(ask("x", table, 40).empty());
  CHECK(ask("x", table, 60).empty());
  CHECK(ask("x", table, 70) == "x 10");
  CHECK(ask("x", table, 80) == "x NaN");  // an ordinary NaN is a value
  CHECK(ask("count_over_time(x[1m])", table, 60, kVersion2) == "{} 4");
  CHECK(ask("x[2m]", table, 60, kVersion2) == "x 0@0 1@10 2@20 3@30");
  CHECK(ask("rate(x[1m])", table, 50, kVersion2) == "{} 0.058333333333333334");
  CHECK(ask("absent(x)", table, 50) == "{} 1");
  CHECK(ask("count_over_time(x[5s])", table, 42, kVersion2).empty());
  CHECK(ask("timestamp(x)", table, 45).empty());
}

TEST_CASE("offset moves the whole window, forward too") {
  const SeriesStore table = series("x 0+1x10");
  CHECK(ask("x offset 20s", table, 50) == "x 3");
  CHECK(ask("x offset -20s", table, 50) == "x 7");
  CHECK(ask("sum_over_time(x[20s] offset 20s)", table, 50, kVersion2) == "{} 6");
  CHECK(ask("sum_over_time(x[20s:10s] offset 20s)", table, 50, kVersion2) == "{} 6");
  CHECK(ask("timestamp(x offset 15s)", table, 50) == "{} 30");
}

TEST_CASE("@ fixes the instant, offset still applies, in either order") {
  const SeriesStore table = series("x 0+1x10");
  CHECK(ask("x @ 30", table, 90) == "x 3");
  CHECK(ask("x @ 30 offset 10s", table, 90) == "x 2");
  CHECK(ask("x offset 10s @ 30", table, 90) == "x 2");
  CHECK(ask("x @ -5", table, 90).empty());
  CHECK(ask("sum_over_time(x[20s] @ 30)", table, 90, kVersion2) == "{} 6");
  CHECK(ask_range("x @ start()", table, 20, 40, 10) == "x 2@20 2@30 2@40");
  CHECK(ask_range("x @ end()", table, 20, 40, 10) == "x 4@20 4@30 4@40");
  CHECK(ask_range("sum_over_time(x[20s:10s] @ end())", table, 20, 40, 20, kVersion2) ==
        "{} 9@20 9@40");
  // start() and end() are those of the query, also inside a subquery.
  CHECK(ask_range("sum_over_time((x @ end())[20s:10s])", table, 30, 40, 10, kVersion2) ==
        "{} 12@30 12@40");
}

TEST_CASE("subqueries step on multiples of their step, wherever they are asked") {
  const SeriesStore table = series("x 0+1x20");
  CHECK(ask("x[20s:7s]", table, 50, kVersion2) == "x 3@35 4@42 4@49");
  CHECK(ask("x[21s:7s]", table, 49, kVersion2) == "x 2@28 3@35 4@42 4@49");
  CHECK(ask("x[21s:7s]", table, 49, kVersion3) == "x 3@35 4@42 4@49");
  CHECK(ask("count_over_time(x[2m:])", table, 120, kVersion3) == "{} 2");  // a minute, if not told
  CHECK(ask("count_over_time(x[2m:])", table, 120, {.default_step = std::chrono::seconds(15)}) ==
        "{} 8");
  CHECK(ask("max_over_time(sum_over_time(x[20s:10s])[40s:10s])", table, 60, kVersion2) == "{} 15");
  CHECK(ask("rate(x[1m:10s])", table, 60, kVersion2) == ask("rate(x[1m])", table, 60, kVersion2));
}

TEST_CASE("subqueries of series keep their order, whichever began first") {
  const SeriesStore table = series("x{i=\"1\"} _ _ 1 1\nx{i=\"2\"} 2 2 2 2\ny{i=\"1\"} 3 3");
  CHECK(ask("max_over_time(x[30s:10s])", table, 30) == "{i=\"1\"} 1\n{i=\"2\"} 2");
  CHECK(ask("max_over_time((-x)[30s:10s])", table, 30) == "{i=\"1\"} -1\n{i=\"2\"} -2");
  CHECK(ask("max_over_time(rate(x[10s])[30s:10s])", table, 30, kVersion2) ==
        "{i=\"1\"} 0\n{i=\"2\"} 0");
  CHECK(ask("max_over_time(last_over_time(x[10s])[30s:10s])", table, 30) ==
        "{i=\"1\"} 1\n{i=\"2\"} 2");
}

TEST_CASE("before the epoch subqueries step on multiples too") {
  SeriesStore table;
  for (int i = -10; i <= 10; ++i) table.append(Labels{{"__name__", "x"}}, seconds_in(i * 10.0), i);
  CHECK(ask("x[20s:7s]", table, -30, kVersion2) == "x -5@-49 -5@-42 -4@-35");
}

TEST_CASE("a range query asks at every step and orders its series by their labels") {
  const SeriesStore table = series("x{i=\"2\"} 0 1 2 3\nx{i=\"10\"} _ 1 stale\nx 5 6");
  CHECK(ask_range("x", table, 0, 30, 10, kVersion2) ==
        "x 5@0 6@10 6@20 6@30\nx{i=\"10\"} 1@10\nx{i=\"2\"} 0@0 1@10 2@20 3@30");
  CHECK(ask_range("1 + 1", table, 0, 25, 10) == "{} 2@0 2@10 2@20");
  CHECK(ask_range("x > 5", table, 0, 10, 10) == "x 6@10");
  CHECK(ask_range("nothing", table, 0, 10, 10).empty());
  // One series, whichever operand it came from.
  CHECK(ask_range("(x > 5) or x offset 0s", table, 0, 10, 10) == ask_range("x", table, 0, 10, 10));
}

TEST_CASE("a range query agrees with the same query asked step by step") {
  const SeriesStore table =
      series("x{i=\"1\"} 0+3x5 stale _ 4+5x9 0+2x9\nx{i=\"2\"} _ _ 1+1x8 _x20 3+1x5");
  for (const char* query : {"x",
                            "rate(x[45s])",
                            "sum(rate(x[45s]))",
                            "max_over_time(rate(x[30s])[1m:7s])",
                            "x offset 20s",
                            "x - ignoring(i) group_left sum(x)",
                            "topk(1, x)",
                            "label_replace(x, \"j\", \"$1\", \"i\", \"(.*)\")",
                            "absent(x)",
                            "x or x offset 1m"}) {
    const Query read = Query::parse(query);
    const Value whole = read.range(table, seconds_in(0), seconds_in(300), std::chrono::seconds(13));
    std::size_t points = 0;
    for (double at = 0; at <= 300; at += 13) {
      for (const Series& series : read.instant(table, seconds_in(at)).series) {
        ++points;
        bool found = false;
        for (const Series& row : whole.series)
          for (const Point& point : row.points)
            found |= row.labels == series.labels && point.time == seconds_in(at) &&
                     point.value == series.points.front().value;
        CAPTURE(query, at, series.labels.text());
        CHECK(found);
      }
    }
    std::size_t in_range = 0;
    for (const Series& row : whole.series) in_range += row.points.size();
    CHECK(points == in_range);
  }
}

TEST_CASE("numbers are durations from 2.54 on, durations numbers") {
  const SeriesStore table = series("x 0+1x10");
  for (const Options& options : {kVersion2_51, kVersion3}) {
    CHECK(ask("x offset 20", table, 50, options) == "x 3");
    CHECK(ask("x[20:10]", table, 50, options) == ask("x[20s:10s]", table, 50, options));
    CHECK(ask("1h + 1.5", table, 50, options) == "3601.5");
  }
  CHECK(refusal("x[0]", kVersion3) == "1:3: parse error: duration must be greater than 0");
  CHECK(refusal("x offset 5", kVersion2) ==
        "1:10: parse error: unexpected number \"5\" in offset, expected duration");
}

TEST_CASE("any text can name metrics and labels from version 3 on, when quoted") {
  SeriesStore table;
  table.append(Labels{{"__name__", "http.requests"}, {"status.code", "200"}}, seconds_in(0), 4);
  CHECK(ask(R"({"http.requests"})", table, 0) == R"(http.requests{status.code="200"} 4)");
  CHECK(ask(R"({"http.requests","status.code"="500"})", table, 0).empty());
  CHECK(ask(R"(sum by ("status.code") ({"http.requests"}))", table, 0) ==
        R"({status.code="200"} 4)");
  CHECK(
      refusal(R"({"http.requests"})", kVersion2) ==
      R"(1:2: parse error: unexpected string "\"http.requ"... in label matching, expected identifier or "}")");
}

TEST_CASE("a query knows what it reads and how far back") {
  const auto reach = [](const char* query) { return Query::parse(query).reach(); };
  using namespace std::chrono_literals;
  CHECK(reach("1") == 5min);
  CHECK(reach("x") == 5min);
  CHECK(reach("rate(x[1m])") == 5min);
  CHECK(reach("rate(x[1h] offset 30m)") == 90min);
  CHECK(reach("x offset 1h") == 65min);
  CHECK(reach("max_over_time(rate(x[10m])[1h:1m] offset 5m) + y") == 75min);
  CHECK(reach("rate(x[1h] @ 5)") == 5min);
  CHECK(reach("rate(x[1h] offset -30m)") == 30min);
  const Query query = Query::parse("sum(x{a=\"b\"}) / rate(y[5m])");
  const auto selectors = query.selectors();
  REQUIRE(selectors.size() == 2);
  CHECK(selectors[0].size() == 2);
  CHECK(selectors[1].front().text() == "__name__=\"y\"");
  CHECK(query.type() == ValueType::vector);
  CHECK(Query::parse("x[5m]").type() == ValueType::matrix);
  CHECK(Query::parse("\"a\"").type() == ValueType::string);
  CHECK(Query::parse("1 + time()").type() == ValueType::scalar);
}

TEST_CASE("work without samples in windows, and label sets, are counted too") {
  const SeriesStore table = series("x{i=\"1\"} 0+1x99\nx{i=\"2\"} 0+1x99");
  const auto ask_all_day = [&](const std::string& inner) {
    Options options;
    options.max_work = 1'000'000;
    options.max_samples = 100'000;
    return ask("count_over_time((" + inner + ")[1d:1s])", table, 990, options);
  };
  const std::string timed_out = "query timed out in expression evaluation";
  CHECK(ask_all_day("x > 1e300") == timed_out);
  CHECK(ask_all_day("sum(x) > 1e300") == timed_out);
  CHECK(ask_all_day("count_values(\"a\", vector(time())) > 5") ==
        "query processing would load too many samples into memory in query execution");
}

TEST_CASE("each operand of `and` is evaluated once, however deep they stand") {
  const SeriesStore table = series("x 1");
  std::string nested = "x";
  for (int i = 0; i < 100; ++i) nested = "x and (" + nested + ")";
  Options options;
  options.max_work = 10'000;
  CHECK(ask(nested, table, 0, options) == "x 1");
}

TEST_CASE("what would take too much memory or time is refused with Prometheus' words") {
  const SeriesStore table = series("x{i=\"1\"} 0+1x99\nx{i=\"2\"} 0+1x99");
  const std::string too_many =
      "query processing would load too many samples into memory in query execution";
  const Options few{.max_samples = 50};
  // Two series, 30 samples in each window, two elements and 10 for the node, 10 steps.
  const auto over_time = [&](std::uint64_t max_work) {
    return Query::parse("rate(x[5m])", Options{.max_work = max_work})
        .range(table, seconds_in(300), seconds_in(840), std::chrono::minutes(1));
  };
  CHECK_THROWS_AS(over_time(719), TimedOut);
  CHECK_NOTHROW(over_time(720));
  CHECK(ask("rate(x[10m])", table, 990, few) == too_many);
  CHECK(ask("x[5m]", table, 990, few) == too_many);
  CHECK(ask("x[4m]", table, 990, few).find(too_many) == std::string::npos);
  CHECK(ask("sum_over_time(x[10m:10s])", table, 990, few) == too_many);
  CHECK(ask_range("x", table, 0, 900, 10, few) == too_many);
  CHECK(ask("count_over_time(vector(1)[290y:1ms])", table, 990) == too_many);
  const std::string points = ask_range("1", table, 0, 11'001, 1);
  CHECK(points ==
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution "
        "(?step=XX)");
  CHECK(ask_range("1", table, 0, 11'000, 1).starts_with("{} 1@0"));
  CHECK(ask_range("1", table, 0, 10, 0) ==
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  CHECK(ask_range("1", table, 10, 0, 1) == "end timestamp must not be before start time");
  CHECK(
      ask_range("x[5m]", table, 0, 10, 1) ==
      "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector");
}

}  // namespace
}  // namespace coalmine::promql
