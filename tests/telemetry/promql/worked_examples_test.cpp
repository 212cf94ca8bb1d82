// What promtool 2.42.0 answered to the same series (specs/prometheus.md section 14).
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

const SeriesStore& examples() {
  static const SeriesStore table = series(R"(
    c{i="a"} _ 10 20 30 5 15 25
    c{i="b"} _ _ _ 2 4 6 8
    c{i="z"} _ 0 50 100 150 200 250
    g{k="x"} 4 8 NaN 2 6 6 6
    h_bucket{le="10"} 0 2 4 6 8 10 12
    h_bucket{le="20"} 0 6 12 18 24 30 36
    h_bucket{le="40"} 0 7 14 21 28 35 42
    h_bucket{le="+Inf"} 0 8 16 24 32 40 48
    m{app="p",v="1"} 10+0x6
    m{app="p",v="2"} 20+0x6
    m{app="q",v="1"} 5+0x6
    n{app="p",team="red"} 2+0x6
    n{app="q",team="blue"} 0+0x6
  )");
  return table;
}

std::string at_64(std::string_view query, const Options& options = kVersion2) {
  return ask(query, examples(), 64, options);
}

TEST_CASE("rates of counters extrapolate as Prometheus does") {
  // Raw 45 with one reset, 6 s and 4 s extrapolated.
  CHECK(at_64(R"(increase(c{i="a"}[1m]))") == R"({i="a"} 54)");
  CHECK(at_64(R"(increase(c{i="z"}[57s]))") == R"({i="z"} 270)");
  CHECK(at_64(R"(irate(c{i="a"}[35s]))") == R"({i="a"} 1)");
  CHECK(at_64(R"(c{i="b"} offset 40s)").empty());
}

TEST_CASE("the clamp at zero comes before the threshold in 2.x and after it from 2.51 on") {
  CHECK(at_64(R"(rate(c{i="b"}[1m]))", kVersion2) == R"({i="b"} 0.14666666666666667)");
  CHECK(at_64(R"(rate(c{i="b"}[1m]))", kVersion2_51) == R"({i="b"} 0.13)");
  CHECK(at_64(R"(rate(c{i="b"}[1m]))", kVersion3) == R"({i="b"} 0.13)");
}

TEST_CASE("a NaN spoils an average over time and no maximum") {
  CHECK(at_64(R"(avg_over_time(g{k="x"}[1m]))") == R"({k="x"} NaN)");
  CHECK(at_64(R"(max_over_time(g{k="x"}[1m]))") == R"({k="x"} 8)");
}

TEST_CASE("quantiles of histograms are linear within a bucket and end at the last finite bound") {
  CHECK(at_64("histogram_quantile(0.5, rate(h_bucket[30s]))") == "{} 15");
  CHECK(at_64("histogram_quantile(0.95, rate(h_bucket[30s]))") == "{} 40");
}

TEST_CASE("many elements meet one, whose labels can be taken along") {
  CHECK(at_64("m / on(app) group_left(team) n") ==
        R"({app="p", team="red", v="1"} 5
{app="p", team="red", v="2"} 10
{app="q", team="blue", v="1"} +Inf)");
  CHECK(at_64("m == bool on(app) group_left n * 5") == R"({app="p", v="1"} 1
{app="p", v="2"} 0
{app="q", v="1"} 0)");
}

TEST_CASE("aggregations, absence and scalars") {
  CHECK(at_64("quantile(0.75, m)") == "{} 15");
  CHECK(at_64(R"(sum(m{app="zz"}) or vector(0))") == "{} 0");
  CHECK(at_64("scalar(m) + 1") == "NaN");
  CHECK(at_64(R"(absent(m{app="zz",v!="1"}))") == R"({app="zz"} 1)");
  CHECK(at_64("topk(1, m) by (app)") == R"(m{app="p", v="2"} 20
m{app="q", v="1"} 5)");
}

TEST_CASE("labels are rewritten where the pattern matches") {
  CHECK(at_64(R"q(label_replace(n, "ver", "v-$1", "team", "(r)(.*)"))q") ==
        R"(n{app="p", team="red", ver="v-r"} 2
n{app="q", team="blue"} 0)");
}

TEST_CASE("arithmetic, subqueries and what division by zero gives") {
  CHECK(at_64("clamp_max(m, 12) - 2 ^ 2 * 2") == R"({app="p", v="1"} 2
{app="p", v="2"} 4
{app="q", v="1"} -3)");
  CHECK(at_64(R"(sum_over_time((m{app="q"} > 3)[30s:10s]))") == R"({app="q", v="1"} 15)");
  CHECK(at_64(R"((0 * sum(m{app="q"})) / 0)") == "{} NaN");
  CHECK(at_64(R"(-(m{app="q"}) / 0)") == R"({app="q", v="1"} -Inf)");
  CHECK(at_64(R"(round(m{app="q"} / 3, 0.05))") == R"({app="q", v="1"} 1.65)");
}

TEST_CASE("the example of the HTTP interface, to the last digit") {
  SeriesStore requests;
  const Labels labels{{"__name__", "http_requests_total"}, {"code", "200"}};
  const std::pair<double, double> samples[] = {{0, 0}, {15, 60}, {30.25, 120}, {45, 20}};
  for (const auto& [time, value] : samples) requests.append(labels, seconds_in(time), value);
  CHECK(ask("rate(http_requests_total[1m])", requests, 45, kVersion2) ==
        R"({code="200"} 2.3333333333333335)");
  CHECK(ask("increase(http_requests_total[1m])", requests, 45, kVersion2) == R"({code="200"} 140)");
  CHECK(ask_range("rate(http_requests_total[1m])", requests, 15, 60, 15, kVersion2) ==
        R"({code="200"} 1@15 2@30 2.3333333333333335@45 3.1111111111111107@60)");
}

TEST_CASE("timestamp() of a selector is that of its samples, of anything else now") {
  CHECK(ask("timestamp(m)", examples(), 25) == ask("timestamp(m)", examples(), 20));
  CHECK(ask(R"(timestamp(m{app="q"}))", examples(), 25) == R"({app="q", v="1"} 20)");
  CHECK(ask(R"(timestamp(m{app="q"} + 0))", examples(), 25) == R"({app="q", v="1"} 25)");
}

}  // namespace
}  // namespace coalmine::promql
