// What run and compare print, from results made by hand.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/conclusions.h"
#include "cli/format_compare.h"
#include "cli/format_run.h"

using namespace coalmine;
using namespace coalmine::cli;
using Catch::Contains;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

Scenario scenario() {
  Scenario s;
  s.name = "small";
  s.title = "A small release";
  s.duration = 12min;
  s.release.at = 2min;
  return s;
}

OutcomeSummary summary(double mean, double half_width, std::size_t n = 20) {
  OutcomeSummary o;
  o.mean = mean;
  o.low = mean - half_width;
  o.high = mean + half_width;
  o.p50 = mean;
  o.p95 = mean + half_width;
  o.n = n;
  return o;
}

OutcomeSummary never(double horizon, std::size_t n = 20) {
  OutcomeSummary o = summary(horizon, 0, n);
  o.censored = n;
  return o;
}

ComparedStrategy row(const std::string& name,
                     const std::string& release,
                     std::map<std::string, double> verdicts) {
  ComparedStrategy r;
  r.strategy = name;
  r.name = name;
  r.release = release;
  r.replications = 20;
  r.verdicts = std::move(verdicts);
  return r;
}

/// Rolling hurts 2000 and is never stopped; the canary hurts 150 and is stopped after 135 s, in 18
/// of 20 runs.
CompareResult made_up() {
  CompareResult result;
  result.scenario = "small";
  result.seed = 7;
  result.replications = 20;

  ComparedStrategy rolling =
      row("rolling", "bad", {{"promoted", 1}, {"rolled_back", 0}, {"missed_bad_release", 1}});
  rolling.outcomes["excess_users_affected"] = summary(2000, 30);
  rolling.outcomes["excess_failed_requests"] = summary(7654321, 1000);
  rolling.outcomes["time_to_detect"] = never(600);
  result.strategies.push_back(rolling);

  ComparedStrategy canary =
      row("canary", "bad", {{"promoted", 0.1}, {"rolled_back", 0.9}, {"missed_bad_release", 0.1}});
  canary.outcomes["excess_users_affected"] = summary(150, 10);
  canary.outcomes["excess_failed_requests"] = summary(200, 20);
  canary.outcomes["time_to_detect"] = summary(182, 60);
  canary.outcomes["time_to_detect"].p50 = 135;
  canary.outcomes["time_to_detect"].censored = 2;
  canary.outcomes["latency_p99"] = summary(0.1234567890123, 0);
  canary.paired_difference["excess_users_affected"] = summary(-1850, 35);
  result.strategies.push_back(canary);

  ComparedStrategy good = row("rolling", "good", {{"promoted", 1}, {"wrong_rollback", 0}});
  good.outcomes["excess_users_affected"] = summary(0, 0);
  good.outcomes["rollout_duration"] = summary(65, 1);
  result.strategies.push_back(good);
  good =
      row("canary", "good", {{"promoted", 0.95}, {"rolled_back", 0.05}, {"wrong_rollback", 0.05}});
  good.outcomes["excess_users_affected"] = summary(1, 1);
  result.strategies.push_back(good);

  ComparedStrategy control = row("control", "none", {});
  control.outcomes["availability"] = summary(0.9995, 0.0001);
  result.strategies.push_back(control);
  return result;
}

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
                      Evidence{"error_ratio{d=\"x\"}", 60s, 1500, 0.25, 0.01}});
  r.events.push_back({kTimeZero + 200s,
                      "strategy/timid",
                      "CheckInconclusive",
                      "no data",
                      Evidence{"p99", 60s, 0, std::nullopt, std::nullopt}});
  return r;
}

}  // namespace

// ---- outcomes for people

TEST_CASE("outcomes are printed in their unit", "[cli][format]") {
  CHECK(outcome_text("excess_users_affected", 1234.0) == "1 234");
  CHECK(outcome_text("time_to_detect", 250.0) == "4 min 10 s");
  CHECK(outcome_text("latency_p99", 0.25) == "250 ms");
  CHECK(outcome_text("worst_minute_p99", 0.25) == "250 ms");
  CHECK(outcome_text("availability", 0.99951) == "99.951 %");
  CHECK(outcome_text("excess_error_budget_consumed", 0.004) == "0.4 %");
  CHECK(outcome_text("extra_pod_seconds", 1234.0) == "1 234");
  CHECK(outcome_text("rollout_duration", 65.0) == "1 min 05 s");
  CHECK(outcome_text("exposure_duration", 65.0) == "1 min 05 s");
  CHECK(outcome_text("anything", std::nullopt) == "-");
}

// ---- compare

TEST_CASE("the comparison's table shows means with intervals, one column a strategy",
          "[cli][compare]") {
  const std::string text = format_compare(made_up(), scenario(), Format::table);
  INFO(text);
  CHECK_THAT(text, Contains("small: A small release"));
  CHECK_THAT(text, Contains("20 replications, seed 7"));
  CHECK_THAT(line_of(text, "the bad release"), Contains("rolling") && Contains("canary"));
  CHECK_THAT(line_of(text, "a good release"), Contains("rolling") && Contains("canary"));
  CHECK_THAT(line_of(text, "users affected, excess"),
             Contains("2 000") && Contains("30") && Contains("150") && Contains("10"));
  CHECK_THAT(line_of(text, "failed requests, excess"), Contains("7 654 321"));
  CHECK_THAT(line_of(text, "bad release missed"), Contains("100 %") && Contains("10 %"));
  CHECK_THAT(line_of(text, "good release stopped"), Contains("0 %") && Contains("5.0 %"));
  CHECK_THAT(line_of(text, "verdicts"), Contains("promoted 100 %") && Contains("rolled_back 90 %"));
  CHECK_THAT(line_of(text, "without a release"), Contains("availability 99.950 %"));
}

TEST_CASE("a time that did not come is shown as such", "[cli][compare]") {
  const std::string text = format_compare(made_up(), scenario(), Format::table);
  const std::string line = line_of(text, "time to detect");
  CHECK_THAT(line, Contains("not in 10 min 00 s"));
  CHECK_THAT(line, Contains("≥ 3 min 02 s") && Contains("(2/20 never)"));
}

TEST_CASE("an outcome nobody has takes no line", "[cli][compare]") {
  const std::string text = format_compare(made_up(), scenario(), Format::table);
  CHECK_THAT(text, !Contains("peak pods"));
  // One of two strategies has it: a dash for the other.
  CHECK_THAT(line_of(text, "latency p99"), Contains(" - "));
}

TEST_CASE("the sentences under the table say what it means", "[cli][compare]") {
  const std::vector<std::string> said = conclusions(made_up(), scenario());
  REQUIRE(said.size() == 3);
  CHECK_THAT(said[0], Contains("canary harms the fewest users: 150, against 2 000 under rolling"));
  CHECK_THAT(said[1], Contains("rolling is not stopped within 10 min 00 s"));
  CHECK_THAT(said[1], Contains("canary is stopped in 18 of 20 runs"));
  CHECK_THAT(said[2], Contains("canary stops 5.0 % of the good ones"));
  CHECK_THAT(said[2], !Contains("rolling"));
}

TEST_CASE("no difference is claimed where the paired interval holds zero", "[cli][compare]") {
  CompareResult result = made_up();
  result.strategies[1].paired_difference["excess_users_affected"] = summary(-10, 35);
  const std::vector<std::string> said = conclusions(result, scenario());
  REQUIRE_FALSE(said.empty());
  CHECK_THAT(said[0], Contains("cannot be told apart"));
}

TEST_CASE("the comparison's JSON has the documented shape", "[cli][compare]") {
  const json j = json::parse(format_compare(made_up(), scenario(), Format::json));
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
  const std::string text = format_compare(result, scenario(), Format::json);
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
      lines_of(format_compare(made_up(), scenario(), Format::csv));
  REQUIRE(lines.size() > 10);
  CHECK(lines[0] == "strategy,name,release,outcome,mean,low,high,p50,p95,n,censored");
  bool found = false;
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(cells_of(line).size() == 11);
    found |= line == "canary,canary,bad,excess_users_affected,150,140,160,150,160,20,0";
  }
  CHECK(found);
}

TEST_CASE("a strategy's name with commas and quotes stays one cell of the CSV", "[cli][compare]") {
  CompareResult result = made_up();
  result.strategies[0].name = "fast, \"very\"";
  for (const std::string& line : lines_of(format_compare(result, scenario(), Format::csv))) {
    INFO(line);
    CHECK(cells_of(line).size() == 11);
  }
  CHECK(cells_of(lines_of(format_compare(result, scenario(), Format::csv))[1])[1] ==
        "fast, \"very\"");
}

// ---- run

TEST_CASE("a run's table is its timeline, the evidence, the verdict and the outcomes",
          "[cli][run]") {
  const std::string text = format_run(made_up_run(), scenario(), {}, Format::table);
  INFO(text);
  CHECK_THAT(text, Contains("small: bad release under timid, seed 7, replication 0"));
  CHECK_THAT(text, Contains("02:00.000  strategy/timid"));
  CHECK_THAT(text, Contains("03:15.500  canary"));
  CHECK_THAT(text, Contains("= 0.25, limit 0.01 (1 500 samples in 1 min 00 s)"));
  CHECK_THAT(text, Contains("p99 = no data"));
  CHECK_THAT(text, Contains("verdict: rolled_back"));
  CHECK_THAT(line_of(text, "time_to_detect"), Contains("4 min 10 s"));
  CHECK_THAT(line_of(text, "time_to_restore"), Contains("-"));
  CHECK_THAT(text, Contains("fingerprint 0000000000000abc"));
}

TEST_CASE("a run's JSON has the documented shape", "[cli][run]") {
  RunSpec spec;
  spec.seed = 9;
  spec.replication = 3;
  const json j = json::parse(format_run(made_up_run(), scenario(), spec, Format::json));
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
  CHECK(events[0].at("evidence").is_null());
  const json& evidence = events[1].at("evidence");
  CHECK(evidence.at("query") == "error_ratio{d=\"x\"}");
  CHECK(evidence.at("window") == 60);
  CHECK(evidence.at("samples") == 1500);
  CHECK(evidence.at("value") == 0.25);
  CHECK(evidence.at("limit") == 0.01);
  CHECK(events[2].at("evidence").at("value").is_null());
  CHECK(events[2].at("evidence").at("limit").is_null());
}

TEST_CASE("a control run has no verdict", "[cli][run]") {
  RunResult control = made_up_run();
  control.strategy = control.name = "control";
  control.release = "none";
  const json j = json::parse(format_run(control, scenario(), {}, Format::json));
  CHECK(j.at("verdict").is_null());
  CHECK_THAT(format_run(control, scenario(), {}, Format::table),
             Contains("verdict: none (no release)"));
}

TEST_CASE("a run's CSV keeps commas and quotes inside their cell", "[cli][run]") {
  const std::vector<std::string> lines =
      lines_of(format_run(made_up_run(), scenario(), {}, Format::csv));
  REQUIRE(lines.size() == 4);
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(cells_of(line).size() == 9);
  }
  CHECK(cells_of(lines[2])[0] == "195.500000000");
  CHECK(cells_of(lines[2])[3] == "errors, \"many\" of them");
  CHECK(cells_of(lines[2])[7] == "0.25");
  CHECK(cells_of(lines[3])[7] == "");
}
