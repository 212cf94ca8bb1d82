#include "sim/telemetry/burn_rate_alert.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

/// Exact time averages of a ratio that is `during` from `from` to `until` and `before` otherwise.
class StepReader final : public MetricReader {
 public:
  explicit StepReader(const Simulation& sim) : sim_(sim) {}
  Reading error_ratio(const MetricTarget&, Duration window) const override {
    return mean(errors, window);
  }
  Reading slow_ratio(const MetricTarget&, Duration, Duration window) const override {
    return mean(slow, window);
  }
  Reading latency_quantile(const MetricTarget&, double, Duration) const override { return {}; }
  Reading request_rate(const MetricTarget&, Duration) const override { return {}; }
  Reading users(const MetricTarget&) const override { return {}; }
  Reading conversions(const MetricTarget&) const override { return {}; }

  struct Step {
    double before = 0;
    double during = 0;
    Time from = kNever;
    Time until = kNever;
  };
  Step errors;
  Step slow;
  bool blind = false;

 private:
  Reading mean(const Step& step, Duration window) const {
    Reading reading;
    reading.window = window;
    if (blind) return reading;
    const Time now = sim_.now();
    const Time begin = std::max(step.from, now - window);
    const Time end = std::min(step.until, now);
    const double inside = end > begin ? to_seconds(end - begin) / to_seconds(window) : 0.0;
    reading.value = step.before + (step.during - step.before) * inside;
    reading.samples = 400 * to_seconds(window);
    return reading;
  }
  const Simulation& sim_;
};

AlertObjective availability(double target) {
  AlertObjective objective;
  objective.name = "availability";
  objective.target = target;
  return objective;
}

struct Watch {
  explicit Watch(std::vector<AlertObjective> objectives,
                 BurnRateAlert::Settings settings = BurnRateAlert::Settings{})
      : alert(
            sim,
            reader,
            std::move(objectives),
            [] { return MetricTarget{}; },
            settings,
            [this](Event e) { events.push_back(std::move(e)); },
            [this](const Page& page) { called.push_back(page.time); }) {}
  Simulation sim;
  StepReader reader{sim};
  std::vector<Event> events;
  std::vector<Time> called;
  BurnRateAlert alert;
};

BurnRateAlert::Settings every(Duration interval) {
  BurnRateAlert::Settings settings;
  settings.evaluation_interval = interval;
  return settings;
}

}  // namespace

// specs/statistics.md section 3.3.

TEST_CASE("page rows burn 14.4 and 6 times too fast at 30 days, 13.44 and 5.6 at 28") {
  CHECK(burn_rate_threshold(kPageRows[0], 24h * 30) == Approx(14.4));
  CHECK(burn_rate_threshold(kPageRows[1], 24h * 30) == Approx(6));
  CHECK(burn_rate_threshold(kPageRows[0], 24h * 28) == Approx(13.44));
  CHECK(burn_rate_threshold(kPageRows[1], 24h * 28) == Approx(5.6));
  CHECK(burn_rate_threshold(kPageRows[0], 24h) == 1);  // never below the pace that is allowed
}

TEST_CASE("a total outage pages after 51.8 s, rounded up to the evaluation grid") {
  // 1 h * 14.4 * 0.001 = 51.84 s.
  for (const Duration interval : {Duration(1s), Duration(30s), Duration(60s)}) {
    Watch watch({availability(0.999)}, every(interval));
    watch.reader.errors = {0, 1, Time(600s), kNever};
    watch.alert.start(Time(0s));
    watch.sim.advance_to(Time(800s));
    REQUIRE(watch.alert.first_firing());
    const Duration exact = 600s + 51840ms;
    const auto ticks = (exact + interval - 1ns) / interval;
    CHECK(*watch.alert.first_firing() == Time(ticks * interval));
    CHECK(watch.called.size() == 1);
  }
}

TEST_CASE("the slow row: 10 % errors against 99.5 % fire after 108 min and reset after 21 min") {
  // h = 0.03 in the row 6 h / 30 min; detection 6 h * 0.3, reset 30 min * 0.7.
  auto settings = every(1s);
  settings.rows = {kPageRows[1]};
  Watch watch({availability(0.995)}, settings);
  watch.reader.errors = {0, 0.1, Time(0s), Time(120min)};
  watch.alert.start(Time(0s));
  watch.sim.advance_to(Time(200min));
  REQUIRE(watch.alert.first_firing());
  CHECK(to_seconds(*watch.alert.first_firing()) == Approx(108 * 60).margin(1.01));
  REQUIRE(watch.events.size() == 2);
  CHECK(watch.events[0].reason == "Paged");
  CHECK(watch.events[1].reason == "Resolved");
  CHECK(to_seconds(watch.events[1].time) == Approx((120 + 21) * 60).margin(1.01));
  CHECK_FALSE(watch.alert.firing());
}

TEST_CASE("a canary of 5 % that fails one request in five stays below the fast row") {
  // The service sees 1 %: burn rate 10 against 14.4; only the slow row (6) fires, 6 h * 0.6 later.
  Watch fast_only({availability(0.999)}, [] {
    auto settings = every(30s);
    settings.rows = {kPageRows[0]};
    return settings;
  }());
  fast_only.reader.errors = {0, 0.01, Time(0s), kNever};
  fast_only.alert.start(Time(0s));
  fast_only.sim.advance_to(Time(8h));
  CHECK_FALSE(fast_only.alert.first_firing());

  Watch both({availability(0.999)}, every(30s));
  both.reader.errors = {0, 0.01, Time(0s), kNever};
  both.alert.start(Time(0s));
  both.sim.advance_to(Time(8h));
  REQUIRE(both.alert.first_firing());
  CHECK(to_seconds(*both.alert.first_firing()) == Approx(6 * 3600 * 0.6).margin(30.01));
}

TEST_CASE("the page carries its evidence") {
  Watch watch({availability(0.999)}, every(30s));
  watch.reader.errors = {0, 1, Time(600s), kNever};
  watch.alert.start(Time(0s));
  watch.sim.advance_to(Time(700s));
  REQUIRE(watch.alert.pages().size() == 1);
  const Page& page = watch.alert.pages()[0];
  CHECK(page.objective == "availability");
  CHECK(page.evidence.window == 1h);
  CHECK(page.evidence.limit.value() == Approx(0.0144));
  CHECK(page.evidence.value.value() == Approx(60.0 / 3600));
  REQUIRE(watch.events.size() == 1);
  CHECK(watch.events[0].object == "alert/availability");
  CHECK(watch.events[0].message ==
        "bad requests 1.67 % over 1h and 20 % over 5m, limit 1.44 % (14.4 times the pace that "
        "spends the availability budget)");
  REQUIRE(watch.events[0].evidence);
  CHECK(watch.events[0].evidence->samples == Approx(400 * 3600));
}

TEST_CASE("a latency objective pages on slow requests, each objective for itself") {
  AlertObjective latency;
  latency.name = "latency-300ms";
  latency.kind = AlertObjective::Kind::latency;
  latency.target = 0.99;
  latency.latency = 300ms;
  Watch watch({availability(0.999), latency}, every(30s));
  watch.reader.slow = {0.005, 0.5, Time(600s), kNever};
  watch.alert.start(Time(0s));
  watch.sim.advance_to(Time(3600s));
  REQUIRE(watch.alert.pages().size() == 1);
  CHECK(watch.alert.pages()[0].objective == "latency-300ms");
  // h = 0.06 in the 6 h row comes after 6 h * 0.055/0.495 = 40 min; 0.144 in the 1 h row after 16.8
  // min.
  CHECK(to_seconds(watch.alert.pages()[0].time) ==
        Approx(600 + 3600 * (0.144 - 0.005) / 0.495).margin(30.01));
  CHECK(watch.alert.firing());
}

TEST_CASE("no data does not page") {
  Watch watch({availability(0.999)}, every(30s));
  watch.reader.errors = {0, 1, Time(0s), kNever};
  watch.reader.blind = true;
  watch.alert.start(Time(0s));
  watch.sim.advance_to(Time(1h));
  CHECK_FALSE(watch.alert.first_firing());
}

TEST_CASE("evaluations keep to phase plus multiples of the interval") {
  auto settings = every(30s);
  settings.phase = 7s;
  Watch watch({availability(0.999)}, settings);
  watch.reader.errors = {0, 1, Time(0s), kNever};
  watch.alert.start(Time(3s));
  watch.sim.advance_to(Time(10min));
  // 51.84 s -> the next of 7, 37, 67 s.
  CHECK(watch.alert.first_firing() == Time(67s));
}

}  // namespace coalmine
