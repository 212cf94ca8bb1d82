// specs/prometheus.md sections 5.1 (precedence) and 8 (matching).
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"
#include "sim/telemetry/promql/printer.h"

namespace coalmine::promql {
namespace {

std::string reckoned(std::string_view query) {
  return ask(query, SeriesStore(), 0);
}

TEST_CASE("operators bind as in Prometheus") {
  CHECK(reckoned("1 + 2 * 3") == "7");
  CHECK(reckoned("10 - 3 - 2") == "5");
  CHECK(reckoned("2 * 3 % 4") == "2");
  CHECK(reckoned("2 ^ 3 ^ 2") == "512");
  CHECK(reckoned("-2 ^ 2") == "-4");
  CHECK(reckoned("2 ^ -1 * 4") == "2");
  CHECK(reckoned("--3") == "3");
  CHECK(reckoned("1 + 2 == bool 3") == "1");
  CHECK(reckoned("1 == bool 1 == bool 1") == "1");
  CHECK(reckoned("2 > bool 1 + 1") == "0");
  CHECK(reckoned("vector(1) or vector(2) and vector(3) > 5") == "{} 1");
  CHECK(reckoned("vector(1) and vector(2) or vector(3)") == "{} 1");
  CHECK(reckoned("vector(1) unless vector(2) and vector(3)").empty());
}

TEST_CASE("numbers are IEEE's, comparisons of scalars give 0 or 1") {
  CHECK(reckoned("1 / 0") == "+Inf");
  CHECK(reckoned("-1 / 0") == "-Inf");
  CHECK(reckoned("0 / 0") == "NaN");
  CHECK(reckoned("-7 % 3") == "-1");
  CHECK(reckoned("7 % 0") == "NaN");
  CHECK(reckoned("NaN == bool NaN") == "0");
  CHECK(reckoned("NaN != bool NaN") == "1");
  CHECK(reckoned("1 >= bool 1") == "1");
  CHECK(reckoned("1 <= bool 0") == "0");
  CHECK(reckoned("1 < bool 2") == "1");
  CHECK(reckoned("0x1F + 010 + .5 + 1e1") == "49.5");  // hexadecimal, octal
  CHECK(reckoned("inf - INF") == "NaN");
}

TEST_CASE("a comparison with a scalar filters, or with bool tells") {
  const SeriesStore table = series("x{i=\"1\"} 1\nx{i=\"2\"} 2\nx{i=\"3\"} NaN");
  CHECK(ask("x > 1", table, 0) == "x{i=\"2\"} 2");
  CHECK(ask("1 < x", table, 0) == "x{i=\"2\"} 2");
  CHECK(ask("x != 1", table, 0) == "x{i=\"2\"} 2\nx{i=\"3\"} NaN");
  CHECK(ask("x >= bool 2", table, 0) == "{i=\"1\"} 0\n{i=\"2\"} 1\n{i=\"3\"} 0");
  CHECK(ask("10 - x", table, 0) == "{i=\"1\"} 9\n{i=\"2\"} 8\n{i=\"3\"} NaN");
  CHECK(ask("-x{i=\"1\"}", table, 0) == "{i=\"1\"} -1");
  CHECK(ask("+x{i=\"1\"}", table, 0) == "x{i=\"1\"} 1");
}

const SeriesStore& requests() {
  static const SeriesStore table = series(R"(
    errors{app="a",code="500"} 4
    errors{app="a",code="502"} 6
    errors{app="b",code="500"} 1
    total{app="a"} 100
    total{app="b"} 50
    total{app="c"} 10
    owner{app="a",team="red"} 1
    owner{app="b",team="blue"} 1
  )");
  return table;
}

std::string matched(std::string_view query) {
  return ask(query, requests(), 0);
}

TEST_CASE("one to one: all labels, those of on(), or all but those of ignoring()") {
  CHECK(matched("total + total") == "{app=\"a\"} 200\n{app=\"b\"} 100\n{app=\"c\"} 20");
  CHECK(matched("total * on(app) owner") == "{app=\"a\"} 100\n{app=\"b\"} 50");
  CHECK(matched("owner * ignoring(team) total") == "{app=\"a\"} 100\n{app=\"b\"} 50");
  CHECK(matched("total > ignoring(team) owner") == "total{app=\"a\"} 100\ntotal{app=\"b\"} 50");
  CHECK(matched("total > on(app) owner") == "{app=\"a\"} 100\n{app=\"b\"} 50");
  CHECK(matched("owner > bool on(app) total") == "{app=\"a\"} 0\n{app=\"b\"} 0");
  CHECK(matched("total + errors").empty());
}

TEST_CASE("many to one keeps the labels of the many side and takes those it is told to") {
  CHECK(matched("errors / on(app) group_left total") ==
        "{app=\"a\", code=\"500\"} 0.04\n{app=\"a\", code=\"502\"} 0.06\n{app=\"b\", code=\"500\"} "
        "0.02");
  CHECK(matched("errors * on(app) group_left(team) owner") ==
        "{app=\"a\", code=\"500\", team=\"red\"} 4\n{app=\"a\", code=\"502\", team=\"red\"} 6\n"
        "{app=\"b\", code=\"500\", team=\"blue\"} 1");
  CHECK(matched("owner * ignoring(code, team) group_right errors") ==
        "{app=\"a\", code=\"500\"} 4\n{app=\"a\", code=\"502\"} 6\n{app=\"b\", code=\"500\"} 1");
  // An empty label of the one side takes the many side's away.
  CHECK(matched("errors{code=\"502\"} + on(app) group_left(code) total") == "{app=\"a\"} 106");
}

TEST_CASE("a filter keeps the left value, also when the many side is the right one") {
  CHECK(matched("total > on(app) group_right errors") ==
        "errors{app=\"a\", code=\"500\"} 100\nerrors{app=\"a\", code=\"502\"} 100\n"
        "errors{app=\"b\", code=\"500\"} 50");
  CHECK(matched("errors < on(app) group_left total") ==
        "errors{app=\"a\", code=\"500\"} 4\nerrors{app=\"a\", code=\"502\"} 6\n"
        "errors{app=\"b\", code=\"500\"} 1");
}

TEST_CASE("matches that are not unique are refused with Prometheus' words") {
  CHECK(matched("total / on(app) errors") ==
        "found duplicate series for the match group {app=\"a\"} on the right hand-side of the "
        "operation: "
        "[{__name__=\"errors\", app=\"a\", code=\"502\"}, {__name__=\"errors\", app=\"a\", "
        "code=\"500\"}];many-to-many matching not allowed: matching labels must be unique on one "
        "side");
  CHECK(matched("errors / on(app) group_right total").find("on the left hand-side") !=
        std::string::npos);
  CHECK(matched("errors / on(app) total") ==
        "multiple matches for labels: many-to-one matching must be explicit "
        "(group_left/group_right)");
  CHECK(matched("errors * on(app) group_left(code) owner") ==
        "multiple matches for labels: grouping labels must ensure unique matches");
  // A pair that the comparison drops does not count.
  CHECK(matched("errors > on(app) (total{app=\"a\"} - 95)") == "{app=\"a\"} 6");
}

TEST_CASE("an empty side makes an empty result, whatever the other is like") {
  CHECK(matched("errors / on(app) nothing").empty());
  CHECK(matched("nothing / on(app) errors").empty());
}

TEST_CASE("set operators keep whole elements") {
  CHECK(matched("total and on(app) owner{team=\"red\"}") == "total{app=\"a\"} 100");
  CHECK(matched("total unless on(app) owner") == "total{app=\"c\"} 10");
  CHECK(matched("owner or on(app) total") ==
        "owner{app=\"a\", team=\"red\"} 1\nowner{app=\"b\", team=\"blue\"} 1\ntotal{app=\"c\"} 10");
  CHECK(matched("nothing or total{app=\"a\"}") == "total{app=\"a\"} 100");
  CHECK(matched("total{app=\"a\"} or nothing") == "total{app=\"a\"} 100");
  CHECK(matched("total and nothing").empty());
  CHECK(matched("nothing unless total").empty());
  CHECK(matched("total{app=\"a\"} unless nothing") == "total{app=\"a\"} 100");
  CHECK(matched("total{app=\"a\"} and on() owner") == "total{app=\"a\"} 100");
  CHECK(matched("total and on() nothing").empty());
}

TEST_CASE("`or vector(0)` is added to whatever has labels") {
  CHECK(matched("total{app=\"a\"} or vector(0)") == "total{app=\"a\"} 100\n{} 0");
  CHECK(matched("sum(total) or vector(0)") == "{} 160");
  CHECK(matched("sum(nothing) or vector(0)") == "{} 0");
  CHECK(matched("total{app=\"a\"} or on() vector(0)") == "total{app=\"a\"} 100");
}

TEST_CASE("atan2 kept the name until 2.47") {
  CHECK(ask("total{app=\"a\"} atan2 0", requests(), 0, kVersion2) ==
        "total{app=\"a\"} 1.5707963267948966");
  CHECK(ask("total{app=\"a\"} atan2 0", requests(), 0, kVersion3) ==
        "{app=\"a\"} 1.5707963267948966");
}

TEST_CASE("a query is printed as Prometheus prints it, and what is printed parses to the same") {
  const std::pair<const char*, const char*> kPrinted[] = {
      {"sum(x)by(a,b)", "sum by (a, b) (x)"},
      {"SUM WITHOUT(a)(x)", "sum without (a) (x)"},
      {"x{a='b',c!~\"d\"}[90s] offset -1h @ 5.5", "x{a=\"b\",c!~\"d\"}[1m30s] @ 5.5 offset -1h"},
      {"rate(x[5m:] @ end())", "rate(x[5m:] @ end())"},
      {"topk(3,x)", "topk(3, x)"},
      {"a+ON(b)GROUP_LEFT(c)d", "a + on (b) group_left (c) d"},
      {"a == bool ignoring() b", "a == bool b"},
      {"-(1+x)^-y", "-(1 + x) ^ -y"},
      {"{__name__=\"x\"} # all", "{__name__=\"x\"}"},
      {"label_replace(x,'a','$1','b',`\\d`)", R"(label_replace(x, "a", "$1", "b", "\\d"))"},
      {"x[1d2h:3s] offset 1w", "x[1d2h:3s] offset 1w"},
      {"time() - 1e-9", "time() - 1e-09"},
  };
  for (const auto& [written, printed] : kPrinted) {
    CAPTURE(written);
    const std::string text = to_text(Query::parse(written).root());
    CHECK(text == printed);
    CHECK(to_text(Query::parse(text).root()) == text);
  }
}

}  // namespace
}  // namespace coalmine::promql
