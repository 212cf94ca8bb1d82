#include "sim/telemetry/exposition/writer.h"

#include <catch2/catch.hpp>
#include <string>

#include "sim/telemetry/exposition/reader.h"
#include "tests/telemetry/exposition/promtool.h"

using Catch::Contains;

namespace coalmine::exposition {
namespace {

Timestamp at_ms(std::int64_t ms) {
  return Timestamp(Millis(ms));
}

Sample sample(Labels labels, double value, std::optional<Timestamp> time = std::nullopt) {
  return {std::move(labels), value, time, std::nullopt};
}

/// One family of every type.
Page every_type(std::optional<Timestamp> time = std::nullopt) {
  Page page;
  page.families.push_back(
      {"http_requests_total",
       MetricType::counter,
       "Requests \\ answered,\nby \"code\".",
       "",
       {sample({{"__name__", "http_requests_total"}, {"code", "200"}}, 1'234'567, time),
        sample({{"__name__", "http_requests_total"}, {"code", "a\"b\\c\nd"}}, 0, time),
        sample({{"__name__", "http_requests_created"}, {"code", "200"}}, 1.5, time)}});
  page.families.back().samples.front().exemplar = {{{"trace_id", "t1"}}, 0.5, at_ms(1500)};
  page.families.push_back({"temperature_celsius",
                           MetricType::gauge,
                           "Outside.",
                           "celsius",
                           {sample({{"__name__", "temperature_celsius"}}, -3.25, time)}});
  page.families.push_back({"wait_seconds",
                           MetricType::histogram,
                           "Time in the queue.",
                           "seconds",
                           {sample({{"__name__", "wait_seconds_bucket"}, {"le", "0.1"}}, 1, time),
                            sample({{"__name__", "wait_seconds_bucket"}, {"le", "+Inf"}}, 2, time),
                            sample({{"__name__", "wait_seconds_sum"}}, 0.35, time),
                            sample({{"__name__", "wait_seconds_count"}}, 2, time)}});
  page.families.push_back({"size_bytes",
                           MetricType::summary,
                           "Sizes.",
                           "",
                           {sample({{"__name__", "size_bytes"}, {"quantile", "0.5"}}, 10, time),
                            sample({{"__name__", "size_bytes_sum"}}, 1e6, time),
                            sample({{"__name__", "size_bytes_count"}}, 3, time)}});
  page.families.push_back({"build",
                           MetricType::info,
                           "What this is.",
                           "",
                           {sample({{"__name__", "build_info"}, {"version", "1"}}, 1, time)}});
  page.families.push_back({"phase",
                           MetricType::stateset,
                           "Where it is.",
                           "",
                           {sample({{"__name__", "phase"}, {"phase", "up"}}, 1, time),
                            sample({{"__name__", "phase"}, {"phase", "down"}}, 0, time)}});
  page.families.push_back({"queue",
                           MetricType::gaugehistogram,
                           "What waits.",
                           "",
                           {sample({{"__name__", "queue_bucket"}, {"le", "+Inf"}}, 2, time),
                            sample({{"__name__", "queue_gsum"}}, 5, time),
                            sample({{"__name__", "queue_gcount"}}, 2, time)}});
  page.families.push_back(
      {"odd", MetricType::unknown, "", "", {sample({{"__name__", "odd"}}, kOrdinaryNan, time)}});
  return page;
}

}  // namespace

TEST_CASE("text 0.0.4 is written as clients write it", "[telemetry][exposition]") {
  CHECK(write_text(every_type()) ==
        R"(# HELP http_requests_total Requests \\ answered,\nby "code".
# TYPE http_requests_total counter
http_requests_total{code="200"} 1.234567e+06
http_requests_total{code="a\"b\\c\nd"} 0
# HELP http_requests_created Requests \\ answered,\nby "code".
# TYPE http_requests_created gauge
http_requests_created{code="200"} 1.5
# HELP temperature_celsius Outside.
# TYPE temperature_celsius gauge
temperature_celsius -3.25
# HELP wait_seconds Time in the queue.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.1"} 1
wait_seconds_bucket{le="+Inf"} 2
wait_seconds_sum 0.35
wait_seconds_count 2
# HELP size_bytes Sizes.
# TYPE size_bytes summary
size_bytes{quantile="0.5"} 10
size_bytes_sum 1e+06
size_bytes_count 3
# HELP build_info What this is.
# TYPE build_info gauge
build_info{version="1"} 1
# HELP phase Where it is.
# TYPE phase gauge
phase{phase="up"} 1
phase{phase="down"} 0
# HELP queue_bucket What waits.
# TYPE queue_bucket untyped
queue_bucket{le="+Inf"} 2
# HELP queue_gsum What waits.
# TYPE queue_gsum untyped
queue_gsum 5
# HELP queue_gcount What waits.
# TYPE queue_gcount untyped
queue_gcount 2
# TYPE odd untyped
odd NaN
)");
}

TEST_CASE("OpenMetrics names families without _total, tells units and ends with # EOF",
          "[telemetry][exposition]") {
  CHECK(write_openmetrics(every_type(at_ms(1'700'000'000'120))) ==
        R"(# HELP http_requests Requests \\ answered,\nby \"code\".
# TYPE http_requests counter
http_requests_total{code="200"} 1.234567e+06 1700000000.12 # {trace_id="t1"} 0.5 1.5
http_requests_total{code="a\"b\\c\nd"} 0.0 1700000000.12
http_requests_created{code="200"} 1.5 1700000000.12
# HELP temperature_celsius Outside.
# TYPE temperature_celsius gauge
# UNIT temperature_celsius celsius
temperature_celsius -3.25 1700000000.12
# HELP wait_seconds Time in the queue.
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="0.1"} 1.0 1700000000.12
wait_seconds_bucket{le="+Inf"} 2.0 1700000000.12
wait_seconds_sum 0.35 1700000000.12
wait_seconds_count 2.0 1700000000.12
# HELP size_bytes Sizes.
# TYPE size_bytes summary
size_bytes{quantile="0.5"} 10.0 1700000000.12
size_bytes_sum 1e+06 1700000000.12
size_bytes_count 3.0 1700000000.12
# HELP build What this is.
# TYPE build info
build_info{version="1"} 1.0 1700000000.12
# HELP phase Where it is.
# TYPE phase stateset
phase{phase="up"} 1.0 1700000000.12
phase{phase="down"} 0.0 1700000000.12
# HELP queue What waits.
# TYPE queue gaugehistogram
queue_bucket{le="+Inf"} 2.0 1700000000.12
queue_gsum 5.0 1700000000.12
queue_gcount 2.0 1700000000.12
# TYPE odd unknown
odd NaN 1700000000.12
# EOF
)");
}

TEST_CASE(
    "a counter without _total gets it in OpenMetrics, a unit that is not in the name is left "
    "out",
    "[telemetry][exposition]") {
  Page page;
  page.families.push_back(
      {"jobs", MetricType::counter, "", "seconds", {sample({{"__name__", "jobs"}}, 1)}});
  CHECK(write_openmetrics(page) == "# TYPE jobs counter\njobs_total 1.0\n# EOF\n");
  CHECK(write_text(page) == "# TYPE jobs counter\njobs 1\n");
}

TEST_CASE("a sample without a name has its family's", "[telemetry][exposition]") {
  Page page;
  page.families.push_back({"up", MetricType::gauge, "", "", {sample({{"job", "a"}}, 1)}});
  CHECK(write_text(page) == "# TYPE up gauge\nup{job=\"a\"} 1\n");
}

TEST_CASE("bytes that are not UTF-8 are replaced", "[telemetry][exposition]") {
  Page page;
  page.families.push_back(
      {"a", MetricType::gauge, "x\xff", "", {sample({{"__name__", "a"}, {"b", "\xed\xa0"}}, 1)}});
  CHECK(write_text(page) == "# HELP a x\uFFFD\n# TYPE a gauge\na{b=\"\uFFFD\uFFFD\"} 1\n");
}

// 2.01 * 1000 is cut to 2009 by Prometheus; the next double above 2.01 gives 2010.
TEST_CASE("every millisecond written is the millisecond read", "[telemetry][exposition]") {
  const auto around = [](std::int64_t from) {
    Page page;
    page.families.push_back({"a", MetricType::gauge, "", "", {}});
    for (std::int64_t ms = from; ms < from + 5000; ++ms)
      page.families[0].samples.push_back(sample({{"__name__", "a"}}, 1, at_ms(ms)));
    Diagnostics found;
    const Page again = read("page", write_openmetrics(page), found);
    CHECK(found.text() == "");
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 5000; ++i)
      if (again.families.at(0).samples.at(i).time != page.families[0].samples[i].time) ++wrong;
    CHECK(wrong == 0);
  };
  around(-2500);
  around(4'000'000);
  around(1'700'000'000'000);
  around(253'402'300'790'000);
}

// ---- the real readers

TEST_CASE("promtool takes the text pages we write", "[telemetry][exposition]") {
  if (!Promtool::installed()) return;
  Promtool promtool;
  const int code = promtool.check_metrics(write_text(every_type()));
  INFO(promtool.said());
  // The linter misses the help of `odd` and dislikes the suffixes of the gaugehistogram's parts.
  CHECK(code == 3);
  CHECK_THAT(promtool.said(), Contains("odd no help text"));
  CHECK_THAT(promtool.said(), !Contains("parsing error"));

  Page clean = every_type(at_ms(1'700'000'000'000));
  clean.families.resize(4);
  CHECK(promtool.check_metrics(write_text(clean)) == 0);
}

TEST_CASE("promtool makes of our OpenMetrics pages the samples that are in them",
          "[telemetry][exposition]") {
  if (!Promtool::installed()) return;
  Promtool promtool;
  Page page = every_type(at_ms(2010));
  const int code = promtool.create_blocks(write_openmetrics(page));
  INFO(promtool.said());
  REQUIRE(code == 0);
  const std::string dump = promtool.dump();
  CHECK_THAT(dump,
             Contains("{__name__=\"http_requests_total\", code=\"200\"} 1.234567e+06 2010\n"));
  CHECK_THAT(dump, Contains("code=\"a\\\"b\\\\c\\nd\"} 0 2010\n"));
  CHECK_THAT(dump, Contains("{__name__=\"wait_seconds_bucket\", le=\"+Inf\"} 2 2010\n"));
  CHECK_THAT(dump, Contains("{__name__=\"odd\"} NaN 2010\n"));
  CHECK(std::count(dump.begin(), dump.end(), '\n') == 18);
}

}  // namespace coalmine::exposition
