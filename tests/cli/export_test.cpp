// `coalmine export`, and questions to recordings.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/cli/program.h"

using Catch::Contains;

namespace coalmine::cli {
namespace {

constexpr const char* kScenario = R"(apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: small}
duration: 6m
service: {name: shop, replicas: 3}
traffic: {rate: 60/s, users: 500}
release: {version: v2, at: 2m, faults: [{errorRate: {p: 20%}}]}
strategies: [canary: {steps: [50%], interval: 1m}]
)";

/// One short run on disk.
struct Recorded {
  Folder folder;
  std::string file = (folder / "small.cmrun").string();
  Recorded() {
    const std::string scenario = folder.write("small.yaml", kScenario);
    REQUIRE(coalmine("run '" + scenario + "' --out '" + file + "'").code == 0);
  }
  Ended query(const std::string& arguments) const {
    return coalmine("query '" + file + "' " + arguments);
  }
  Ended exported(const std::string& arguments) const {
    return coalmine("export '" + file + "' " + arguments);
  }
};

nlohmann::json answer_of(const Ended& e) {
  INFO(e.err);
  REQUIRE(e.code == 0);
  return nlohmann::json::parse(e.out)["data"]["result"];
}

/// Of a command beside ours; 127: it is not installed.
int exit_code(const std::string& command) {
  const int status = std::system(command.c_str());
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a recording is asked by the rules of the run's Prometheus", "[cli][export]") {
  // A minute of scrapes 15 s apart: five where both edges count and one is met, else four.
  const std::string count = "'max(count_over_time(vector(1)[60s:15s]))' --at 4m --format csv";
  const Recorded third;
  CHECK(third.query(count).out == "time,value\n240,4\n");
  const Folder folder;
  const std::string file = (folder / "second.cmrun").string();
  REQUIRE(coalmine("run '" + folder.write("s.yaml", kScenario) +
                   "' --set telemetry.prometheus=2 --set telemetry.evaluationInterval=20s --out '" +
                   file + "'")
              .code == 0);
  const auto ask = [&](const std::string& arguments) {
    return coalmine("query '" + file + "' " + arguments).out;
  };
  CHECK(ask(count) == "time,value\n240,5\n");
  CHECK(ask(count + " --prometheus 3") == "time,value\n240,4\n");
  // The step of a subquery that names none is the evaluation interval.
  CHECK(ask("'count_over_time(vector(1)[60s:])' --at 4m --format csv") == "time,value\n240,4\n");
  CHECK(answer_of(coalmine("query '" + file +
                           "' 'count(istio_request_duration_milliseconds_bucket{le=\"1\"})' "
                           "--format json"))
            .size() == 1);
}

TEST_CASE("a page is asked as Prometheus 3 would have scraped it, unless told otherwise",
          "[cli][query]") {
  const Folder folder;
  const std::string page =
      folder.write("page.prom",
                   "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
                   "h_sum 3\nh_count 2\n");
  const auto ask = [&](const std::string& arguments) {
    return coalmine("query '" + page + "' " + arguments + " --format csv").out;
  };
  CHECK(ask("'h_bucket{le=\"1.0\"}'") == "time,value,__name__,le\n0,1,h_bucket,1.0\n");
  CHECK(ask("'h_bucket{le=\"1\"}' --prometheus 2.51") ==
        "time,value,__name__,le\n0,1,h_bucket,1\n");
  CHECK_THAT(coalmine("query '" + page + "' 'h_bucket{le=\"1\"}'").err,
             Contains("has le=\"1\"") && Contains("did you mean 1.0?"));
}

TEST_CASE("a recording is asked in seconds and durations of the run", "[cli][export]") {
  const Recorded run;
  const std::string rate =
      "'sum(rate(istio_requests_total{reporter=\"source\",destination_service_name=\"shop\"}[1m]))"
      "'";
  const auto seconds = answer_of(run.query(rate + " --at 300 --format json"));
  const auto duration = answer_of(run.query(rate + " --at 5m --format json"));
  CHECK(seconds == duration);
  REQUIRE(seconds.size() == 1);
  CHECK(std::stod(seconds[0]["value"][1].get<std::string>()) == Approx(60).epsilon(0.15));
  CHECK(seconds[0]["value"][0] == 300);
  CHECK_THAT(run.query("up --at noon").err, Contains("is no instant of a run"));
  CHECK_THAT(run.query("up --at 5m").out, Contains("05:00.000"));
}

TEST_CASE("an export of a run gives the answers of its recording", "[cli][export]") {
  const Recorded run;
  const std::string page = (run.folder / "run.om").string();
  REQUIRE(run.exported("--from -10m --out '" + page + "'").code == 0);
  for (const char* query :
       {"sum by (response_code) (rate(istio_requests_total{reporter=\"source\"}[1m]))",
        "histogram_quantile(0.9, sum by (le) "
        "(rate(istio_request_duration_milliseconds_bucket[2m])))",
        "sum(increase(worker_busy_seconds_total[90s]))",
        "avg_over_time(sum(requests_in_flight)[3m:1m])"}) {
    INFO(query);
    const auto of_run = answer_of(run.query(std::string("'") + query + "' --at 4m --format json"));
    const auto of_page =
        answer_of(coalmine("query '" + page + "' '" + query + "' --at 1700006640 --format json"));
    REQUIRE(of_run.size() == of_page.size());
    REQUIRE_FALSE(of_run.empty());
    for (std::size_t i = 0; i < of_run.size(); ++i) {
      CHECK(of_run[i]["metric"] == of_page[i]["metric"]);
      CHECK(std::stod(of_run[i]["value"][1].get<std::string>()) ==
            Approx(std::stod(of_page[i]["value"][1].get<std::string>())).epsilon(1e-9));
    }
  }
}

TEST_CASE("promtool takes both formats, with the units of Istio as the only objection",
          "[cli][export]") {
  if (exit_code("command -v promtool >/dev/null") != 0) {
    WARN("skipped: promtool is not installed");
    return;
  }
  const Recorded run;
  const std::string page = (run.folder / "page.prom").string();
  const std::string said = (run.folder / "said").string();
  REQUIRE(run.exported("--format prometheus --at 4m --out '" + page + "'").code == 0);
  CHECK(exit_code("promtool check metrics <'" + page + "' >'" + said + "' 2>&1") == 3);
  std::istringstream lines(read(said));
  for (std::string line; std::getline(lines, line);)
    CHECK_THAT(line, Contains("istio_request_duration_milliseconds use base unit"));

  const std::string history = (run.folder / "run.om").string();
  REQUIRE(run.exported("--from -2m --out '" + history + "'").code == 0);
  CHECK(exit_code("promtool tsdb create-blocks-from openmetrics '" + history + "' '" +
                  (run.folder / "blocks").string() + "' >/dev/null 2>&1") == 0);
}

TEST_CASE("export says what it cannot do", "[cli][export]") {
  const Recorded run;
  const auto refused = [&](const std::string& arguments, const std::string& why) {
    INFO(arguments);
    const Ended e = run.exported(arguments);
    CHECK(e.code == 2);
    CHECK_THAT(e.err, Contains(why));
  };
  refused("--at 4m", "--at: error: is for the format prometheus");
  refused("--format prometheus --from 1m", "--from, --to: error: are for openmetrics");
  refused("--time-zero 10", "would lie before 1970");
  CHECK_THAT(run.exported("--time-zero 1700000000 --out " + (run.folder / "odd.om").string()).err,
             Contains("--time-zero: warning: no whole minute"));
  CHECK(run.exported("--out " + (run.folder / "even.om").string()).err.empty());
  refused("--from 5m --to 1m", "--from: error: is after --to");
  refused("--format xml", "xml");
  refused("--out x.cmrun", "a recording holds one run");
  refused("--format rules", "rules are made from a scenario");
  refused("--set seed=1", "--set: error: is for rules");
  const std::string scenario = (run.folder / "small.yaml").string();
  const Ended timed = coalmine("export '" + scenario + "' --format rules --at 1m");
  CHECK(timed.code == 2);
  CHECK_THAT(timed.err, Contains("rules hold for all time"));
  // Not a hundred mistakes of a page that it never was.
  for (const char* command : {"export '", "query '"}) {
    const Ended e = coalmine(command + scenario + (command[0] == 'q' ? "' up" : "'"));
    CHECK(e.code == 2);
    CHECK_THAT(e.err, Contains("this is YAML, not a page of metrics") && Contains("coalmine run"));
  }
}

TEST_CASE("the rules of a scenario can be taken home", "[cli][export]") {
  const Folder folder;
  const std::string alerts =
      "alerts: {groups: [{name: mine, rules: [{alert: Down, expr: up == 0, for: 5m}]}]}\n";
  const std::string scenario = folder.write("small.yaml", kScenario + alerts);
  const std::string rules = (folder / "rules.yaml").string();
  const Ended e = coalmine("export '" + scenario + "' --format rules --out '" + rules +
                           "' --set 'objectives=[{availability: 99.5%, window: 7d}]'");
  INFO(e.err);
  REQUIRE(e.code == 0);
  CHECK_THAT(read(rules), Contains("alert: ErrorBudgetBurn") && Contains("(1 - 0.995)"));
  CHECK_THAT(read(rules), Contains("alert: Down") && Contains("for: 5m"));
  if (exit_code("promtool --version >/dev/null 2>&1") == 127) {
    WARN("skipped: promtool is not installed");
    return;
  }
  CHECK(exit_code("promtool check rules '" + rules + "' >/dev/null") == 0);
}

TEST_CASE("what is read is never written over", "[cli][export][query]") {
  const Recorded run;
  const std::string before = read(run.file);
  const std::string link = (run.folder / "other-name.prom").string();
  std::filesystem::create_symlink(run.file, link);
  for (const std::string& command : {"query '" + run.file + "' up --out '" + link + "'",
                                     "export '" + run.file + "' --out '" + link + "'",
                                     "run '" + (run.folder / "small.yaml").string() + "' --out '" +
                                         (run.folder / "small.yaml").string() + "'"}) {
    INFO(command);
    const Ended e = coalmine(command);
    CHECK(e.code == 2);
    CHECK_THAT(e.err, Contains("is the file that is read"));
  }
  CHECK(read(run.file) == before);
  CHECK(read(run.folder / "small.yaml") == kScenario);
}

TEST_CASE("groups of one name are told apart in the rule file", "[cli][export]") {
  const Folder folder;
  const std::string scenario = folder.write(
      "s.yaml",
      std::string(kScenario) +
          "alerts: {groups: [{name: error-budgets, rules: [{alert: Down, expr: up == 0}]}]}\n");
  const Ended e = coalmine("export '" + scenario + "' --format rules");
  CHECK(e.code == 0);
  CHECK_THAT(e.out, Contains("name: error-budgets\n") && Contains("name: \"error-budgets (2)\"\n"));
}

TEST_CASE("the timeline prints a query of many lines so that it can be asked again",
          "[cli][export][query]") {
  const Folder folder;
  std::string text = kScenario;
  text.erase(text.find("strategies:"));
  text += R"(strategies:
  - canary:
      steps: [50%]
      interval: 1m
      maxErrorRatio: 100%
      queries:
        - name: q
          max: 0
          query: |
            # of all codes; in a string it is no comment
            sum(rate(istio_requests_total{  # the router's
              response_code!='# 1'}[1m]))
            # end
)";
  const Ended e = coalmine("run '" + folder.write("s.yaml", text) + "'");
  CHECK(e.code == 0);
  CHECK_THAT(e.out, Contains("sum(rate(istio_requests_total{response_code!='# 1'}[1m])) = "));
}

}  // namespace coalmine::cli
