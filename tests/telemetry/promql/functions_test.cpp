// The functions of specs/prometheus.md sections 6 and 10 on series small enough to reckon by hand.
// The answers were compared with those of Prometheus 2.42.0.
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

constexpr const char* kNan = "{} NaN";

/// One function of numbers: `{} value`.
std::string of_number(const std::string& call) {
  return ask(call, SeriesStore(), 100, kVersion2);
}

TEST_CASE("increase, rate and delta extrapolate to edges that are near") {
  // Every 10 s at 0..60, asked at 65: the range from 5 on sees 10..60. 5 s are missing at each
  // edge, less than 11: all 60 s are covered at the pace of 50 in 50 s.
  const SeriesStore table = series("c 0+10x6\nd 100-10x6");
  CHECK(ask("increase(c[1m])", table, 65, kVersion2) == "{} 60");
  CHECK(ask("rate(c[1m])", table, 65, kVersion2) == "{} 1");
  CHECK(ask("delta(d[1m])", table, 65, kVersion2) == "{} -60");
  // To edges 20 s away only half a mean distance each: 60 s + 5 s + 5 s.
  CHECK(ask("delta(d[100s])", table, 80, kVersion2) == "{} -70");
}

TEST_CASE("a distance of exactly 1.1 means is too far") {
  // Mean 10 s; the last sample at 50, asked at 61: 11 s is not near any more.
  const SeriesStore table = series("d 0 -10 -20 -30 -40 -50");
  CHECK(ask("delta(d[61s])", table, 61, kVersion2) == "{} -55.00000000000001");
  CHECK(ask("delta(d[1m])", table, 60, kVersion2) == "{} -60");
}

TEST_CASE("a reset counts from zero, and a counter never was below it") {
  const SeriesStore table = series("c 50 60 0 10\nz 1 100");
  CHECK(ask("increase(c[30s])", table, 30, kVersion2) == "{} 20");
  // 1 after 10 s of 99 more: zero was 10/99 s ago.
  CHECK(ask("increase(z[40s])", series("z _ _ _ 1 100"), 40, kVersion2) == "{} 99.99999999999999");
}

TEST_CASE("the last two samples make irate and idelta") {
  const SeriesStore table = series("c 0 10 40 15");
  CHECK(ask("irate(c[1m])", table, 20) == "{} 3");
  CHECK(ask("idelta(c[1m])", table, 20) == "{} 30");
  CHECK(ask("irate(c[1m])", table, 30) == "{} 1.5");  // reset: 15 since
  CHECK(ask("idelta(c[1m])", table, 30) == "{} -25");
  CHECK(ask("irate(c[1m])", table, 0).empty());
  CHECK(ask("idelta(c[1m])", table, 0).empty());
}

TEST_CASE("one sample makes no rate") {
  const SeriesStore table = series("c 5");
  for (const char* function : {"rate", "increase", "delta", "irate", "idelta", "deriv"})
    CHECK(ask(std::string(function) + "(c[1m])", table, 10).empty());
  CHECK(ask("predict_linear(c[1m], 60)", table, 10).empty());
}

TEST_CASE("least squares give a slope and what it leads to") {
  const SeriesStore table = series("g 1 3 5 7\nk 4 4 4 4\ni Inf Inf Inf Inf");
  CHECK(ask("deriv(g[1m])", table, 30) == "{} 0.2");
  CHECK(ask("predict_linear(g[1m], 100)", table, 30) == "{} 27");
  CHECK(ask("predict_linear(g[1m], 100)", table, 40) ==
        "{} 29");  // from the instant, not the sample
  CHECK(ask("deriv(k[1m])", table, 30) == "{} 0");
  CHECK(ask("predict_linear(k[1m], 100)", table, 30) == "{} 4");
  CHECK(ask("deriv(i[1m])", table, 30) == kNan);
}

TEST_CASE("changes and resets are counted, NaN to NaN is none") {
  const SeriesStore table = series("g 1 1 2 NaN NaN 1 0");
  CHECK(ask("changes(g[2m])", table, 60) == "{} 4");
  CHECK(ask("resets(g[2m])", table, 60) == "{} 1");
  CHECK(ask("changes(g[2m])", table, 0) == "{} 0");
}

TEST_CASE("aggregations over time") {
  const SeriesStore table = series("g 2 4 4 4 5 5 7 9\nn NaN 1 3");
  const auto over_time = [&](const std::string& name) {
    return ask(name + "_over_time(g[2m])", table, 70);
  };
  CHECK(over_time("avg") == "{} 5");
  CHECK(over_time("sum") == "{} 40");
  CHECK(over_time("min") == "{} 2");
  CHECK(over_time("max") == "{} 9");
  CHECK(over_time("count") == "{} 8");
  CHECK(over_time("last") == "g 9");
  CHECK(over_time("stddev") == "{} 2");
  CHECK(over_time("stdvar") == "{} 4");
  CHECK(over_time("present") == "{} 1");
  CHECK(ask("quantile_over_time(0.5, g[2m])", table, 70) == "{} 4.5");
  CHECK(ask("quantile_over_time(1.5, g[2m])", table, 70) == "{} +Inf");
  CHECK(ask("min_over_time(n[1m])", table, 20) == "{} 1");
  CHECK(ask("max_over_time(n[1m])", table, 20) == "{} 3");
  CHECK(ask("sum_over_time(n[1m])", table, 20) == kNan);
  CHECK(ask("max_over_time(n[1m])", table, 0) == kNan);
}

TEST_CASE("sums keep what plain addition would lose, and infinities") {
  const SeriesStore table = series("g 1 1e100 1 -1e100\ni 1 Inf 1\nj Inf -Inf\nh 1.7e308 1.7e308");
  for (const Options& options : {kVersion2, kVersion3}) {
    CHECK(ask("sum_over_time(g[1m])", table, 30, options) == "{} 2");
    CHECK(ask("sum_over_time(i[1m])", table, 30, options) == "{} +Inf");
    CHECK(ask("avg_over_time(i[1m])", table, 30, options) == "{} +Inf");
    CHECK(ask("sum_over_time(j[1m])", table, 30, options) == kNan);
    CHECK(ask("avg_over_time(h[1m])", table, 30, options) == "{} 1.7e+308");
  }
}

TEST_CASE("an infinity spoils the sums of older versions") {
  const SeriesStore table = series("x{} 1 Inf 2");
  CHECK(ask("stdvar_over_time(x[1m])", table, 20, kVersion2) == "{} NaN");
  CHECK(ask("stddev_over_time(x[1m])", table, 20, kVersion2) == "{} NaN");
  CHECK(ask("sum_over_time(x[1m])", table, 20, kVersion2) == "{} +Inf");
  CHECK(ask("deriv(x[1m])", table, 20, kVersion2) == "{} NaN");
}

TEST_CASE("absence is labelled with what the selector wanted to be equal") {
  const SeriesStore table = series(R"(up{job="a"} 1 1 1)");
  CHECK(ask("absent(up)", table, 20).empty());
  CHECK(ask(R"(absent(up{job="b"}))", table, 20) == R"({job="b"} 1)");
  CHECK(ask(R"(absent(up{job="b",job="c",zone="d",code=~"5.."}))", table, 20) == R"({zone="d"} 1)");
  CHECK(ask(R"(absent(sum(up{job="b"})))", table, 20) == "{} 1");
  CHECK(ask(R"(absent((up{job="b"})))", table, 20) == R"({job="b"} 1)");
  CHECK(ask("absent_over_time(up[1m])", table, 20).empty());
  CHECK(ask(R"(absent_over_time(down{job="b"}[1m]))", table, 20) == R"({job="b"} 1)");
  CHECK(ask("absent_over_time(up[1m])", table, 200) == "{} 1");
  CHECK(ask(R"(absent_over_time((down{job="b"})[1m:10s]))", table, 20) == "{} 1");
}

TEST_CASE("scalars and vectors turn into each other") {
  const SeriesStore table = series("x{i=\"1\"} 1 2 3\nx{i=\"2\"} 1 2 3");
  CHECK(ask(R"(scalar(x{i="1"}))", table, 20) == "3");
  CHECK(ask("scalar(x)", table, 20) == "NaN");
  CHECK(ask("scalar(y)", table, 20) == "NaN");
  CHECK(ask("vector(7)", table, 20) == "{} 7");
  CHECK(ask("time()", table, 20.25) == "20.25");
  CHECK(ask("vector(time())", table, -3) == "{} -3");
  CHECK(ask("pi()", table, 20) == "3.141592653589793");
}

TEST_CASE("rounding goes up at ties and multiplies by the inverse") {
  CHECK(of_number("round(vector(2.5))") == "{} 3");
  CHECK(of_number("round(vector(-2.5))") == "{} -2");
  CHECK(of_number("round(vector(7), 5)") == "{} 5");
  CHECK(of_number("round(vector(0.35), 0.1)") == "{} 0.4");
  CHECK(of_number("floor(vector(-0.5))") == "{} -1");
  CHECK(of_number("ceil(vector(1.2))") == "{} 2");
  CHECK(of_number("abs(vector(-3))") == "{} 3");
  CHECK(of_number("sgn(vector(-3))") == "{} -1");
  CHECK(of_number("sgn(vector(NaN))") == kNan);
  CHECK(of_number("sgn(vector(0))") == "{} 0");
}

TEST_CASE("clamping to nothing gives nothing, and NaN is not clamped") {
  CHECK(of_number("clamp(vector(5), 1, 3)") == "{} 3");
  CHECK(of_number("clamp(vector(0), 1, 3)") == "{} 1");
  CHECK(of_number("clamp(vector(2), 3, 1)").empty());
  CHECK(of_number("clamp(vector(NaN), 1, 3)") == kNan);
  CHECK(of_number("clamp(vector(5), NaN, 3)") == kNan);
  CHECK(of_number("clamp_min(vector(0), 1)") == "{} 1");
  CHECK(of_number("clamp_max(vector(5), 1)") == "{} 1");
  CHECK(of_number("clamp_max(vector(NaN), 1)") == kNan);
}

TEST_CASE("logarithms, roots and powers of numbers at the edge") {
  CHECK(of_number("exp(vector(0))") == "{} 1");
  CHECK(of_number("ln(vector(0))") == "{} -Inf");
  CHECK(of_number("ln(vector(-1))") == kNan);
  CHECK(of_number("log2(vector(8))") == "{} 3");
  CHECK(of_number("log10(vector(1000))") == "{} 3");
  CHECK(of_number("sqrt(vector(9))") == "{} 3");
  CHECK(of_number("sqrt(vector(-9))") == kNan);
}

TEST_CASE("angles") {
  for (const char* function :
       {"sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "deg", "rad"})
    CHECK(of_number(std::string(function) + "(vector(0))") == "{} 0");
  CHECK(of_number("cos(vector(0))") == "{} 1");
  CHECK(of_number("cosh(vector(0))") == "{} 1");
  CHECK(of_number("acos(vector(1))") == "{} 0");
  CHECK(of_number("acosh(vector(1))") == "{} 0");
  CHECK(of_number("deg(vector(pi()))") == "{} 180");
  CHECK(of_number("rad(vector(180))") == "{} 3.141592653589793");
  CHECK(of_number("1 atan2 0") == "1.5707963267948966");
}

TEST_CASE("hyperbolic functions are infinite where the exponential function is") {
  CHECK(of_number("sinh(vector(710))") == "{} +Inf");
  CHECK(of_number("sinh(vector(-710))") == "{} -Inf");
  CHECK(of_number("cosh(vector(-710))") == "{} +Inf");
  CHECK(of_number("sinh(vector(0.5))") == "{} 0.5210953054937474");
}

TEST_CASE("dates are those of Unix times in UTC, of now when none is given") {
  // 2006-01-02 22:04:05, a Monday.
  const auto of_date = [](const std::string& name) {
    return of_number(name + "(vector(1136239445))");
  };
  CHECK(of_date("year") == "{} 2006");
  CHECK(of_date("month") == "{} 1");
  CHECK(of_date("day_of_month") == "{} 2");
  CHECK(of_date("day_of_week") == "{} 1");
  CHECK(of_date("day_of_year") == "{} 2");
  CHECK(of_date("days_in_month") == "{} 31");
  CHECK(of_date("hour") == "{} 22");
  CHECK(of_date("minute") == "{} 4");
  CHECK(of_number("days_in_month(vector(951782400))") == "{} 29");  // 2000-02-29
  CHECK(of_number("year(vector(-1))") == "{} 1969");
  CHECK(of_number("minute()") == "{} 1");  // asked at 100 s
}

TEST_CASE("dates of no year that anybody has seen are those of Go") {
  CHECK(of_number("year(vector(1e12))") == "{} 33658");
  CHECK(of_number("year(vector(-1e12))") == "{} -29719");
  CHECK(of_number("day_of_year(vector(951782400 + 12622780800 * 1e4))") == "{} 60");  // 29th of 2
  // Beyond 64 bits and around: the far future.
  for (const char* number : {"NaN", "Inf", "-Inf", "1e300"}) {
    const std::string of = "(vector(" + std::string(number) + "))";
    CHECK(of_number("year" + of) == "{} 292277026596");
    CHECK(of_number("month" + of) == "{} 12");
    CHECK(of_number("day_of_month" + of) == "{} 4");
    CHECK(of_number("day_of_week" + of) == "{} 0");
    CHECK(of_number("hour" + of) == "{} 15");
    CHECK(of_number("minute" + of) == "{} 30");
  }
}

TEST_CASE("the pattern of label_replace must match the whole value") {
  const SeriesStore table = series(R"(x{a="one-two"} 1)");
  const auto replaced = [&](const char* arguments) {
    return ask("label_replace(x, " + std::string(arguments) + ")", table, 0);
  };
  CHECK(replaced(R"q("b", "$2", "a", "(.*)-(.*)")q") == R"(x{a="one-two", b="two"} 1)");
  CHECK(replaced(R"q("b", "${1}x$$", "a", "(.*)-(.*)")q") == R"(x{a="one-two", b="onex$"} 1)");
  CHECK(replaced(R"q("b", "$1x", "a", "(.*)-(.*)")q") == R"(x{a="one-two"} 1)");  // the group "1x"
  CHECK(replaced(R"q("b", "$tail", "a", "one-(?P<tail>.*)")q") == R"(x{a="one-two", b="two"} 1)");
  CHECK(replaced(R"q("b", "x", "a", "one")q") == R"(x{a="one-two"} 1)");
  CHECK(replaced(R"q("a", "", "a", ".*")q") == "x 1");
  CHECK(replaced(R"q("b", "none", "zone", "")q") == R"(x{a="one-two", b="none"} 1)");
  CHECK(replaced(R"q("__name__", "y", "", "")q") == R"(y{a="one-two"} 1)");
  CHECK(replaced(R"q("1b", "", "a", ".*")q") ==
        "invalid destination label name in label_replace(): 1b");
}

TEST_CASE("labels are joined, and none of them makes none") {
  const SeriesStore table = series(R"(x{a="1",b="2"} 1)");
  CHECK(ask(R"(label_join(x, "c", "-", "a", "b", "zone"))", table, 0) ==
        R"(x{a="1", b="2", c="1-2-"} 1)");
  CHECK(ask(R"(label_join(x, "a", "-"))", table, 0) == R"(x{b="2"} 1)");
  CHECK(ask(R"(label_join(x, "c", "-", "1a"))", table, 0) ==
        "invalid source label name in label_join(): 1a");
}

TEST_CASE("labels that become the same in one vector are refused") {
  const SeriesStore table = series("x{a=\"1\"} 1 1\nx{a=\"2\"} 1 1\ny{a=\"1\"} 1 1");
  const std::string refused = "vector cannot contain metrics with the same labelset";
  CHECK(ask(R"(label_replace(x, "a", "3", "a", ".*"))", table, 10) == refused);
  CHECK(ask(R"(label_join(x, "a", "-", "b"))", table, 10) == refused);
  CHECK(ask(R"(abs({a="1"}))", table, 10) == refused);
  CHECK(ask(R"(-{a="1"})", table, 10) == refused);
  CHECK(ask(R"({a="1"} * 2)", table, 10) == refused);
  CHECK(ask(R"(rate({a="1"}[1m]))", table, 10) == refused);
  CHECK(ask(R"(last_over_time({a="1"}[1m]))", table, 10) == "x{a=\"1\"} 1\ny{a=\"1\"} 1");
}

TEST_CASE("series that differ in their names alone collide also at different steps") {
  const SeriesStore table = series("x{a=\"1\"} 1 1\ny{a=\"1\"} _ _ _ _ 1 1");
  CHECK(ask_range(R"(rate({a="1"}[15s]))", table, 0, 50, 10) ==
        "vector cannot contain metrics with the same labelset");
}

TEST_CASE("negation compares whole results too") {
  const SeriesStore table = series("x{a=\"1\"} 1 stale\ny{a=\"1\"} _ _ _ _ 1 1");
  CHECK(ask_range(R"(-{a="1"})", table, 0, 50, 10) ==
        "vector cannot contain metrics with the same labelset");
  CHECK(ask_range(R"(-{a="1"})", table, 30, 50, 10) == R"({a="1"} -1@40 -1@50)");
}

TEST_CASE("of several errors the first from the inside and from the left is told") {
  const SeriesStore table = series(R"(x{a="1"} 1)");
  CHECK(ask(R"(label_join(count_values("1v", x), "2v", ""))", table, 0) ==
        "invalid label name \"1v\"");
  CHECK(ask(R"q(label_replace(count_values("1v", x), "2v", "", "", ""))q", table, 0) ==
        "invalid label name \"1v\"");
  CHECK(ask(R"(count_values("2v", count_values("1v", x)))", table, 0) ==
        "invalid label name \"1v\"");
  CHECK(ask(R"(count_values("1v", x) + scalar(count_values("2v", x)))", table, 0) ==
        "invalid label name \"1v\"");
  CHECK(ask(R"(clamp_max(count_values("1v", x), scalar(count_values("2v", x))))", table, 0) ==
        "invalid label name \"1v\"");
}

TEST_CASE("NaN sorts last either way, and sorting keeps names") {
  const SeriesStore table = series("x{i=\"1\"} 3\nx{i=\"2\"} NaN\nx{i=\"3\"} 1\nx{i=\"4\"} 2");
  CHECK(ask("sort(x)", table, 0) == "x{i=\"3\"} 1\nx{i=\"4\"} 2\nx{i=\"1\"} 3\nx{i=\"2\"} NaN");
  CHECK(ask("sort_desc(x)", table, 0) ==
        "x{i=\"1\"} 3\nx{i=\"4\"} 2\nx{i=\"3\"} 1\nx{i=\"2\"} NaN");
}

}  // namespace
}  // namespace coalmine::promql
