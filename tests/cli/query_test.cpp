// `coalmine query`: what it answers, and what it says when it cannot.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/program.h"

using Catch::Contains;
using Catch::Matchers::StartsWith;

namespace coalmine::cli {
namespace {

constexpr const char* kPage = R"(# TYPE http_requests counter
http_requests_total{code="200"} 0 1700000000
http_requests_total{code="200"} 60 1700000015
http_requests_total{code="200"} 120 1700000030.250
http_requests_total{code="200"} 20 1700000045
# TYPE up gauge
up{job="a,b",pod="\"x\""} 1 1700000045
up{job="<c>"} 0 1700000045
# EOF
)";

struct Asked {
  Folder folder;
  std::string page = folder.write("page.om", kPage);
  /// `arguments` behind the name of the page.
  Ended ask(const std::string& arguments) const {
    return coalmine("query '" + page + "' " + arguments);
  }
};

}  // namespace

TEST_CASE("query answers at the newest sample, as a table", "[cli][query]") {
  const Ended e = Asked().ask("'http_requests_total'");
  CHECK(e.code == 0);
  CHECK(e.err.empty());
  CHECK(e.out ==
        "series                           value                  time\n"
        "------------------------------------------------------------\n"
        "http_requests_total{code=\"200\"}     20  2023-11-14T22:14:05Z\n");
}

TEST_CASE("query takes an instant in seconds and as a date", "[cli][query]") {
  const Asked asked;
  for (const char* at : {"1700000031", "2023-11-14T22:13:51Z"}) {
    const Ended e = asked.ask(std::string("http_requests_total --format csv --at ") + at);
    CHECK(e.out == "time,value,__name__,code\n1700000031,120,http_requests_total,200\n");
  }
}

// The four numbers are those of specs/prometheus.md section 13.
TEST_CASE("query over time answers at every step", "[cli][query]") {
  const Asked asked;
  const std::string rate = "'rate(http_requests_total[1m])' --prometheus 2 --from 1700000000 ";
  CHECK(asked.ask(rate + "--to 1700000060 --step 15s").out ==
        "series                     value                  time\n"
        "------------------------------------------------------\n"
        "{code=\"200\"}                   1  2023-11-14T22:13:35Z\n"
        "                               2  2023-11-14T22:13:50Z\n"
        "              2.3333333333333335  2023-11-14T22:14:05Z\n"
        "              3.1111111111111107  2023-11-14T22:14:20Z\n");
  CHECK(asked.ask("'up{job=\"<c>\"}' --step 15 --format json").out ==
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
        R"({"__name__":"up","job":"\u003cc\u003e"},"values":[[1700000045,"0"]]}]}})"
        "\n");
}

TEST_CASE("query with --format json is the answer of the HTTP API", "[cli][query]") {
  const Ended e = Asked().ask("'up{pod!=\"\"}' --format json --at 1700000045.05");
  CHECK(e.code == 0);
  CHECK(e.out == R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
                 R"({"__name__":"up","job":"a,b","pod":"\"x\""},"value":[1700000045.050,"1"]}]}})"
                 "\n");
}

TEST_CASE("labels called as the first columns of CSV get other columns", "[cli][query]") {
  const Folder folder;
  const std::string page = folder.write("page.prom", "up{time=\"noon\",value=\"x\"} 1\n");
  CHECK(coalmine("query '" + page + "' up --format csv").out ==
        "time,value,__name__,label_time,label_value\n0,1,up,noon,x\n");
}

TEST_CASE("query quotes the cells of CSV that need it", "[cli][query]") {
  CHECK(Asked().ask("up --format csv").out ==
        "time,value,__name__,job,pod\n"
        "1700000045,0,up,<c>,\n"
        "1700000045,1,up,\"a,b\",\"\"\"x\"\"\"\n");
}

TEST_CASE("query prints scalars and strings too", "[cli][query]") {
  const Asked asked;
  CHECK_THAT(asked.ask("'1e21' --at 5").out,
             Contains("1000000000000000000000  1970-01-01T00:00:05Z"));
  CHECK(asked.ask("'1.5' --at 5 --format csv").out == "time,value\n5,1.5\n");
  CHECK(asked.ask("'\"a,b\"' --at 5 --format csv").out == "time,value\n5,\"a,b\"\n");
  CHECK_THAT(asked.ask("-- -1").out, Contains("-1     2023-11-14T22:14:05Z"));
}

// With both edges the window holds three samples, 60 s long; left-open it holds two.
TEST_CASE("query follows the version of Prometheus it is told", "[cli][query]") {
  const Asked asked;
  const std::string count =
      "'count_over_time(http_requests_total[15s])' --at 1700000015 --format csv";
  CHECK(asked.ask(count + " --prometheus 2").out == "time,value,code\n1700000015,2,200\n");
  CHECK(asked.ask(count + " --prometheus 2.51").out == "time,value,code\n1700000015,2,200\n");
  CHECK(asked.ask(count).out == "time,value,code\n1700000015,1,200\n");
}

TEST_CASE("query takes a page without timestamps as one of the instant 0", "[cli][query]") {
  const Folder folder;
  const std::string page = folder.write("page.prom", "up 1\ndown 0\n");
  CHECK_THAT(coalmine("query '" + page + "' up").out, Contains("1  1970-01-01T00:00:00Z"));
  CHECK(coalmine("query /dev/stdin 'sum({__name__=~\".+\"})' --format csv <'" + page + "'").out ==
        "time,value\n0,1\n");
}

TEST_CASE("an empty answer says so, and what nothing has", "[cli][query]") {
  const Asked asked;
  const Ended table = asked.ask("http_request_total");
  CHECK(table.code == 0);
  CHECK(table.out == "no series at 2023-11-14T22:14:05Z\n");
  CHECK(table.err ==
        "EXPR:1:1: warning: no series is called http_request_total\n"
        "    1 | http_request_total\n"
        "      | ^ did you mean http_requests_total?\n");
  CHECK_THAT(asked.ask("'5 + http_requests_total{cod=\"200\"}'").err,
             Contains("EXPR:1:5: warning: no series of http_requests_total has a label cod\n") &&
                 Contains("did you mean code?"));
  CHECK_THAT(asked.ask("'http_requests_total{code=\"201\"}'").err,
             Contains("no series of http_requests_total has code=\"201\"\n"));
  // Where something stands in for nothing, too.
  CHECK_THAT(asked.ask("'sum(http_request_total) or vector(0)'").err,
             Contains("EXPR:1:5: warning: no series is called http_request_total\n"));
  CHECK(asked.ask("'up > 5' --format csv").out == "time,value\n");
  CHECK(asked.ask("'up > 5'").err.empty());
  CHECK(asked.ask("'up > 5' --step 15").out ==
        "no series from 2023-11-14T22:13:20Z to 2023-11-14T22:14:05Z\n");
}

TEST_CASE("a query that is none is shown with a caret where it breaks", "[cli][query]") {
  const Asked asked;
  const Ended e = asked.ask("'sum(up'");
  CHECK(e.code == 2);
  CHECK(e.out.empty());
  CHECK(e.err ==
        "EXPR:1:7: error: unclosed left parenthesis\n"
        "    1 | sum(up\n"
        "      |       ^\n");
  const Ended json = asked.ask("'sum(up' --format json");
  CHECK(json.code == 2);
  CHECK(json.err == e.err);
  CHECK(json.out == R"({"status":"error","errorType":"bad_data","error":)"
                    R"("invalid parameter \"query\": 1:7: parse error: unclosed left parenthesis"})"
                    "\n");
}

TEST_CASE("a query that the data do not suit ends with 2", "[cli][query]") {
  const Asked asked;
  const Ended e = asked.ask("'up * on() up' --format json");
  CHECK(e.code == 2);
  CHECK_THAT(e.err, StartsWith("EXPR:1:4: error: ") && Contains("many-to-many"));
  CHECK(nlohmann::json::parse(e.out).at("errorType") == "execution");
  const Ended range = asked.ask("'up[1m]' --step 15 --format json");
  CHECK(range.code == 2);
  CHECK_THAT(range.err, Contains("a range vector has no value at each step"));
  CHECK_THAT(range.out,
             Contains(R"("invalid parameter \"query\": invalid expression type \"range vector\")"
                      R"( for range query, must be Scalar or instant Vector"})"));
}

TEST_CASE("with JSON a server's words tell what is wrong with a parameter", "[cli][query]") {
  // As Prometheus 2.42 answers; from later ones on a query that is none is a parameter, too.
  const std::pair<const char*, std::string> answers[] = {
      {"up --at abc",
       R"(invalid parameter \"time\": Invalid time value for 'time': )"
       R"(cannot parse \"abc\" to a valid timestamp)"},
      {"up --step 15 --from abc",
       R"(invalid parameter \"start\": cannot parse \"abc\" to a valid timestamp)"},
      {"up --step 15 --to abc",
       R"(invalid parameter \"end\": cannot parse \"abc\" to a valid timestamp)"},
      {"up --step 15 --from 1700000050 --to 1700000045",
       R"(invalid parameter \"end\": end timestamp must not be before start time)"},
      {"up --from 1700000045",
       R"(invalid parameter \"step\": cannot parse \"\" to a valid duration)"},
      {"up --step abc", R"(invalid parameter \"step\": cannot parse \"abc\" to a valid duration)"},
      {"up --step 1e30",
       R"(invalid parameter \"step\": cannot parse \"1e30\" to a valid duration. )"
       R"(It overflows int64)"},
      {"up --step 0",
       R"(invalid parameter \"step\": zero or negative query resolution step widths are not )"
       R"(accepted. Try a positive integer)"},
      {"up --from 0 --step 1",
       "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
       "resolution (?step=XX)"},
      {"'up{' --step 15 --prometheus 2", "1:4: parse error: unexpected end of input inside braces"},
      {"'up{' --step 15",
       R"(invalid parameter \"query\": 1:4: parse error: unexpected end of input inside braces)"},
      {"'up{' --prometheus 2",
       R"(invalid parameter \"query\": 1:4: parse error: unexpected end of input inside braces)"},
  };
  const Asked asked;
  for (const auto& [arguments, words] : answers) {
    INFO(arguments);
    const Ended e = asked.ask(std::string(arguments) + " --format json");
    CHECK(e.code == 2);
    CHECK(e.out == R"({"status":"error","errorType":"bad_data","error":")" + words + "\"}\n");
    CHECK_THAT(e.err, Contains(": error: "));
  }
}

TEST_CASE("a group by a label that nothing has is warned of", "[cli][query]") {
  const Asked asked;
  const Ended e = asked.ask("'sum by (cod) (http_requests_total)' --format csv");
  CHECK(e.code == 0);
  CHECK_THAT(e.err,
             StartsWith("EXPR:1:1: warning: no series that is grouped here has a label cod (by)") &&
                 Contains("did you mean code?"));
  CHECK(asked.ask("'sum by (code) (http_requests_total)'").err.empty());
}

TEST_CASE("instants and steps that make no sense are refused with help", "[cli][query]") {
  const Asked asked;
  const std::pair<const char*, const char*> refused[] = {
      {"--at -1", "--at: error: -1 is before 1970"},
      {"--at nan", "--at: error: 'nan' is no instant; write seconds since 1970"},
      {"--at 1700000045000", "seconds, not milliseconds"},
      {"--at 5 --step 5", "--at: error: one instant, or --from, --to and --step"},
      {"--from 5", "--step: error: is missing"},
      {"--step 0", "--step: error: 0 is no step"},
      {"--step -15s", "--step: error: "},
      {"--step nan", "--step: error: nan is no step"},
      {"--step 1e300", "longer than the calendar"},
      {"--from 1700000050 --to 1700000045 --step 1", "is after --to, 2023-11-14T22:14:05Z"},
      {"--from 0 --step 1", "at most 11000 are allowed"},
      {"--prometheus 4", "4 not in {2,2.51,3}"},
      {"--format xml", "xml not in"},
  };
  for (const auto& [arguments, message] : refused) {
    INFO(arguments);
    const Ended e = asked.ask(std::string("up ") + arguments);
    CHECK(e.code == 2);
    CHECK(e.out.empty());
    CHECK_THAT(e.err, Contains(message));
  }
}

TEST_CASE("a page with a mistake is refused, one with an oddity warned of", "[cli][query]") {
  const Folder folder;
  const std::string bad = folder.write("bad.prom", "up 1\nup{job=\"a\"} one\n");
  const Ended refused = coalmine("query '" + bad + "' up");
  CHECK(refused.code == 2);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains(bad + ":2:13: error: the value cannot be \"one\""));
  const std::string odd = folder.write("odd.prom", "# TYPE c counter\nc -1\n");
  const Ended warned = coalmine("query '" + odd + "' c --format csv");
  CHECK(warned.code == 0);
  CHECK(warned.out == "time,value,__name__\n0,-1,c\n");
  CHECK_THAT(warned.err, Contains("warning: a counter is never negative"));
}

TEST_CASE("a file that is no page is told from one", "[cli][query]") {
  const Folder folder;
  CHECK_THAT(coalmine("query /nowhere.prom up").err,
             Contains("/nowhere.prom: error: cannot be read: No such file"));
  CHECK_THAT(coalmine("query /tmp up").err, Contains("this is a folder"));
  const std::string recording = folder.write("x.cmrun",
                                             "\x89"
                                             "CMRUN\r\n");
  const Ended e = coalmine("query '" + recording + "' up");
  CHECK(e.code == 2);
  CHECK_THAT(e.err, Contains("truncated: the file ends at byte 8, within its header"));
}

TEST_CASE("query writes to the file of --out and nowhere else", "[cli][query]") {
  const Asked asked;
  const std::string out = (asked.folder / "answer.csv").string();
  const Ended e = asked.ask("'sum(up)' --format csv --out '" + out + "'");
  CHECK(e.code == 0);
  CHECK(e.out.empty());
  CHECK(read(out) == "time,value\n1700000045,1\n");
  CHECK(asked.ask("up --out /nowhere/at/all").code == 2);
}

}  // namespace coalmine::cli
