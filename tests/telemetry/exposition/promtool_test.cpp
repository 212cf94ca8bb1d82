// Our reader against the real ones, page by page: both take it or both refuse it.
#include "tests/telemetry/exposition/promtool.h"

#include <catch2/catch.hpp>

#include "sim/telemetry/exposition/reader.h"
#include "sim/telemetry/go_quote.h"
#include "tests/telemetry/exposition/pages.h"

namespace coalmine::exposition {
namespace {

bool refused(std::string_view page, Format format) {
  Diagnostics found;
  read("page", page, found, format);
  return found.has_errors();
}

std::string with_eof(std::string_view page) {
  return std::string(page) + "# EOF\n";
}

}  // namespace

TEST_CASE("text 0.0.4: what promtool takes is no error", "[telemetry][exposition]") {
  for (const std::string_view page : kTextTaken) {
    INFO(go_quote(page));
    CHECK_FALSE(refused(page, Format::text));
  }
}

TEST_CASE("text 0.0.4: what promtool refuses is an error", "[telemetry][exposition]") {
  for (const std::string_view page : kTextRefused) {
    INFO(go_quote(page));
    CHECK(refused(page, Format::text));
  }
}

TEST_CASE("OpenMetrics: what promtool takes is no error", "[telemetry][exposition]") {
  for (const std::string_view page : kOpenMetricsTaken) {
    INFO(go_quote(page));
    CHECK_FALSE(refused(with_eof(page), Format::openmetrics));
  }
  CHECK_FALSE(refused("# EOF", Format::openmetrics));
}

TEST_CASE("OpenMetrics: what promtool refuses is an error", "[telemetry][exposition]") {
  for (const std::string_view page : kOpenMetricsRefused) {
    INFO(go_quote(page));
    CHECK(refused(with_eof(page), Format::openmetrics));
  }
  for (const std::string_view page :
       {"", "a 1 1\n", "# EOF\n\n", "# EOF ", "# EOF\r\n", "# EOFa\n"})
    CHECK(refused(page, Format::openmetrics));
}

TEST_CASE("the tables of text pages say what promtool does", "[telemetry][exposition]") {
  if (!Promtool::installed()) return;
  Promtool promtool;
  for (const std::string_view page : kTextTaken) {
    INFO(go_quote(page));
    const int code = promtool.check_metrics(page);
    CHECK((code == 0 || code == 3));
  }
  for (const std::string_view page : kTextRefused) {
    INFO(go_quote(page));
    CHECK(promtool.check_metrics(page) == 1);
  }
}

TEST_CASE("the tables of OpenMetrics pages say what promtool does", "[telemetry][exposition]") {
  if (!Promtool::installed()) return;
  Promtool promtool;
  for (const std::string_view page : kOpenMetricsTaken) {
    INFO(go_quote(page));
    CHECK(promtool.create_blocks(with_eof(page)) == 0);
  }
  for (const std::string_view page : kOpenMetricsRefused) {
    INFO(go_quote(page));
    CHECK(promtool.create_blocks(with_eof(page)) == 1);
  }
}

}  // namespace coalmine::exposition
