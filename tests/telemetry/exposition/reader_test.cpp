#include "sim/telemetry/exposition/reader.h"

#include <fmt/core.h>

#include <bit>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "sim/telemetry/go_number.h"

using Catch::Contains;

namespace coalmine::exposition {
namespace {

/// A page read, and all that was said about it.
struct Reading {
  Page page;
  Diagnostics found;
  std::string text() const { return found.text(); }
};

Reading reading(const std::string& text) {
  Reading r;
  r.page = read("page", text, r.found);
  return r;
}

Timestamp at_ms(std::int64_t ms) {
  return Timestamp(Millis(ms));
}

/// The one warning of a page of text 0.0.4 without errors.
std::string warning(const std::string& text) {
  const Reading r = reading(text);
  CHECK_FALSE(r.found.has_errors());
  CHECK(r.found.sorted().size() == 1);
  return r.text();
}

}  // namespace

// ---- what is read

TEST_CASE("a page of text 0.0.4 is read family by family", "[telemetry][exposition]") {
  const Reading r = reading(
      "# HELP requests_total Requests, by \\\\ and\\ncode.\n"
      "# TYPE requests_total counter\n"
      "requests_total{code=\"200\"} 5\n"
      "requests_total{code=\"500\",} 1e3 1700000000123\n"
      "# just a comment\n"
      "\n"
      "up 1\n"
      "# TYPE h histogram\n"
      "h_bucket{le=\"0.5\"} 1\n"
      "h_bucket{le=\"+Inf\"} 2\n"
      "h_sum 1.5\n"
      "h_count 2\n");
  CHECK(r.text() == "");
  REQUIRE(r.page.families.size() == 3);
  const Family& requests = r.page.families[0];
  CHECK(requests.name == "requests_total");
  CHECK(requests.type == MetricType::counter);
  CHECK(requests.help == "Requests, by \\ and\ncode.");
  REQUIRE(requests.samples.size() == 2);
  CHECK(requests.samples[0].labels == Labels({{"__name__", "requests_total"}, {"code", "200"}}));
  CHECK(requests.samples[0].value == 5);
  CHECK_FALSE(requests.samples[0].time);
  CHECK(requests.samples[1].value == 1000);
  CHECK(requests.samples[1].time == at_ms(1'700'000'000'123));
  CHECK(r.page.families[1].type == MetricType::unknown);
  CHECK(r.page.families[2].samples.size() == 4);
}

TEST_CASE("a page that ends with # EOF is OpenMetrics", "[telemetry][exposition]") {
  const Reading r = reading(
      "# TYPE requests_seconds counter\n"
      "# UNIT requests_seconds seconds\n"
      "# HELP requests_seconds Time \\\"spent\\\".\n"
      "requests_seconds_total{a=\"x\"} 5.0 1.5 # {trace_id=\"t\"} 0.25 1.25\n"
      "requests_seconds_created{a=\"x\"} 1.0 1.5\n"
      "# TYPE build info\n"
      "build_info{version=\"1\"} 1\n"
      "# EOF\n");
  CHECK(r.text() == "");
  REQUIRE(r.page.families.size() == 2);
  const Family& requests = r.page.families[0];
  CHECK(requests.name == "requests_seconds_total");
  CHECK(requests.unit == "seconds");
  CHECK(requests.help == "Time \"spent\".");
  REQUIRE(requests.samples.size() == 2);
  CHECK(requests.samples[0].time == at_ms(1500));
  REQUIRE(requests.samples[0].exemplar);
  CHECK(requests.samples[0].exemplar->labels == Labels({{"trace_id", "t"}}));
  CHECK(requests.samples[0].exemplar->value == 0.25);
  CHECK(requests.samples[0].exemplar->time == at_ms(1250));
  CHECK(requests.samples[1].labels.metric_name() == "requests_seconds_created");
  CHECK(r.page.families[1].type == MetricType::info);
}

TEST_CASE("the last line that is not blank tells the format", "[telemetry][exposition]") {
  CHECK(detect_format("") == Format::text);
  CHECK(detect_format("a 1\n") == Format::text);
  CHECK(detect_format("# EOF\na 1\n") == Format::text);
  CHECK(detect_format("a 1\n# EOF") == Format::openmetrics);
  CHECK(detect_format("a 1\n# EOF\n") == Format::openmetrics);
  CHECK(detect_format("a 1\n# EOF\r\n\n") == Format::openmetrics);
  CHECK(detect_format("a{b=\"# EOF") == Format::text);
}

// promtool's blocks hold 1004 for 1.005: 1.005 * 1000 is 1004.9999999999999, and is cut.
TEST_CASE("seconds become whole milliseconds by cutting, as in Prometheus",
          "[telemetry][exposition]") {
  const Reading r = reading("a 1 1.001\na 1 1.005\na 1 1.1\na 1 2.01\na 1 1700000000.001\n# EOF\n");
  std::vector<std::int64_t> times;
  for (const Sample& s : r.page.families.at(0).samples)
    times.push_back(s.time.value().time_since_epoch().count());
  CHECK(times == std::vector<std::int64_t>{1000, 1004, 1100, 2009, 1'700'000'000'001});
}

TEST_CASE("not-a-number is the ordinary one, never the mark of a stale series",
          "[telemetry][exposition]") {
  const Reading r = reading("a NaN\n");
  const double value = r.page.families.at(0).samples.at(0).value;
  CHECK(std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(kOrdinaryNan));
}

// ---- errors

TEST_CASE("an error says where, what is there and what belongs there", "[telemetry][exposition]") {
  CHECK(reading("up 1\nrequests{code=\"200\"} many\n").text() ==
        "page:2:22: error: the value cannot be \"many\"\n"
        "    2 | requests{code=\"200\"} many\n"
        "      |                      ^~~~\n"
        "  here belongs a number: 1, 0.5, 1e-3, NaN, +Inf or -Inf\n");
  CHECK(reading("# TYPE a guage\na 1\n").text() ==
        "page:1:10: error: \"guage\" is no type of metric of text 0.0.4\n"
        "    1 | # TYPE a guage\n"
        "      |          ^~~~~ did you mean gauge?\n"
        "  types: counter, gauge, histogram, summary, untyped\n");
  CHECK_THAT(reading("a{b=\"\\q\"} 1\n").text(),
             Contains("page:1:6: error: \"\\\\q\" is no escape of a label value") &&
                 Contains(R"(escapes: \\, \" and \n)"));
  CHECK_THAT(reading("a{b=\"x\ny\"} 1\n").text(),
             Contains("page:1:5: error: the quote of this label value is not closed on its line"));
  CHECK_THAT(reading("a 1\r\n").text(), Contains("lines end in \\n alone"));
  CHECK_THAT(reading("a 1").text(),
             Contains("page:1:4: error: the page ends in the middle of a line"));
  CHECK_THAT(reading("a 1 1700000000.5\n").text(),
             Contains("page:1:5: error: the timestamp cannot be \"1700000000.5\"") &&
                 Contains("whole milliseconds; OpenMetrics has seconds, and `# EOF`"));
  CHECK_THAT(reading("# TYPE a gauge\na 1\n# TYPE a gauge\n").text(),
             Contains("page:3:8: error: a second TYPE for a"));
  CHECK_THAT(reading("  # TYPE a foo\n").text(), Contains("page:1:12: error: \"foo\""));
  CHECK_THAT(reading("# TYPE h histogram\nh_bucket{le=\"big\"} 1\n").text(),
             Contains("page:2:10: error: the label le of a histogram is a number, not \"big\""));
}

TEST_CASE("OpenMetrics has errors of its own", "[telemetry][exposition]") {
  CHECK_THAT(reading("a 1\n\nb 1\n# EOF\n").text(), Contains("page:2:1: error: an empty line"));
  CHECK_THAT(reading("a 1\n# EOF\n\n").text(),
             Contains("page:2:1: error: nothing may follow # EOF"));
  CHECK_THAT(reading("a 1\n# EOF\nb 1\n# EOF\n").text(),
             Contains("page:2:1: error: nothing may follow # EOF"));
  CHECK_THAT(reading("# UNIT a seconds\n# EOF\n").text(),
             Contains("page:1:10: error: a does not end in its unit, _seconds"));
  CHECK_THAT(reading("# hello\n# EOF\n").text(), Contains("OpenMetrics has no free comments"));
  CHECK_THAT(reading("a 1 1700000000123\n# EOF\n").text(),
             Contains("page:1:5: error: the timestamp is outside the years 1 to 9999") &&
                 Contains("are these milliseconds?"));
  Diagnostics found;
  read("page", "a 1\n", found, Format::openmetrics);
  CHECK_THAT(found.text(), Contains("page:1:1: error: the page does not end with # EOF"));
}

TEST_CASE("an instant outside the calendar is refused in both formats", "[telemetry][exposition]") {
  CHECK(reading("a 1 9223372036854775807\n").found.has_errors());
  CHECK(reading("a 1 -9223372036854775808\n").found.has_errors());
  CHECK(reading("a 1 1e18\n# EOF\n").found.has_errors());
  CHECK_FALSE(reading("a 1 253402300799999\n").found.has_errors());
}

TEST_CASE("all mistakes of a page are told at once, up to a bound", "[telemetry][exposition]") {
  CHECK(reading("a x\nb 1\nc y\nd z\n").found.errors() == 3);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "a x\n";
  const Reading r = reading(many);
  CHECK(r.found.errors() == 51);
  CHECK_THAT(r.text(), Contains("page: error: after 50 errors line 50 was the last one read"));
}

TEST_CASE("warnings in their thousands hide no error", "[telemetry][exposition]") {
  std::string text = "# TYPE c counter\n";
  for (int i = 0; i < 3000; ++i) text += "c{i=\"" + std::to_string(i) + "\"} -1\n";
  const Reading r = reading(text + "oops\n");
  CHECK(r.found.errors() == 1);
  CHECK_THAT(r.text(), Contains("page:3002:5: error: the value is missing"));
  CHECK_THAT(r.text(), Contains("page: warning: 2950 more warnings"));
}

TEST_CASE("what stands in a page never reaches a terminal raw", "[telemetry][exposition]") {
  const std::string text = reading("\x1b[2J 1\nb\xff\x07 2\n").text();
  for (const char c : text) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
}

// ---- warnings: what Prometheus takes and the format forbids

TEST_CASE("buckets that fall or stand in disorder are a warning", "[telemetry][exposition]") {
  const std::string head = "# TYPE h histogram\n";
  const std::string tail = "h_bucket{le=\"+Inf\"} 9\nh_sum 1\nh_count 9\n";
  CHECK(
      warning(head + "h_bucket{le=\"1\"} 4\nh_bucket{le=\"2\"} 3\n" + tail) ==
      "page:3:1: warning: buckets are cumulative: 3 up to le=\"2\" is less than 4 up to le=\"1\"\n"
      "    3 | h_bucket{le=\"2\"} 3\n"
      "      | ^\n");
  CHECK_THAT(warning(head + "h_bucket{le=\"2\"} 3\nh_bucket{le=\"1\"} 2\n" + tail),
             Contains("page:3:1: warning: buckets stand in increasing order"));
  CHECK_THAT(warning(head + "h_bucket{le=\"1\"} 3\nh_bucket{le=\"1.0\"} 3\n" + tail),
             Contains("le=\"1.0\" comes after le=\"1\""));
  CHECK_THAT(warning(head + "h_bucket 3\n" + tail), Contains("a bucket of h needs a label le"));
  CHECK_THAT(warning(head + "h_bucket{le=\"1\"} 3\nh_count 3\n"),
             Contains("page:2:1: warning: the last bucket of h must have le=\"+Inf\""));
  CHECK_THAT(warning(head + "h_bucket{le=\"+Inf\"} 3\nh_count 4\n"),
             Contains("holds 3, its count is 4"));
  CHECK_THAT(warning(head + "h_count 4\n"), Contains("h is a histogram without buckets"));
  CHECK_THAT(warning(head + "h 4\n"),
             Contains("h is a histogram: its samples have other names") &&
                 Contains("names: h_bucket, h_count, h_sum"));
}

TEST_CASE("each set of labels and each instant is a histogram of its own",
          "[telemetry][exposition]") {
  CHECK(reading("# TYPE h histogram\n"
                "h_bucket{a=\"x\",le=\"1\"} 5\nh_bucket{a=\"y\",le=\"1\"} 2\n"
                "h_bucket{a=\"x\",le=\"+Inf\"} 5\nh_bucket{a=\"y\",le=\"+Inf\"} 2\n"
                "h_count{a=\"x\"} 5\nh_count{a=\"y\"} 2\n")
            .text() == "");
  CHECK(reading("# TYPE h histogram\n"
                "h_bucket{le=\"1\"} 5 1\nh_bucket{le=\"1\"} 6 2\n"
                "h_bucket{le=\"+Inf\"} 5 1\nh_bucket{le=\"+Inf\"} 6 2\n"
                "h_count 5 1\nh_count 6 2\n# EOF\n")
            .text() == "");
}

TEST_CASE("a quantile outside 0 to 1 and a negative counter are warnings",
          "[telemetry][exposition]") {
  CHECK_THAT(warning("# TYPE s summary\ns{quantile=\"2\"} 1\n"),
             Contains("page:2:1: warning: a quantile lies in 0 to 1, not at \"2\""));
  CHECK_THAT(warning("# TYPE s summary\ns{quantile=\"NaN\"} 1\n"), Contains("not at \"NaN\""));
  CHECK_THAT(warning("# TYPE c counter\nc -1\n"), Contains("a counter is never negative"));
  CHECK_THAT(warning("# TYPE c counter\nc NaN\n"), Contains("a counter is never NaN"));
}

TEST_CASE("families torn apart, a late TYPE and a counter without _total are warnings",
          "[telemetry][exposition]") {
  CHECK(warning("a 1\nb 1\na{x=\"1\"} 1\na{x=\"2\"} 1\n") ==
        "page:3:1: warning: the lines of a do not stand together\n"
        "    3 | a{x=\"1\"} 1\n"
        "      | ^ it began further up\n"
        "  another family came between\n");
  CHECK_THAT(warning("a 1\n# TYPE a gauge\n# EOF\n"),
             Contains("page:2:8: warning: the TYPE of a comes after its samples"));
  CHECK_THAT(warning("# TYPE a counter\na 1\n# EOF\n"),
             Contains("a is a counter: its samples have other names") && Contains("a_total"));
  CHECK_THAT(warning("# HELP a x\n# HELP a y\n# EOF\n"), Contains("a second HELP for a"));
}

TEST_CASE("samples that Prometheus drops are told once", "[telemetry][exposition]") {
  CHECK_THAT(warning("a 1\na 2\n"),
             Contains("page:2:1: warning: 1 sample is no later than one of the same series before "
                      "it, the first of them here: Prometheus drops such"));
  CHECK_THAT(warning("a 1 5\na 1 5\na 1 4\na 1 6\n# EOF\n"),
             Contains("page:2:1: warning: 2 samples"));
  CHECK(reading("a 1 5\na 1 6\na{b=\"c\"} 1 5\n# EOF\n").text() == "");
  CHECK_THAT(warning("a{b=\"\"} 1\na 2\n"), Contains("1 sample is no later"));
}

// ---- any bytes

TEST_CASE("a line of a hundred thousand labels takes no longer than as many lines",
          "[telemetry][exposition]") {
  std::string line = "a{";
  for (int i = 100'000; i-- > 0;) line += fmt::format("l{}=\"v\",", 100'000 + i);
  line += "} 1\n";
  CHECK(reading(line).page.families.at(0).samples.at(0).labels.size() == 100'001);
}

TEST_CASE("a number of a million digits is a number", "[telemetry][exposition]") {
  const std::string zeros(1'000'000, '0');
  CHECK(reading(fmt::format("a 0.{}1\n", zeros)).page.families.at(0).samples.size() == 1);
  CHECK(reading(fmt::format("a 1{}\n", zeros)).found.errors() == 1);
}

TEST_CASE("an OpenMetrics page that has lost its end is warned of", "[telemetry][exposition]") {
  const auto warnings = [](const char* page) {
    Diagnostics found;
    read("page", page, found);
    return found.text();
  };
  CHECK(warnings("up 1 1700000000\nup 1 1700000015\n").find("ends with # EOF") !=
        std::string::npos);
  CHECK(warnings("up 1 1700000000\n# EOF\n").empty());
  CHECK(warnings("up 1 1700000000000\n").empty());
  CHECK(warnings("up 1 15000\ndown 1\n").empty());
  CHECK(warnings("up 1\n").empty());
}

// ---- into series

TEST_CASE("the samples of a page become series", "[telemetry][exposition]") {
  const Reading r =
      reading("a{x=\"1\"} 1 10\nb 7 10\na{x=\"1\"} 2 20\na{x=\"1\"} 9 15\na{x=\"2\"} 5\n# EOF\n");
  SeriesStore table;
  CHECK(append(r.page, at_ms(500), table) == 1);
  CHECK(table.size() == 3);
  const std::vector<Matcher> x1{{"x", MatchOp::equal, "1"}};
  const auto series = table.select(x1);
  REQUIRE(series.size() == 1);
  CHECK(std::vector<double>(series[0].values.begin(), series[0].values.end()) ==
        std::vector<double>{1, 2});
  CHECK(series[0].times[1] == at_ms(20'000));
  const std::vector<Matcher> x2{{"x", MatchOp::equal, "2"}};
  CHECK(table.select(x2).at(0).times[0] == at_ms(500));
}

TEST_CASE("Prometheus 3 writes the bounds of histograms and quantiles as floats",
          "[telemetry][exposition]") {
  Reading r = reading(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2500000\"} 1\n"
      "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"
      "# TYPE s summary\ns{quantile=\"1\"} 1\ns_sum 1\ns_count 1\n"
      "# TYPE g gauge\ng{le=\"1\",quantile=\"1\"} 1\n# EOF\n");
  write_bounds_as_floats(r.page);
  std::string bounds;
  for (const Family& family : r.page.families)
    for (const Sample& sample : family.samples)
      bounds += std::string(sample.labels.get("le")) + "," +
                std::string(sample.labels.get("quantile")) + ";";
  CHECK(bounds == "1.0,;2.5e+06,;+Inf,;,;,;,1.0;,;,;1,1;");
}

}  // namespace coalmine::exposition
