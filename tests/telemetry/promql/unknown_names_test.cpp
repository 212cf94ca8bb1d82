// Names that nothing has, which an empty answer may come of.
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"
#include "sim/telemetry/promql/unknown_names.h"

namespace coalmine::promql {
namespace {

SeriesStore store() {
  return series(
      "requests{code=\"200\",pod=\"a\"} 1\n"
      "requests{code=\"500\",pod=\"b\"} 1\n"
      "up{pod=\"a\"} 1\n");
}

std::string text(const std::vector<UnknownName>& unknown) {
  std::string text;
  for (const UnknownName& name : unknown)
    text += std::to_string(name.offset) + ": " + name.message + "; " + name.hint + "\n";
  return text;
}

std::string in_selectors(const std::string& query) {
  return text(unknown_in_selectors(Query::parse(query), store()));
}

std::string in_groupings(const std::string& query) {
  return text(unknown_in_groupings(Query::parse(query), store()));
}

TEST_CASE("a selector is told the first thing that it names and nothing has") {
  CHECK(in_selectors("requests").empty());
  CHECK(in_selectors("sum(request)") == "4: no series is called request; did you mean requests?\n");
  CHECK(in_selectors("rate({__name__=\"request\"}[5m])") ==
        "5: no series is called request; did you mean requests?\n");
  CHECK(in_selectors("requests{cod=\"200\"}") ==
        "0: no series of requests has a label cod; did you mean code?\n");
  CHECK(in_selectors("requests{code=\"501\"}") ==
        "0: no series of requests has code=\"501\"; did you mean 500?\n");
  CHECK(in_selectors("requests{code=~\"4..\"}") ==
        "0: no series of requests has code=~\"4..\"; code is \"200\", \"500\"\n");
  CHECK(in_selectors("up{code=\"200\"} + gone") ==
        "0: no series of up has a label code; \n"
        "17: no series is called gone; \n");
}

TEST_CASE("a matcher that is content without the label excludes nothing") {
  CHECK(in_selectors("requests{zone!=\"x\"}").empty());
  CHECK(in_selectors("requests{zone=~\".*\"}").empty());
  CHECK(in_selectors("requests{zone=\"\"}").empty());
  CHECK(in_selectors("{zone=\"x\"}") == "0: no series has a label zone; \n");
}

TEST_CASE("labels to group by are looked for in what is selected") {
  CHECK(in_groupings("sum by (code) (requests)").empty());
  CHECK(in_groupings("sum without (zone) (requests)").empty());
  CHECK(in_groupings("1 + sum by (cod, pod) (rate(requests[5m]))") ==
        "4: no series that is grouped here has a label cod (by); did you mean code?\n");
  CHECK(in_groupings("requests * on (zone) up") ==
        "9: no series that is grouped here has a label zone (on); \n");
  CHECK(in_groupings("requests * on (code) up").empty());  // one side has it
  CHECK(in_groupings("sum by (zone) (gone)").empty());     // nothing is grouped
  CHECK(in_groupings("sum by (zone) (label_replace(up, \"zone\", \"$1\", \"pod\", \"(.)\"))")
            .empty());
  CHECK(in_groupings("sum by (load) (count_values(\"load\", up))").empty());
}

}  // namespace
}  // namespace coalmine::promql
