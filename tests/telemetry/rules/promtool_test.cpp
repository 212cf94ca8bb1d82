/// Agreement with the real thing: rules and series are given to `promtool test rules` (2.42), which
/// is told to expect what was computed here. Without promtool on the path nothing is compared.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "sim/kernel/random.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/rules/burn_rate_rules.h"
#include "sim/telemetry/rules/rule_yaml.h"
#include "tests/telemetry/promql/asking.h"
#include "tests/telemetry/rules/playing.h"

namespace coalmine::rules {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool has_promtool() {
  static const bool found = std::system("promtool --version >/dev/null 2>&1") == 0;
  if (!found) WARN("promtool is not installed: not compared");
  return found;
}

/// A folder that goes with its test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "coalmine-rules-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  /// Runs promtool in here: true if it is content, else `said` has its words.
  bool promtool(const std::string& arguments, std::string& said) const {
    const std::string command =
        fmt::format("cd '{}' && promtool {} 2>&1", path_.string(), arguments);
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
      said.append(buffer.data(), got);
    return pclose(pipe) == 0;
  }

 private:
  fs::path path_;
};

/// In single quotes nothing is an escape.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string labels_map(const Labels& labels, std::string_view without) {
  std::string text = "{";
  for (const Label& label : labels)
    if (label.name != without) text += in_quotes(label.name) + ": " + in_quotes(label.value) + ", ";
  return text + "}";
}

/// Writes what was found here as what promtool is to find.
class Expectations {
 public:
  Expectations(std::string_view series, std::string_view interval, std::string_view groups) {
    text_ = fmt::format(
        "rule_files: [rules.yaml]\nevaluation_interval: {}\ngroup_eval_order: [{}]\ntests:\n- "
        "interval: 15s\n"
        "  input_series:\n",
        interval,
        groups);
    while (!series.empty()) {
      const std::string line(series.substr(0, series.find('\n')));
      series.remove_prefix(std::min(line.size() + 1, series.size()));
      const std::size_t brace = line.rfind('}');
      const std::size_t gap = line.find(' ', brace == std::string::npos ? 0 : brace);
      text_ += "  - {series: " + in_quotes(line.substr(0, gap)) +
               ", values: " + in_quotes(line.substr(gap + 1)) + "}\n";
    }
  }

  void query(const Play& play, const std::string& query, int seconds) {
    const promql::Value value = promql::Query::parse(query, {.dialect = play.dialect})
                                    .instant(play.table, promql::seconds_in(seconds));
    queries_ += fmt::format("  - expr: {}\n    eval_time: {}s\n    exp_samples:\n", query, seconds);
    for (const promql::Series& series : value.series)
      queries_ += fmt::format("    - {{labels: {}, value: {}}}\n",
                              in_quotes(series.labels.text()),
                              yaml_number(series.points.front().value));
  }

  /// Of the evaluation at `seconds`, which must be the last so far.
  void alerts(const Play& play, int seconds) {
    std::map<std::string, std::string> by_name;
    for (const GroupEngine& engine : play.engines) {
      for (std::size_t i = 0; i < engine.group().rules.size(); ++i) {
        if (!std::holds_alternative<AlertingRule>(engine.group().rules[i])) continue;
        std::string& firing = by_name[name_of(engine.group().rules[i])];
        for (const auto& [labels, alert] : engine.alerts(i).alerts())
          if (alert.state == AlertState::firing)
            firing += fmt::format("    - {{exp_labels: {}, exp_annotations: {}}}\n",
                                  labels_map(labels, "alertname"),
                                  labels_map(Labels(alert.annotations), {}));
      }
    }
    for (const auto& [name, firing] : by_name)
      alerts_ += fmt::format(
          "  - eval_time: {}s\n    alertname: {}\n    exp_alerts:\n{}", seconds, name, firing);
  }

  std::string text() const {
    return text_ + "  promql_expr_test:\n" + queries_ + "  alert_rule_test:\n" + alerts_;
  }

 private:
  static std::string yaml_number(double value) {
    if (std::isnan(value)) return ".nan";
    if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
    return go_number_in_json(value);
  }

  std::string text_;
  std::string queries_;
  std::string alerts_;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(make_key(seed, 0, "test/rules")) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits_() % n); }
  template <std::size_t N>
  std::string one_of(const char* const (&words)[N]) {
    return words[below(N)];
  }

 private:
  Xoshiro256 bits_;
};

/// Levels that wander about 0.5 with gaps, ends and NaNs, and a counter of errors: 81 samples each.
std::string random_series(Dice& dice) {
  std::string lines;
  for (const char* labels : {R"(g{i="a",job="x"})", R"(g{i="b",job="x"})", R"(g{i="c",job="y"})"}) {
    lines += labels;
    std::string word = "0.25";
    for (int k = 0; k <= 80; ++k) {
      if (dice.below(4) == 0)
        word = dice.one_of({"0", "0.25", "0.5", "0.75", "1", "1.5", "0.75", "_", "stale", "NaN"});
      lines.append(" ").append(word);
    }
    lines += '\n';
  }
  for (const char* name : {"bad", "all"}) {
    lines += name;
    std::size_t count = 0;
    for (int k = 0; k <= 80; ++k) {
      count += name[0] == 'b' ? dice.below(3) : 10;
      lines.append(" ").append(std::to_string(count));
    }
    lines += '\n';
  }
  return lines;
}

std::string random_rules(Dice& dice) {
  const auto some_for = [&] {
    return dice.one_of({"0s", "15s", "30s", "45s", "1m", "100s", "2m"});
  };
  const auto keep = [&] { return dice.one_of({"0s", "15s", "45s", "1m", "90s"}); };
  const auto bound = [&] { return dice.one_of({"0.3", "0.5", "0.7", "1"}); };
  return fmt::format(R"y(
groups:
- name: first
  rules:
  - record: job:g:max
    expr: max by (job) (g)
    labels: {{from: rule}}
  - record: bad:ratio
    expr: sum(rate(bad[1m])) / sum(rate(all[1m]))
  - alert: High
    expr: g > {}
    for: {}
    keep_firing_for: {}
    labels: {{who: "{{{{ $labels.i }}}}/{{{{ $labels.job }}}}", job: ""}}
    annotations:
      text: '{{{{ $labels.i }}}} is {{{{ $value }}}}, {{{{ $value | humanizePercentage }}}}'
  - alert: JobHigh
    expr: job:g:max > {}
    for: {}
    annotations: {{text: '{{{{ printf "%.1f" .Value }}}} of {{{{ .Labels.job }}}}'}}
  - alert: Ratio
    expr: bad:ratio > 0.1
    for: {}
    keep_firing_for: {}
    annotations: {{text: '{{{{- $value | humanize -}}}}'}}
  - alert: Absent
    expr: absent(g{{i="a"}})
    for: {}
  - alert: Sum
    expr: sum without (i) (g) >= {}
- name: second
  rules:
  - alert: OfAlerts
    expr: count by (of) (label_replace(ALERTS{{alertname!="OfAlerts",alertstate="firing"}}, "of", "$1", "alertname", "(.*)")) > 1
  - record: alerts:count
    expr: count by (alertstate) (ALERTS) or vector(0)
)y",
                     bound(),
                     some_for(),
                     keep(),
                     bound(),
                     some_for(),
                     some_for(),
                     keep(),
                     some_for(),
                     bound());
}

}  // namespace

TEST_CASE("random rules over random series give the alerts that promtool gives") {
  if (!has_promtool()) return;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Dice dice(seed);
    const std::string series = random_series(dice);
    const int interval = dice.below(2) == 0 ? 15 : 30;
    Play play(random_rules(dice), series, 15s, PromDialect::v2);
    std::vector<RuleGroup> groups;
    for (const GroupEngine& engine : play.engines) groups.push_back(engine.group());

    Expectations expected(series, fmt::format("{}s", interval), "first, second");
    for (int t = 0; t <= 1200; t += interval) {
      play.at(t);
      expected.alerts(play, t);
      // Compared with itself because promtool takes no NaN for another.
      for (const char* query :
           {"ALERTS", "ALERTS_FOR_STATE", "job:g:max == job:g:max", "bad:ratio", "alerts:count"})
        expected.query(play, query, t);
    }
    CHECK(play.told.size() > 10);
    const Folder folder;
    folder.write("rules.yaml", to_yaml(groups));
    folder.write("test.yaml", expected.text());
    std::string said;
    const bool agrees = folder.promtool("test rules test.yaml", said);
    INFO("seed " << seed << "\n" << said.substr(0, 4000) << "\n" << to_yaml(groups) << series);
    CHECK(agrees);
  }
}

TEST_CASE("promtool finds no fault with generated rules, and fires them when we do") {
  if (!has_promtool()) return;
  BurnRateObjective objective;
  objective.objective.name = "availability";
  objective.objective.target = 0.99;
  objective.bad_ratio = [](Duration window) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(window).count();
    return fmt::format("sum(rate(bad[{}m])) / sum(rate(all[{}m]))", minutes, minutes);
  };
  BurnRateObjective latency = objective;
  latency.objective.name = "latency-300ms";
  latency.objective.kind = AlertObjective::Kind::latency;
  latency.objective.latency = 300ms;
  // 0.002 without a fault, 0.5 from 15 min to 45 min.
  const std::string series = "bad 0x60 5+5x119 600x180\nall 0+10x360";
  for (const bool record : {false, true}) {
    BurnRateRules settings;
    settings.record = record;
    settings.promql.dialect = PromDialect::v2;
    const std::array objectives{objective, latency};
    const std::array groups{burn_rate_rules(objectives, settings)};
    Play play("groups: []", series, 15s, PromDialect::v2);
    play.engines.emplace_back(groups[0]);
    Expectations expected(series, "30s", "error-budgets");
    for (int t = 0; t <= 5400; t += 30) {
      play.at(t);
      expected.alerts(play, t);
    }
    CHECK(play.told.size() == 4);
    const Folder folder;
    folder.write("rules.yaml", to_yaml(groups));
    folder.write("test.yaml", expected.text());
    std::string said;
    const bool loads = folder.promtool("check rules rules.yaml", said);
    const bool agrees = folder.promtool("test rules test.yaml", said);
    INFO(said);
    CHECK(loads);
    CHECK(said.find("SUCCESS") != std::string::npos);
    CHECK(agrees);
  }
}

TEST_CASE("what we refuse to load, promtool refuses, and the other way round") {
  if (!has_promtool()) return;
  const Folder folder;
  for (const char* rule : {
           "{record: a, expr: 'sum(rate(x[5m])'}",
           "{record: a, expr: up, for: 5m}",
           "{record: a, expr: up, for: 0s}",
           "{record: a, expr: up, annotations: {}}",
           "{record: a, expr: up, annotations: {a: b}}",
           "{record: a, expr: up, labels: {x: '{{ foo }}'}}",
           "{record: 'a b', expr: up}",
           "{record: a, expr: 'up[5m]'}",
           "{alert: A, expr: up, keep_firing_for: 3m}",
           "{alert: A, expr: up, labels: {__name__: x}}",
           "{alert: A, expr: up, labels: {a-b: x}}",
           "{alert: A, expr: up, annotations: {a-b: x}}",
           "{alert: A, expr: up, labels: {alertname: x}}",
           "{alert: A, expr: up, labels: {x: ~, y: 3, z: 1.50}}",
           "{alert: A, expr: up, labels: {x: [1]}}",
           "{alert: A, expr: up, for: 1h30}",
           "{alert: A, expr: up, for: ''}",
           "{alert: A, expr: up, foo: 3}",
           "{alert: A, record: a, expr: up}",
           "{alert: A}",
           "{expr: up}",
           "{alert: '', expr: up}",
           "{alert: A, expr: up, annotations: {x: '{{ foo }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $foo }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $labels.job'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $labels.a-b }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ .Foo }} {{ $labels }} {{ . }} {{ $ }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ if $value }}a{{ else }}b{{ end }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{}}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ humanize 1 2 }} {{ title }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $x := 3 }}{{ $x }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ \"a }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{/* a */}} }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{/* a }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{-$value}}'}}",
           "{alert: A, expr: up, annotations: {x: '{{- $value -}}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $value | }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ | humanize }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ ($value }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $value) }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $value $value }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ $value | $value }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ ? }}'}}",
           "{alert: A, expr: up, annotations: {x: '{{ 1a }}'}}",
       }) {
    const std::string yaml = std::string("groups:\n- name: g\n  rules:\n  - ") + rule + "\n";
    folder.write("rules.yaml", yaml);
    std::string said;
    const bool loads = folder.promtool("check rules rules.yaml", said);
    const std::string ours = complaints(yaml, PromDialect::v2);
    INFO(rule << "\n" << said << ours);
    CHECK(loads == (ours.find(": error: ") == std::string::npos));
  }
}

}  // namespace coalmine::rules
