#include "sim/kernel/settings.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

enum class Mode { slow, fast };

struct Inner {
  int depth = 0;
};

struct Plan {
  Duration interval{};
  std::optional<Duration> limit;
  int count = 0;
  double share = 0;
  double rate = 0;
  bool on = false;
  std::string label;
  Mode mode = Mode::slow;
  std::vector<double> steps;
  std::map<std::string, std::string> headers;
  std::pair<Duration, double> point;
  DurationDistribution think;
  CountOrPercent surge;
  Inner inner;
  bool inner_none = false;
};

Section<Inner> inner_table() {
  Section<Inner> table("inner", "A nested section.");
  table.field("depth", &Inner::depth, {.default_text = "3", .min = "0", .max = "9"});
  return table;
}

Section<Plan> plan_table() {
  Section<Plan> table("plan", "For the tests.");
  table.field("interval", &Plan::interval, {.default_text = "2m", .min = "1s", .max = "24h"})
      .field("limit", &Plan::limit, {.max = "1h"})
      .field("count", &Plan::count, {.default_text = "2", .min = "0", .max = "10"})
      .field("share",
             &Plan::share,
             kind::ratio(),
             {.default_text = "50%", .above = "0", .below = "100%"})
      .field("rate", &Plan::rate, kind::rate(), {.default_text = "4/s"})
      .field("on", &Plan::on, {.default_text = "true"})
      .field("label", &Plan::label, {.required = true})
      .field("mode",
             &Plan::mode,
             kind::choice<Mode>({{"slow", Mode::slow}, {"fast", Mode::fast}}),
             {.default_text = "fast"})
      .field("steps",
             &Plan::steps,
             kind::list_of(kind::ratio()),
             {.default_text = "[5%, 25%]", .max = "100%"})
      .field("headers", &Plan::headers, kind::map_of(kind::text()), {.default_text = "{a: b}"})
      .field("point",
             &Plan::point,
             kind::pair_of(kind::duration(), kind::rate()),
             {.default_text = "[1s, 2/s]"})
      .field("think", &Plan::think, {.default_text = "{p50: 10ms, p99: 20ms}", .max = "1h"})
      .field("surge", &Plan::surge, {.default_text = "25%"})
      .field("inner",
             &Plan::inner,
             kind::section_or<Inner>(inner_table(), "none", [](Inner& i) { i.depth = -1; }),
             {.default_text = "{}"})
      .check([](const Plan& plan, const SectionView& view, Diagnostics& problems) {
        if (plan.count == 7) problems.error(view.position("count"), "seven is not lucky");
      });
  return table;
}

struct Loaded {
  Plan plan;
  Diagnostics diagnostics;
};

Loaded load(const std::string& text) {
  Loaded result;
  const Value value =
      parse_flow(text, {SourceText::make("test", text), 1, 1, 1}, result.diagnostics);
  plan_table().load(result.plan, value, result.diagnostics);
  return result;
}

}  // namespace

TEST_CASE("what is absent gets the default of the table", "[kernel][settings]") {
  const Loaded loaded = load("{label: x}");
  CHECK_FALSE(loaded.diagnostics.has_errors());
  const Plan& plan = loaded.plan;
  CHECK(plan.interval == Duration(2min));
  CHECK_FALSE(plan.limit);
  CHECK(plan.count == 2);
  CHECK(plan.share == 0.5);
  CHECK(plan.on);
  CHECK(plan.mode == Mode::fast);
  CHECK(plan.steps == std::vector<double>{0.05, 0.25});
  CHECK(plan.headers.at("a") == "b");
  CHECK(plan.point.second == 2);
  CHECK(plan.surge.percent);
  CHECK(plan.inner.depth == 3);
}

TEST_CASE("what is written is read into the member", "[kernel][settings]") {
  const Loaded loaded = load(
      "{label: 'a, b', interval: 90s, limit: 5m, count: 9, share: 1%, rate: 60/m, on: false, "
      "mode: slow, steps: [1%], headers: {x: y}, point: [3s, 1/s], surge: 4, inner: none}");
  CHECK(loaded.diagnostics.text().empty());
  const Plan& plan = loaded.plan;
  CHECK(plan.label == "a, b");
  CHECK(plan.interval == Duration(90s));
  CHECK(plan.limit == Duration(5min));
  CHECK(plan.rate == 1);
  CHECK(plan.mode == Mode::slow);
  CHECK(plan.headers == std::map<std::string, std::string>{{"x", "y"}});
  CHECK(plan.surge.value == 4);
  CHECK(plan.inner.depth == -1);
}

TEST_CASE("every mistake of a section is reported, each with what is allowed",
          "[kernel][settings]") {
  struct Case {
    std::string text;
    std::string message;
    std::string hint;
  };
  const std::vector<Case> cases{
      {"{label: x, intervall: 1m}", "intervall is not a key of plan", "did you mean interval?"},
      {"{label: x, interval: 10ms}", "interval: 10ms is out of range", "allowed: 1s to 24h"},
      {"{label: x, interval: 5}",
       "interval: 5 has no unit; write 5s, 5m or 5h",
       "allowed: 1s to 24h"},
      {"{label: x, interval: }",
       "interval: has no value; expected a duration",
       "allowed: 1s to 24h"},
      {"{label: x, interval: [1s]}",
       "interval: expected a duration, found a list",
       "allowed: 1s to 24h"},
      {"{label: x, count: 11}", "count: 11 is out of range", "allowed: 0 to 10"},
      {"{label: x, count: NaN}", "count: NaN is not a whole number", "allowed: 0 to 10"},
      {"{label: x, share: 0%}",
       "share: 0% is out of range",
       "allowed: more than 0, less than 100%"},
      {"{label: x, on: maybe}", "on: maybe is neither true nor false", ""},
      {"{label: ''}", "label: the text is empty", ""},
      {"{}", "plan needs the key label", ""},
      {"{label: x, mode: fats}", "mode: fats is not one of slow, fast", "did you mean fast?"},
      {"{label: x, steps: 5%}", "steps: expected a list, found 5%", ""},
      {"{label: x, steps: [5%, 101%]}", "steps[1]: 101% is out of range", "allowed: at most 100%"},
      {"{label: x, headers: 3}", "headers: 3 is not a map", ""},
      {"{label: x, point: [1s]}", "point: a list is not [duration, rate]", ""},
      {"{label: x, inner: {depth: 10}}", "depth: 10 is out of range", "allowed: 0 to 9"},
      {"{label: x, inner: some}", "inner must be a map of keys, found some", ""},
      {"{label: x, count: 7}", "seven is not lucky", ""},
      {"[1]", "plan must be a map of keys, found a list", ""},
      {"{label: x, count: 1, count: 2}", "the key count is given twice", ""},
      {"{label: x", "expected , or }", ""},
      {"{label: 'x}", "the quote is not closed", ""},
      {"{label: x} y", "unexpected text after the value", ""}};
  for (const Case& c : cases) {
    INFO(c.text);
    const auto found = load(c.text).diagnostics.sorted();
    REQUIRE_FALSE(found.empty());
    CHECK(found[0].message == c.message);
    CHECK(found[0].hint == c.hint);
  }
}

TEST_CASE("all mistakes of a section are reported at once", "[kernel][settings]") {
  CHECK(load("{a: 1, interval: 0s, count: -1, steps: [1, 2]}").diagnostics.errors() == 6);
}

TEST_CASE("distributions of durations take every stated form", "[kernel][settings]") {
  using Kind = DurationDistribution::Kind;
  const auto think = [](const std::string& text) {
    const Loaded loaded = load("{label: x, think: " + text + "}");
    CHECK(loaded.diagnostics.text().empty());
    return loaded.plan.think;
  };
  // Lognormal: p99/p50 = exp(2.3263 sigma), mean = p50 exp(sigma^2/2).
  const auto quantiles = think("{p50: 40ms, p99: 250ms}");
  CHECK(quantiles.kind == Kind::lognormal);
  CHECK(quantiles.sigma == Approx(0.787750).epsilon(1e-5));
  CHECK(quantiles.mean == Approx(0.040 * 1.363804).epsilon(1e-4));
  // cv^2 = exp(sigma^2) - 1.
  const auto moments = think("{mean: 2s, cv: 1}");
  CHECK(moments.mean == 2);
  CHECK(moments.sigma == Approx(0.832555).epsilon(1e-5));
  CHECK(think("{mean: 1s, distribution: exponential}").kind == Kind::exponential);
  CHECK(think("{mean: 1s, distribution: erlang, shape: 4}").shape == 4);
  CHECK(think("{mean: 1s, distribution: deterministic}").kind == Kind::deterministic);
  CHECK(think("250ms").mean == 0.25);
  CHECK(think("{p50: 1s, p99: 1s}").kind == Kind::deterministic);
}

TEST_CASE("a distribution that makes no sense is refused", "[kernel][settings]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{p50: 1s}", "think: p50 and p99 go together"},
      {"{p50: 2s, p99: 1s}", "think: p99 is less than p50"},
      {"{p50: 0s, p99: 1s}", "think: p50 must be more than 0"},
      {"{p50: 1s, p99: 2s, mean: 1s}", "think: give either p50 and p99, or mean"},
      {"{p50: 1s, p99: 2s, distribution: erlang}",
       "think: p50 and p99 describe a lognormal; give mean"},
      {"{}", "think: give {p50, p99} or {mean}"},
      {"{mean: 1s}", "think: mean of a lognormal needs cv"},
      {"{mean: 1s, cv: 1, shape: 2}", "think: shape belongs to distribution: erlang"},
      {"{mean: 1s, cv: 1, distribution: exponential}",
       "think: cv belongs to distribution: lognormal"},
      {"{mean: 0s, distribution: exponential}", "think: mean must be more than 0"},
      {"{mean: 2h, cv: 1}", "mean: 2h is out of range"},
      {"{median: 1s}", "median is not a key of distribution"},
      {"[1s]", "think: expected a duration or {p50, p99} or {mean, cv}, found a list"},
      {"fast", "think: fast is not a duration such as 250ms, 12s, 1h30m or 30d"}};
  for (const auto& [text, message] : cases) {
    INFO(text);
    const auto found = load("{label: x, think: " + text + "}").diagnostics.sorted();
    REQUIRE_FALSE(found.empty());
    CHECK(found[0].message == message);
  }
}

TEST_CASE("quotes in a one-line value have the escapes of YAML", "[kernel][settings]") {
  const auto text = [](const char* written) {
    Diagnostics diagnostics;
    const Value value = parse_flow(written, {}, diagnostics);
    return diagnostics.has_errors() ? diagnostics.sorted()[0].message : value.text;
  };
  CHECK(text(R"("up{job=\"a\"} > 0")") == "up{job=\"a\"} > 0");
  CHECK(text(R"("a\\b\n\/")") == "a\\b\n/");
  CHECK(text("'it''s'") == "it's");
  CHECK(text(R"('a\"b')") == "a\\\"b");
  CHECK(text(R"("a\x")") == "a backslash before another character than \", \\, /, n or t");
  CHECK(text(R"("a\)") == "a backslash before another character than \", \\, /, n or t");
  CHECK(text(R"("a\")") == "the quote is not closed");
}

TEST_CASE("a one-line value nested too deep is refused", "[kernel][settings]") {
  Diagnostics diagnostics;
  parse_flow(std::string(100000, '['), {}, diagnostics);
  CHECK(diagnostics.sorted().at(0).message == "nested more than 64 levels deep");
}

TEST_CASE("a section can take in the keys and rules of another", "[kernel][settings]") {
  struct Outer {
    std::string name;
    Plan plan;
  };
  Section<Outer> table("outer", "Includes plan.");
  table.field("name", &Outer::name, {}).include(&Outer::plan, plan_table());
  CHECK(table.keys().size() == plan_table().keys().size() + 1);
  Outer outer;
  Diagnostics diagnostics;
  const std::string text = "{name: n, label: x, count: 7}";
  table.load(outer, parse_flow(text, {}, diagnostics), diagnostics);
  CHECK(outer.name == "n");
  CHECK(outer.plan.count == 7);
  CHECK(diagnostics.sorted().at(0).message == "seven is not lucky");
}
