// What run and compare print, from results made by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/format_compare.h"
#include "cli/format_run.h"
#include "cli/table.h"
#include "tests/cli/made_up.h"

using namespace coalmine;
using namespace coalmine::cli;
using namespace coalmine::test;
using Catch::Contains;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The line that begins with `label`.
std::string line_of(const std::string& text, const std::string& label) {
  for (const std::string& line : lines_of(text))
    if (line.rfind(label, 0) == 0) return line;
  FAIL("no line begins with " << label << " in:\n" << text);
  return "";
}

/// Cells of a line of CSV; quotes are understood, a doubled one is one.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[i++];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += line[i];
  }
  return cells;
}

RunResult made_up_run() {
  RunResult r;
  r.scenario = "small";
  r.seed = 7;
  r.strategy = "canary";
  r.name = "timid";
  r.release = "bad";
  r.verdict = Verdict::rolled_back;
  r.fingerprint = 0xabc;
  r.outcomes["availability"] = 0.9876;
  r.outcomes["time_to_detect"] = 250.0;
  r.outcomes["time_to_restore"] = std::nullopt;
  r.events.push_back({kTimeZero + 120s, "strategy/timid", "ReleaseStarted", "release of v2", {}});
  r.events.push_back({kTimeZero + 195'500ms,
                      "canary",
                      "Stopped",
                      "errors, \"many\" of them",
                      {{"error_ratio{d=\"x\"}", 60s, 1500, 0.25, 0.01}, {"p99", 30s, 0, 2, 3}}});
  r.events.push_back(
      {kTimeZero + 200s,
       "strategy/timid",
       "CheckInconclusive",
       "no data",
       {{"p99", 60s, 0, std::nullopt, std::nullopt, "2 series where one is needed"}}});
  return r;
}

}  // namespace

// ---- compare

TEST_CASE("the comparison's table has a row a strategy, every number with its interval",
          "[cli][compare]") {
  const std::string text = format_compare(made_up(), made_up_scenario(), Format::table);
  INFO(text);
  CHECK_THAT(text, Contains("small: A small release\n20 replications, seed 7;"));
  CHECK_THAT(line_of(text, "the bad release"), Contains("missed") && Contains("users affected"));
  CHECK_THAT(line_of(text, "a good release"), Contains("stopped") && Contains("users affected"));
  CHECK_THAT(line_of(text, "rolling"),
             Contains("100 % (84-100)") && Contains("2 000 ± 30") && Contains("7 654 321 ± 1 000"));
  CHECK_THAT(line_of(text, "canary"), Contains("10 % (3-30)") && Contains("150 ± 10"));
  CHECK_THAT(text, Contains("5 % (0.9-24)"));  // the good release that the canary stops
  CHECK_THAT(line_of(text, "without a release"), Contains("availability 99.950 ± 0.010 %"));
}

TEST_CASE("below a block stand the paired differences to its first strategy", "[cli][compare]") {
  const std::string text = format_compare(made_up(), made_up_scenario(), Format::table);
  INFO(text);
  line_of(text, "against rolling");
  const std::string line = line_of(text, "  canary");
  CHECK_THAT(line, Contains("-1 850 ± 35") && Contains("-7.0 ± 1.0 min"));

  // Two that never came are not the same because of it.
  CompareResult result = made_up();
  result.strategies[1].outcomes["time_to_detect"] = never(600);
  result.strategies[1].paired_difference["time_to_detect"] = summary(0, 0);
  CHECK_THAT(line_of(format_compare(result, made_up_scenario(), Format::table), "  canary"),
             !Contains("0 ± 0"));
}

TEST_CASE("six strategies with wide numbers fit 160 columns", "[cli][compare]") {
  CompareResult result = made_up();
  const ComparedStrategy canary = result.strategies[1];
  result.strategies.clear();
  for (const char* name : {"recreate", "rolling", "blue-green", "canary", "shadow", "ab-test"}) {
    ComparedStrategy r = canary;
    r.name = name;
    r.verdicts = row(name,
                     "bad",
                     {.promoted = 4, .rolled_back = 7, .by_on_call = 3, .aborted = 5, .held = 4})
                     .verdicts;
    for (const char* outcome : {"excess_users_affected", "excess_failed_requests"})
      r.outcomes[outcome] = summary(7654321, 12345);
    r.outcomes["excess_error_budget_consumed"] = summary(0.1234, 0.0456);
    for (const char* outcome : {"time_to_detect", "time_to_restore", "rollout_duration"}) {
      r.outcomes[outcome] = summary(1592, 116, 19);
      r.outcomes[outcome].censored = 12;
    }
    r.outcomes["rollout_duration"].n = kRuns;  // every run has one
    r.outcomes["peak_pods"] = summary(112.5, 0.5);
    r.outcomes["latency_p50"] = summary(0.0672, 0.0011);
    result.strategies.push_back(r);
  }
  std::size_t tables = 0;
  for (const std::string& line :
       lines_of(format_compare(result, made_up_scenario(), Format::table))) {
    if (line.find("When the release") == 0) break;  // the sentences wrap by themselves
    INFO(line);
    CHECK(display_width(line) <= 160);
    tables += line.find("---") == 0 ? 1 : 0;
  }
  CHECK(tables == 2);  // one for the harm, one for the course: none had to be split
}

TEST_CASE("a time that did not come is shown as such", "[cli][compare]") {
  const std::string text = format_compare(made_up(), made_up_scenario(), Format::table);
  INFO(text);
  CHECK_THAT(line_of(text, "rolling"), Contains("not in 10 min 00 s"));
  CHECK_THAT(line_of(text, "canary"), Contains("≥ 3.0 ± 1.0 min (2/20 never)"));
}

TEST_CASE("an outcome that applies to some runs only says to how many", "[cli][compare]") {
  const std::string text = format_compare(made_up(), made_up_scenario(), Format::table);
  CHECK_THAT(line_of(text, "canary"), Contains("3.1 ± 0.9 min (5/20)"));
}

TEST_CASE("an outcome nobody has takes no column", "[cli][compare]") {
  const std::string text = format_compare(made_up(), made_up_scenario(), Format::table);
  CHECK_THAT(text, !Contains("peak pods") && !Contains("aborted") && !Contains("held"));
  // One of two strategies has it: a dash for the other.
  const std::string course = text.substr(text.find("how it went"));
  CHECK_THAT(line_of(course, "how it went"), Contains("latency p99"));
  CHECK(line_of(course, "rolling").back() == '-');
}

TEST_CASE("without a fault or a title the table does not pretend to have one", "[cli][compare]") {
  CompareResult result = made_up();
  result.strategies.erase(result.strategies.begin(), result.strategies.begin() + 2);
  Scenario scenario = made_up_scenario();
  scenario.release.faults.clear();
  scenario.title.clear();
  result.replications = 1;
  const std::string text = format_compare(result, scenario, Format::table);
  INFO(text);
  CHECK(text.find("small\n1 replication, seed 7") == 0);
  CHECK_THAT(text, Contains("release.faults is empty") && !Contains("the bad release"));
  CHECK_THAT(text, Contains("a good release"));
}

TEST_CASE("the comparison's JSON has the documented shape", "[cli][compare]") {
  const json j = json::parse(format_compare(made_up(), made_up_scenario(), Format::json));
  CHECK(j.at("scenario") == "small");
  CHECK(j.at("seed") == 7);
  CHECK(j.at("replications") == 20);
  REQUIRE(j.at("strategies").size() == 5);
  const json& canary = j["strategies"][1];
  CHECK(canary.at("strategy") == "canary");
  CHECK(canary.at("name") == "canary");
  CHECK(canary.at("release") == "bad");
  CHECK(canary.at("replications") == 20);
  CHECK(canary.at("verdicts").at("rolled_back") == 0.9);
  // Wilson's interval of 18 in 20, as the worked example of statistics_test has it.
  CHECK(canary.at("verdictsCi95").at("rolled_back")[0].get<double>() ==
        Approx(0.6990).margin(1e-4));
  CHECK(canary.at("verdictsCi95").at("rolled_back")[1].get<double>() ==
        Approx(0.9721).margin(1e-4));
  const json& users = canary.at("outcomes").at("excess_users_affected");
  CHECK(users.at("mean") == 150);
  CHECK(users.at("ci95") == json::array({140, 160}));
  CHECK(users.at("p50") == 150);
  CHECK(users.at("p95") == 160);
  CHECK(users.at("n") == 20);
  CHECK(users.at("censored") == 0);
  CHECK(canary["outcomes"]["time_to_detect"].at("censored") == 2);
  CHECK(j["strategies"][4].at("release") == "none");
}

TEST_CASE("in JSON what does not exist is null and numbers have nine digits", "[cli][compare]") {
  CompareResult result = made_up();
  OutcomeSummary alone;  // of one replication
  alone.mean = 3;
  alone.n = 1;
  result.strategies[0].outcomes["peak_pods"] = alone;
  const std::string text = format_compare(result, made_up_scenario(), Format::json);
  const json j = json::parse(text);
  const json& pods = j["strategies"][0]["outcomes"]["peak_pods"];
  CHECK(pods.at("mean") == 3);
  CHECK(pods.at("ci95").is_null());
  CHECK(pods.at("p50").is_null());
  CHECK(pods.at("p95").is_null());
  CHECK_THAT(text, Contains("0.123456789") && !Contains("0.1234567890"));
}

TEST_CASE("the comparison's CSV has as many cells in every line", "[cli][compare]") {
  const std::vector<std::string> lines =
      lines_of(format_compare(made_up(), made_up_scenario(), Format::csv));
  REQUIRE(lines.size() > 10);
  CHECK(lines[0] == "strategy,name,release,on_call,outcome,mean,low,high,p50,p95,n,censored");
  bool found = false, shares = false;
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(cells_of(line).size() == 12);
    found |= line == "canary,canary,bad,true,excess_users_affected,150,140,160,150,160,20,0";
    shares |= line.find("canary,canary,bad,true,rolled_back,0.9,0.69") == 0;
  }
  CHECK(found);
  CHECK(shares);
}

TEST_CASE("a name that is no UTF-8 does not cost the result", "[cli][compare]") {
  CompareResult result = made_up();
  result.scenario = "caf\xe9";  // a file's name, in another encoding
  const json j = json::parse(format_compare(result, made_up_scenario(), Format::json));
  CHECK(j.at("scenario") == "caf\xef\xbf\xbd");
}

TEST_CASE("a strategy's name with commas and quotes stays one cell of the CSV", "[cli][compare]") {
  CompareResult result = made_up();
  result.strategies[0].name = "fast, \"very\"";
  for (const std::string& line :
       lines_of(format_compare(result, made_up_scenario(), Format::csv))) {
    INFO(line);
    CHECK(cells_of(line).size() == 12);
  }
  CHECK(cells_of(lines_of(format_compare(result, made_up_scenario(), Format::csv))[1])[1] ==
        "fast, \"very\"");
}

// ---- run

TEST_CASE("a run's table is its timeline, the evidence, the verdict and the outcomes",
          "[cli][run]") {
  const std::string text = format_run(made_up_run(), Format::table);
  INFO(text);
  CHECK_THAT(text, Contains("small: bad release under timid, seed 7, replication 0"));
  CHECK_THAT(text, Contains("02:00.000  strategy/timid"));
  CHECK_THAT(text, Contains("03:15.500  canary"));
  // Reasons begin in one column, whatever the objects are called.
  RunResult long_names = made_up_run();
  long_names.events[1].object = "deployment/a-service-with-a-very-long-name-canary";
  const std::string wide = format_run(long_names, Format::table);
  CHECK(line_of(wide, "02:00.000").find("ReleaseStarted") ==
        line_of(wide, "03:15.500").find("Stopped"));
  CHECK_THAT(text, Contains("= 0.25, limit 0.01 (1 500 samples in 1 min 00 s)"));
  CHECK_THAT(text, Contains("p99: 2 series where one is needed (in 1 min 00 s)\n"));
  CHECK_THAT(text, Contains("verdict: rolled_back"));
  CHECK_THAT(line_of(text, "time_to_detect"), Contains("4 min 10 s"));
  CHECK_THAT(line_of(text, "time_to_restore"), Contains("-"));
  CHECK_THAT(text, Contains("fingerprint 0000000000000abc"));
}

TEST_CASE("a run's JSON has the documented shape", "[cli][run]") {
  RunResult run = made_up_run();
  run.seed = 9;
  run.replication = 3;
  const json j = json::parse(format_run(run, Format::json));
  CHECK(j.at("scenario") == "small");
  CHECK(j.at("strategy") == "canary");
  CHECK(j.at("seed") == 9);
  CHECK(j.at("replication") == 3);
  CHECK(j.at("fingerprint") == "0000000000000abc");
  CHECK(j.at("verdict") == "rolled_back");
  CHECK(j.at("outcomes").at("availability") == 0.9876);
  CHECK(j.at("outcomes").at("time_to_restore").is_null());
  const json& events = j.at("events");
  REQUIRE(events.size() == 3);
  CHECK(events[0].at("time") == 120);
  CHECK(events[0].at("object") == "strategy/timid");
  CHECK(events[0].at("reason") == "ReleaseStarted");
  CHECK(events[0].at("message") == "release of v2");
  CHECK(events[0].at("evidence") == json::array());
  REQUIRE(events[1].at("evidence").size() == 2);
  const json& evidence = events[1].at("evidence")[0];
  CHECK(evidence.at("query") == "error_ratio{d=\"x\"}");
  CHECK(evidence.at("window") == 60);
  CHECK(evidence.at("samples") == 1500);
  CHECK(evidence.at("value") == 0.25);
  CHECK(evidence.at("limit") == 0.01);
  CHECK(evidence.at("problem") == "");
  CHECK(events[2].at("evidence")[0].at("value").is_null());
  CHECK(events[2].at("evidence")[0].at("limit").is_null());
  CHECK(events[2].at("evidence")[0].at("problem") == "2 series where one is needed");
}

TEST_CASE("a value that JSON has no number for is told in words", "[cli][run]") {
  RunResult run = made_up_run();
  run.events[1].evidence[0].value = std::numeric_limits<double>::infinity();
  run.events[1].evidence[1].value = std::nan("");
  const json j = json::parse(format_run(run, Format::json));
  const json& evidence = j.at("events")[1].at("evidence");
  CHECK(evidence[0].at("value").is_null());
  CHECK(evidence[0].at("problem") == "the value is +Inf");
  CHECK(evidence[1].at("problem") == "the value is NaN");
  const std::string text = format_run(run, Format::table);
  CHECK_THAT(text, Contains(" = +Inf, limit 0.01") && Contains("p99 = NaN, limit 3"));
}

TEST_CASE("a control run has no verdict", "[cli][run]") {
  RunResult control = made_up_run();
  control.strategy = control.name = "control";
  control.release = "none";
  const json j = json::parse(format_run(control, Format::json));
  CHECK(j.at("verdict").is_null());
  CHECK_THAT(format_run(control, Format::table),
             Contains("small: no release, seed") && Contains("verdict: none (no release)"));
}

TEST_CASE("a run's CSV keeps commas and quotes inside their cell", "[cli][run]") {
  const std::vector<std::string> lines = lines_of(format_run(made_up_run(), Format::csv));
  REQUIRE(lines.size() == 5);
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(cells_of(line).size() == 10);
  }
  CHECK(cells_of(lines[2])[0] == "195.500000000");
  CHECK(cells_of(lines[2])[3] == "errors, \"many\" of them");
  CHECK(cells_of(lines[2])[7] == "0.25");
  // A line for each piece of evidence.
  CHECK(cells_of(lines[3])[0] == "195.500000000");
  CHECK(cells_of(lines[3])[4] == "p99");
  CHECK(cells_of(lines[4])[7] == "");
  CHECK(cells_of(lines[4])[9] == "2 series where one is needed");
}
