#include "sim/telemetry/rules/rule_reader.h"

#include <catch2/catch.hpp>

#include "sim/telemetry/rules/rule_yaml.h"
#include "tests/telemetry/rules/playing.h"

namespace coalmine::rules {
namespace {

using namespace std::chrono_literals;

/// What is said about one rule, given from column 5 of line 4 on.
std::string of_rule(const std::string& rule) {
  return complaints("groups:\n- name: g\n  rules:\n  - " + rule);
}

}  // namespace

TEST_CASE("a rule file becomes groups") {
  const auto groups = groups_in(R"(
groups:
- name: first
  interval: 30s
  limit: 10
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: {team: a}
  - alert: Down
    expr: up == 0
    for: 1h30m
    keep_firing_for: 90s
    labels: {severity: page, number: 3}
    annotations:
      summary: "{{ $labels.job }} is down"
- name: second
)");
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "first");
  CHECK(groups[0].interval == Millis(30s));
  CHECK(groups[0].limit == 10);
  REQUIRE(groups[0].rules.size() == 2);
  const auto& recording = std::get<RecordingRule>(groups[0].rules[0]);
  CHECK(recording.record == "job:up:sum");
  CHECK(recording.expr.text() == "sum by (job) (up)");
  CHECK(recording.labels == std::vector<Label>{{"team", "a"}});
  const auto& alerting = std::get<AlertingRule>(groups[0].rules[1]);
  CHECK(alerting.alert == "Down");
  CHECK(alerting.hold == Millis(90min));
  CHECK(alerting.keep_firing_for == Millis(90s));
  REQUIRE(alerting.labels.size() == 2);
  CHECK(alerting.labels[0].name == "number");
  CHECK(alerting.labels[0].value.text() == "3");
  CHECK(alerting.annotations[0].value.text() == "{{ $labels.job }} is down");
  CHECK_FALSE(groups[1].interval);
  CHECK(groups[1].rules.empty());
}

TEST_CASE("a PrometheusRule manifest holds the same groups") {
  const auto groups = groups_in(R"(
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: rules, labels: {release: prometheus}}
spec:
  groups:
  - name: g
    partial_response_strategy: abort
    rules:
    - {record: a, expr: up}
)");
  REQUIRE(groups.size() == 1);
  CHECK(name_of(groups[0].rules[0]) == "a");
}

TEST_CASE("the labels of a group are those of its rules, which may differ") {
  const std::string yaml = R"(
groups:
- name: g
  labels: {team: a, tier: "1"}
  query_offset: 1m
  rules:
  - {record: a, expr: up, labels: {team: b}}
)";
  const auto groups = groups_in(yaml);
  CHECK(std::get<RecordingRule>(groups[0].rules[0]).labels ==
        std::vector<Label>{{"team", "b"}, {"tier", "1"}});
  CHECK(groups[0].query_offset == Millis(1min));
  // Later than 2.42.
  const std::string said = complaints(yaml, PromDialect::v2);
  CHECK(said.find("query_offset is not a key of a rule group") != std::string::npos);
  CHECK(said.find("labels is not a key of a rule group") != std::string::npos);
}

TEST_CASE("a mistake in an expression is shown where it was written") {
  CHECK(of_rule("{record: a, expr: 'sum(rate(x[5m])'}") ==
        R"(rules.yaml:4:38: error: expr: unclosed left parenthesis
    4 |   - {record: a, expr: 'sum(rate(x[5m])'}
      |                                      ^ 1:16 of the expression
)");
}

TEST_CASE("also in blocks, folded texts and escapes") {
  const std::string block =
      "record: a\n    expr: |\n      sum by (job) (\n        foo bar\n      )\n";
  CHECK(of_rule(block).find("rules.yaml:7:13: error: expr: unexpected identifier \"bar\"") == 0);
  const std::string indented = "record: a\n    expr: |2-\n      sum(\n\n        foo bar)\n";
  CHECK(of_rule(indented).find("rules.yaml:8:13: error") == 0);
  const std::string folded = "record: a\n    expr: >-\n      sum(\n      foo bar)\n";
  CHECK(of_rule(folded).find("rules.yaml:7:11: error") == 0);
  const std::string plain = "record: a\n    expr: sum(\n      foo bar)\n";
  CHECK(of_rule(plain).find("rules.yaml:6:11: error") == 0);
  const std::string escaped = R"(record: a
    expr: "x{a=\"b\\\\\"}\nfoo")";
  CHECK(of_rule(escaped).find("rules.yaml:5:28: error") == 0);
  const std::string single = "record: a\n    expr: 'x{a=''b''} foo'\n";
  CHECK(of_rule(single).find("rules.yaml:5:23: error") == 0);
}

TEST_CASE("a mistake in a template is an error at its place, what is not played a warning") {
  CHECK(of_rule("{alert: A, expr: up, labels: {x: \"{{ foo }}\"}}") ==
        R"(rules.yaml:4:42: error: template of x: function "foo" not defined
    4 |   - {alert: A, expr: up, labels: {x: "{{ foo }}"}}
      |                                          ^
)");
  CHECK(of_rule("{alert: A, expr: up, annotations: {x: 'a {{ if 1 }}{{ end }}'}}") ==
        R"(rules.yaml:4:49: warning: template of x: if is not supported
    4 |   - {alert: A, expr: up, annotations: {x: 'a {{ if 1 }}{{ end }}'}}
      |                                                 ^ stays in the text as it is
)");
}

TEST_CASE("unknown keys are told with the nearest one") {
  CHECK(of_rule("{alert: A, exp: up}").find("exp is not a key of a rule") != std::string::npos);
  CHECK(of_rule("{alert: A, exp: up}").find("did you mean expr?") != std::string::npos);
  CHECK(complaints("groups: []\nfoo: 1\n").find("foo is not a key of a rule file") !=
        std::string::npos);
  CHECK(complaints("groups:\n- name: g\n  intervall: 1m\n").find("did you mean interval?") !=
        std::string::npos);
}

TEST_CASE("what promtool check rules refuses is refused") {
  struct Case {
    std::string rule;
    std::string said;
  };
  for (const Case& c : std::vector<Case>{
           {"{expr: up}", "4:5: error: a rule needs record or alert"},
           {"{alert: ''  , expr: up}", "4:5: error: a rule needs record or alert"},
           {"{alert: C}", "4:5: error: a rule needs expr"},
           {"{alert: C, expr: ''}", "4:22: error: a rule needs expr"},
           {"{alert: X, record: Y, expr: up}", "4:13: error: a rule has either record or alert"},
           {"{record: 0abc, expr: up}", "4:14: error: \"0abc\" is not a metric name"},
           {"{record: a, expr: up, for: 5m}", "4:32: error: for has no place in a recording rule"},
           {"{record: a, expr: up, keep_firing_for: 5m}", "4:44: error: keep_firing_for has no"},
           {"{record: a, expr: up, annotations: {x: y}}", "4:40: error: annotations has no place"},
           {"{record: a, expr: up, labels: {__name__: x}}", "4:36: error: \"__name__\" is not the"},
           {"{alert: a, expr: up, labels: {a-b: x}}",
            "4:35: error: \"a-b\" is not the name of a l"},
           {"{alert: a, expr: up, annotations: {a-b: x}}", "4:40: error: \"a-b\" is not the name"},
           {"{alert: a, expr: up, labels: [x]}", "4:34: error: labels: expected a map"},
           {"{alert: a, expr: up, labels: {x: [1]}}", "4:38: error: labels.x: expected a text"},
           {"{alert: a, expr: up, for: -5m}", "4:31: error: for: not a valid duration string"},
           {"{alert: a, expr: up, for: ''}", "4:31: error: for: empty duration string"},
           {"{alert: a, expr: [up]}", "4:22: error: expr: expected a text, found a list"},
           {"text", "4:5: error: a rule must be a map of keys"}}) {
    const std::string said = of_rule(c.rule);
    INFO(c.rule << "\n" << said);
    CHECK(said.find("rules.yaml:" + c.said) == 0);
  }
  CHECK(complaints("groups:\n- name: a\n- name: a\n")
            .find("rules.yaml:3:9: error: the group \"a\" is given twice") == 0);
  CHECK(complaints("groups:\n- rules: []\n").find("2:3: error: a rule group needs a name") !=
        std::string::npos);
  CHECK(complaints("groups:\n- name: x\n  limit: a\n").find("limit: expected a whole number") !=
        std::string::npos);
  CHECK(complaints("groups: {a: b}\n").find("groups must be a list") != std::string::npos);
  CHECK(complaints("kind: PrometheusRule\n").find("a PrometheusRule needs spec") !=
        std::string::npos);
}

TEST_CASE("what promtool check rules takes is taken") {
  for (const char* rule : {"{record: a, expr: up, for: 0s}",
                           "{record: a, expr: up, for: ~, annotations: {}}",
                           "{alert: 'A b', expr: up, labels: {x: ~, y: 3, z: true}}",
                           "{alert: A, expr: 1, for: 0}",
                           "{alert: A, expr: up, annotations: {__name__: x}}"}) {
    INFO(rule);
    CHECK(of_rule(rule).empty());
  }
  CHECK(complaints("groups:\n").empty());
  CHECK(complaints("groups:\n- name: x\n  limit: -1\n  interval: 0s\n").empty());
}

TEST_CASE("what loads and then goes wrong is warned of") {
  CHECK(of_rule("{record: a, expr: 'up[5m]'}")
            .find("warning: expr is a range vector: every evaluation will fail") !=
        std::string::npos);
  CHECK(of_rule("{alert: a, expr: up, labels: {alertname: b}}")
            .find("4:35: warning: alertname is set by Prometheus") != std::string::npos);
  CHECK(of_rule("{record: a, expr: up, labels: {b: '{{ $value }}'}}")
            .find("warning: labels of a recording rule are no templates") != std::string::npos);
  CHECK(of_rule("{record: a, expr: up}\n  - {record: a, expr: down}\n")
            .find("5:5: warning: a second rule writes a with the same labels") !=
        std::string::npos);
  CHECK(of_rule("{record: a, expr: up}\n  - {record: a, expr: up, labels: {x: y}}\n").empty());
}

TEST_CASE("groups written as YAML read back to the same") {
  const std::string yaml = R"y(
groups:
- name: "yes"
  interval: 1m30s
  limit: 3
  rules:
  - record: a:b
    expr: |
      sum by (job) (

        rate(x{a=~"\\d+:"}[5m])  # half of it
      )
        / 2
    labels: {"on": "no", x: ""}
  - alert: "A: b"
    expr: up == 0
    for: 5m
    keep_firing_for: 1m
    labels: {severity: page}
    annotations: {text: "a \"b\"\n{{ $value }}\t\\ #x", p: 'C:\x', q: "3"}
- name: none
  rules: []
)y";
  const auto groups = groups_in(yaml);
  const std::string written = to_yaml(groups);
  INFO(written);
  const auto again = groups_in(written);
  CHECK(to_yaml(again) == written);
  REQUIRE(again.size() == 2);
  CHECK(again[0].name == "yes");
  CHECK(again[0].interval == Millis(90s));
  CHECK(again[0].limit == 3);
  const auto& recording = std::get<RecordingRule>(again[0].rules[0]);
  CHECK(recording.labels == std::vector<Label>{{"on", "no"}, {"x", ""}});
  CHECK(recording.expr.selectors()[0][0].text() ==
        std::get<RecordingRule>(groups[0].rules[0]).expr.selectors()[0][0].text());
  const auto& alerting = std::get<AlertingRule>(again[0].rules[1]);
  CHECK(alerting.alert == "A: b");
  CHECK(alerting.annotations[0].value.text() == "C:\\x");
  CHECK(alerting.annotations[2].value.text() == "a \"b\"\n{{ $value }}\t\\ #x");
  CHECK(to_yaml({}) == "groups: []\n");
}

}  // namespace coalmine::rules
