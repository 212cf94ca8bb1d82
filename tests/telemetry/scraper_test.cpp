#include "sim/telemetry/scraper.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "sim/telemetry/promql/duration.h"
#include "tests/telemetry/fake_source.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOk = "requests_total{instance=\"gateway\",code=\"200\"}";

/// Adds `per_second` ok requests (a multiple of 20) to the counters in 20 steps a second, for ever:
/// fine enough that a step more or less at an edge stays below the tolerance of 1 %.
void run_traffic(Simulation& sim, Instruments& counters, std::uint64_t per_second) {
  sim.after(50ms, [&sim, &counters, per_second] {
    observe(counters, Outcome::ok, 20ms, per_second / 20);
    counters.busy_ns += 25'000'000;
    run_traffic(sim, counters, per_second);
  });
}

std::string up(const std::string& instance) {
  return "up{instance=\"" + instance + "\"}";
}

/// Of those that are no staleness markers.
std::vector<double> real(std::vector<double> values) {
  std::erase_if(values, is_stale_marker);
  return values;
}

}  // namespace

// ---- when

TEST_CASE("every target is scraped at its own phase plus multiples of the interval") {
  Laboratory lab;
  lab.source.add_router(0);
  std::vector<std::string> instances{"gateway"};
  for (std::uint32_t p = 0; p < 4; ++p) {
    lab.source.add_pod(p, 0);
    instances.push_back("pod-" + std::to_string(p));
    instances.push_back("pod-" + std::to_string(p) + ":app");
  }
  lab.start();
  lab.sim.advance_to(Time(150s));
  std::vector<Timestamp> firsts;
  for (const std::string& instance : instances) {
    const auto times = lab.times(up(instance));
    REQUIRE(times.size() == 10);
    CHECK(to_time(times[0]) >= Time(0s));
    CHECK(to_time(times[0]) < Time(15s));
    for (std::size_t k = 1; k < times.size(); ++k) CHECK(times[k] - times[k - 1] == 15s);
    // All that one scrape brings has its time.
    CHECK(lab.times("requests_total{instance=\"" + instance + "\",code=\"200\"}") == times);
    firsts.push_back(times[0]);
  }
  std::sort(firsts.begin(), firsts.end());
  CHECK(std::adjacent_find(firsts.begin(), firsts.end()) == firsts.end());
  CHECK(lab.scraper->scrapes() == 90);
  CHECK(lab.scraper->failed_scrapes() == 0);
}

TEST_CASE("lost scrapes leave holes at the configured rate, the same ones every time") {
  const auto run = [] {
    Laboratory lab;
    lab.source.add_router(0);
    lab.settings.loss = 0.2;
    lab.start();
    lab.sim.advance_to(Time(15s * 2000));
    CHECK(lab.times("up").size() == 2000);
    CHECK(lab.ask("sum_over_time(up[" + std::to_string(15 * 2000) + "s])") ==
          2000 - static_cast<double>(lab.scraper->failed_scrapes()));
    return real(lab.values(kOk)).size();
  };
  const auto kept = run();
  // 2000 coins of 0.8: 1600 +- 4 standard deviations of 18.
  CHECK(kept > 1528);
  CHECK(kept < 1672);
  CHECK(kept == run());
}

// One page of metrics has one phase and one fate, however many Deployments are on it.
TEST_CASE("what the router counts for several Deployments is scraped, or lost, in one instant") {
  Laboratory lab;
  lab.source.add_router(0);
  lab.source.add_router(1);
  lab.settings.loss = 0.2;
  lab.start();
  lab.sim.advance_to(Time(15s * 100));
  const auto first = lab.times("requests_total{deployment=\"d0\",code=\"200\"}");
  CHECK(real(lab.values("requests_total{deployment=\"d0\",code=\"200\"}")).size() < 100);
  CHECK(first == lab.times("requests_total{deployment=\"d1\",code=\"200\"}"));
  CHECK(lab.times("up").size() == 100);  // it is one target
}

TEST_CASE("a fault that loses scrapes leaves holes of its size while it acts") {
  Laboratory lab;
  lab.source.add_router(0);
  lab.source.disturb({0.4, {}, RandomKey{5}, {Time(15s * 1000), Time(15s * 3000), {}}});
  lab.start();
  lab.sim.advance_to(Time(15s * 4000));
  const auto up_between = [&](int from, int to) {
    const auto window = promql::duration_text((to - from) * 15s);
    return lab.ask("sum_over_time(up[" + window + "])", Time(to * 15s)).value();
  };
  CHECK(up_between(0, 1000) == 1000);
  CHECK(up_between(3000, 4000) == 1000);
  // 2000 coins of 0.6: 1200 +- 4 standard deviations of 22.
  CHECK(up_between(1000, 3000) > 1112);
  CHECK(up_between(1000, 3000) < 1288);
}

TEST_CASE("late scrapes keep their time and can be queried only later") {
  Laboratory lab;
  Instruments& counters = lab.source.add_router(0);
  lab.source.disturb({0, 40s, RandomKey{5}, {Time(100s), Time(200s), {}}});
  lab.start();
  const auto newest_age = [&] { return lab.sim.now() - to_time(lab.times(kOk).back()); };
  for (int t = 1; t <= 320; ++t) {
    lab.sim.advance_to(Time(std::chrono::seconds(t)));
    counters.requests[0] = static_cast<std::uint64_t>(t) + 1;
    if (t == 99) CHECK(newest_age() < 15s);
    if (t == 160 || t == 199) CHECK(newest_age() >= 40s);
    if (t == 160 || t == 199) CHECK(newest_age() < 55s);
    if (t == 216) CHECK(newest_age() < 15s);
  }
  // One a 15 s and in order, though the last late ones were overtaken: those are lost.
  const auto times = lab.times(kOk);
  const auto values = lab.values(kOk);
  for (std::size_t i = 0; i < times.size(); ++i)
    CHECK(values[i] == Approx(to_seconds(to_time(times[i]).time_since_epoch()) + 1).margin(1));
  CHECK(times.size() < 320 / 15);
  CHECK(times.size() >= 320 / 15 - 3);
}

// ---- what

TEST_CASE("a counter is born with its first increment, unless its library makes it before") {
  Laboratory lab;
  Instruments& counters = lab.source.add_router(0);
  lab.start();
  lab.sim.advance_to(Time(31s));
  CHECK(lab.values(kOk) == std::vector<double>{0, 0});
  const char* errors = "requests_total{code=\"500\"}";
  CHECK(lab.values(errors).empty());
  observe(counters, Outcome::error, 20ms, 8);
  lab.sim.advance_to(Time(46s));
  observe(counters, Outcome::error, 20ms, 2);
  lab.sim.advance_to(Time(61s));
  CHECK(lab.values(errors) == std::vector<double>{8, 10});
  // The step from nothing to 8 happened where nobody looked.
  CHECK(lab.ask("increase(requests_total{code=\"500\"}[1m])").value() < 5);
}

TEST_CASE("a histogram is there with all its buckets or not at all; they are cumulative") {
  Laboratory lab;
  Instruments& counters = lab.source.add_router(0);
  lab.start();
  lab.sim.advance_to(Time(16s));
  CHECK(lab.values("latency_seconds_count").empty());
  CHECK(lab.values("latency_seconds_bucket{le=\"+Inf\"}").empty());
  observe(counters, Outcome::ok, 20ms, 3);
  observe(counters, Outcome::ok, 60ms, 2);
  observe(counters, Outcome::error, 1s);
  observe(counters, Outcome::timed_out, 1s);  // not of this histogram
  counters.count(Outcome::refused);           // nobody waited
  lab.sim.advance_to(Time(31s));
  CHECK(lab.values("latency_seconds_bucket{le=\"0.01\"}") == std::vector<double>{0});
  // The run has a bound at 50 ms, the dialect has not.
  CHECK(lab.values("latency_seconds_bucket{le=\"0.05\"}").empty());
  CHECK(lab.values("latency_seconds_bucket{le=\"0.1\"}") == std::vector<double>{5});
  CHECK(lab.values("latency_seconds_bucket{le=\"+Inf\"}") == std::vector<double>{6});
  CHECK(lab.values("latency_seconds_count") == std::vector<double>{6});
  CHECK(lab.values("latency_seconds_sum").at(0) == Approx(3 * 0.02 + 2 * 0.06 + 1));
}

TEST_CASE("a scenario's own bounds are in every histogram") {
  Laboratory lab;
  observe(lab.source.add_router(0), Outcome::ok, 20ms);
  lab.settings.extra_bounds = {50ms, 10ms};
  lab.start();
  lab.sim.advance_to(Time(16s));
  const auto query = promql::Query::parse("latency_seconds_bucket");
  std::string bounds;
  for (const StoredSeries& s : lab.store.select(query.selectors().at(0)))
    bounds += std::string(s.labels->get("le")) + " ";
  CHECK(bounds == "+Inf 0.01 0.05 0.1 ");
}

TEST_CASE("users of one segment are counted by themselves where the dialect tells them apart") {
  Laboratory lab;
  lab.source.set_segments({"staff"});
  lab.source.add_router(0);
  lab.source.add_pod(0, 0);
  observe(lab.source.segment(0, 0), Outcome::ok, 20ms, 3);
  observe(lab.source.segment(0, 1), Outcome::ok, 20ms, 2);
  const FakeDialect by_segment(true);
  lab.settings.dialects = {&by_segment};
  lab.start();
  lab.sim.advance_to(Time(16s));
  const std::string ok = "requests_total{instance=\"gateway\",code=\"200\",segment=";
  CHECK(lab.values(ok + "\"staff\"}") == std::vector<double>{3});
  CHECK(lab.values(ok + "\"none\"}") == std::vector<double>{2});
  CHECK(lab.values(ok + "\"\"}").empty());
  // Only the router knows.
  CHECK_FALSE(lab.values("requests_total{instance=\"pod-0\",code=\"200\",segment=\"\"}").empty());
}

TEST_CASE("what nobody keeps is not stored, and a target of which nothing is kept is none") {
  Laboratory lab;
  lab.source.add_router(0);
  observe(lab.source.add_pod(0, 0), Outcome::ok, 20ms);
  lab.settings.keep = [](std::string_view name, const Labels& labels) {
    return name == "requests_total" && labels.get("instance") == "pod-0";
  };
  lab.start();
  lab.sim.advance_to(Time(60s));
  REQUIRE(lab.store.size() == 1);
  CHECK(lab.store.at(SeriesId{0}).labels->text() ==
        "requests_total{code=\"200\", deployment=\"d0\", instance=\"pod-0\", job=\"shop\"}");
  CHECK(lab.store.at(SeriesId{0}).times.size() == 4);
  CHECK(lab.scraper->scrapes() == 4);
}

// ---- of the scrape itself

TEST_CASE("every scrape tells whether its target was up and what it brought") {
  Laboratory lab;
  Instruments& counters = lab.source.add_pod(0, 0);
  lab.start();
  const auto last = [&](const char* name) {
    return lab.values(std::string(name) + "{instance=\"pod-0:app\"}").back();
  };
  lab.sim.advance_to(Time(15s));
  CHECK(last("up") == 1);
  CHECK(last("scrape_samples_scraped") == 2);  // requests_total and in_flight
  CHECK(last("scrape_series_added") == 2);
  CHECK(last("scrape_samples_post_metric_relabeling") == 2);
  const double quick = last("scrape_duration_seconds");
  CHECK(quick > 0);
  observe(counters, Outcome::error, 20ms);
  lab.sim.advance_to(Time(30s));
  CHECK(last("scrape_samples_scraped") == 8);  // errors, three buckets, sum and count
  CHECK(last("scrape_series_added") == 6);
  CHECK(last("scrape_duration_seconds") > quick);
  lab.sim.advance_to(Time(45s));
  CHECK(last("scrape_series_added") == 0);

  lab.source.set_dead(0, EndpointKind::process, true);
  lab.sim.advance_to(Time(60s));
  CHECK(last("up") == 0);
  CHECK(last("scrape_samples_scraped") == 0);
  CHECK(last("scrape_samples_post_metric_relabeling") == 0);
  CHECK(last("scrape_series_added") == 0);
  CHECK(last("scrape_duration_seconds") > 0);
  CHECK(lab.values(up("pod-0")).back() == 1);  // the sidecar is another target

  // After a failure all its series are new again.
  lab.source.set_dead(0, EndpointKind::process, false);
  lab.sim.advance_to(Time(75s));
  CHECK(last("up") == 1);
  CHECK(last("scrape_series_added") == 8);
  for (const char* name : {"up", "scrape_samples_scraped"})
    CHECK(lab.times(std::string(name) + "{instance=\"pod-0:app\"}").size() == 5);
}

TEST_CASE("a slow answer is there when it ends, with the time of its begin; a slower one fails") {
  Laboratory lab;
  lab.source.add_pod(0, 0);
  observe(lab.source.add_router(0), Outcome::ok, 20ms);
  ScrapeEffect slow;
  slow.takes = 4s;
  slow.when = {Time(20s), Time(50s), {}};
  ScrapeEffect slower;
  slower.takes = 12s;
  slower.when = {Time(50s), Time(80s), {}};
  lab.source.disturb(slow);
  lab.source.disturb(slower);
  lab.start();
  const std::string app = "{instance=\"pod-0:app\"}";
  const auto last = [&](const char* name) { return lab.values(name + app).back(); };
  lab.sim.advance_to(Time(20s));
  const Timestamp first = lab.times("up" + app).back();
  lab.sim.advance_to(to_time(first) + 15s + 3999ms);
  CHECK(lab.times("up" + app).back() == first);
  lab.sim.advance_to(to_time(first) + 15s + 4s);
  CHECK(lab.times("up" + app).back() == first + 15s);
  CHECK(last("up") == 1);
  CHECK(last("scrape_duration_seconds") == Approx(4).margin(0.01));
  CHECK(lab.times("in_flight" + app).back() == first + 15s);
  // Longer than the timeout of 10 s; the router is another target.
  lab.sim.advance_to(Time(78s));
  CHECK(last("up") == 0);
  CHECK(last("scrape_duration_seconds") == Approx(10).margin(0.01));
  CHECK(is_stale_marker(last("in_flight")));
  CHECK(lab.values(up("gateway")).back() == 1);
  lab.sim.advance_to(Time(100s));
  CHECK(last("up") == 1);
  CHECK(last("scrape_duration_seconds") < 0.01);
}

TEST_CASE("a target of several parts tells of all of them, and is up while one is") {
  Laboratory lab;
  observe(lab.source.add_router(0), Outcome::ok, 20ms);
  Instruments& other = lab.source.add_router(1);
  lab.start();
  const auto last = [&](const char* name) {
    return lab.values(std::string(name) + "{instance=\"gateway\"}").back();
  };
  lab.sim.advance_to(Time(15s));
  // requests_total of both; of the first a histogram of three buckets, sum and count.
  CHECK(last("scrape_samples_scraped") == 7);
  CHECK(last("scrape_series_added") == 7);
  observe(other, Outcome::ok, 20ms);
  lab.sim.advance_to(Time(30s));
  CHECK(last("scrape_samples_scraped") == 12);
  CHECK(last("scrape_series_added") == 5);
  // What a fault loses is one version's.
  ScrapeEffect lost;
  lost.loss = 1;
  lab.source.disturb_router(0, lost);
  lab.sim.advance_to(Time(45s));
  CHECK(last("up") == 1);
  CHECK(last("scrape_samples_scraped") == 6);
  lab.source.disturb_router(1, lost);
  lab.sim.advance_to(Time(60s));
  CHECK(last("up") == 0);
  CHECK(last("scrape_samples_scraped") == 0);
  CHECK(lab.times(up("gateway")).size() == 4);
}

// ---- staleness

TEST_CASE("a failed scrape ends every series of its target until the next that works") {
  Laboratory lab;
  observe(lab.source.add_pod(0, 0), Outcome::error, 20ms, 5);
  lab.start();
  lab.sim.advance_to(Time(31s));
  const std::string errors = "requests_total{instance=\"pod-0:app\",code=\"500\"}";
  CHECK(lab.ask(errors) == 5);
  lab.source.set_dead(0, EndpointKind::process, true);
  lab.sim.advance_to(Time(61s));
  CHECK_FALSE(lab.ask(errors));
  CHECK_FALSE(lab.ask("in_flight"));
  CHECK(lab.ask("requests_total{instance=\"pod-0\",code=\"500\"}") == 5);  // the sidecar's
  // Ended once, at the time of the first scrape that failed; ranges keep what was before.
  const auto values = lab.values(errors);
  CHECK(std::count_if(values.begin(), values.end(), is_stale_marker) == 1);
  REQUIRE(is_stale_marker(values.back()));
  CHECK(lab.times(errors).back() == lab.times(up("pod-0:app"))[2]);
  CHECK(lab.ask("count_over_time(" + errors + "[1m])") == 2);

  lab.source.set_dead(0, EndpointKind::process, false);
  lab.sim.advance_to(Time(76s));
  CHECK(lab.ask(errors) == 5);
}

TEST_CASE("a process that starts anew loses its counters, its sidecar does not") {
  Laboratory lab;
  observe(lab.source.add_pod(0, 0), Outcome::error, 20ms, 5);
  lab.start();
  lab.sim.advance_to(Time(31s));
  lab.source.restart(0);
  lab.sim.advance_to(Time(46s));
  const std::string app = "{instance=\"pod-0:app\",code=\"500\"}";
  const std::string sidecar = "{instance=\"pod-0\",code=\"500\"}";
  // No failure yet: the new process does not show what the old one has shown.
  CHECK_FALSE(lab.ask("requests_total" + app));
  CHECK(is_stale_marker(lab.values("requests_total" + app).back()));
  CHECK(lab.ask("requests_total{instance=\"pod-0:app\",code=\"200\"}") == 0);
  CHECK_FALSE(lab.ask("latency_seconds_count{instance=\"pod-0:app\"}"));
  CHECK(lab.ask("requests_total" + sidecar) == 5);
  CHECK(lab.ask("latency_seconds_count{instance=\"pod-0\"}") == 5);

  observe(const_cast<Instruments&>(lab.source.process(PodId{0})), Outcome::error, 20ms, 2);
  lab.sim.advance_to(Time(61s));
  CHECK(lab.ask("requests_total" + app) == 2);
  CHECK(lab.ask("requests_total" + sidecar) == 7);
  CHECK(lab.ask("resets(requests_total" + app + "[1m])") == 1);
  CHECK(lab.ask("resets(requests_total" + sidecar + "[1m])") == 0);
}

// Stamped with the tick at which it would have been scraped next, written 1.1 intervals later.
TEST_CASE("a target that is gone ends at its next tick, which is known only 1.1 intervals after") {
  Laboratory lab;
  lab.source.add_pod(0, 0);
  lab.start();
  lab.sim.advance_to(Time(61s));
  lab.source.remove_pod(0);
  lab.sim.advance_to(Time(65s));  // discovered
  const std::string ok = "requests_total{instance=\"pod-0\",code=\"200\"}";
  const Timestamp due = lab.times(ok).back() + 15s;
  lab.sim.advance_to(to_time(due) + 16'499ms);
  CHECK(lab.times(ok).back() == due - 15s);
  CHECK(lab.ask(ok) == 0);
  CHECK(lab.ask(up("pod-0")) == 1);
  lab.sim.advance_to(to_time(due) + 16'500ms);
  for (const std::string& series : {ok,
                                    up("pod-0"),
                                    std::string("scrape_series_added{instance="
                                                "\"pod-0\"}")}) {
    INFO(series);
    CHECK(lab.times(series).back() == due);
    CHECK(is_stale_marker(lab.values(series).back()));
    CHECK_FALSE(lab.ask(series));
    // Whoever asks afterwards what was there then sees less than one could see then.
    CHECK_FALSE(lab.ask(series, to_time(due)));
    CHECK(lab.ask(series, to_time(due) - 1ms));
  }
  const std::size_t samples = lab.times(ok).size();
  lab.sim.advance_to(Time(600s));
  CHECK(lab.times(ok).size() == samples);
}

TEST_CASE("that a target is gone becomes known as late as its scrapes") {
  Laboratory lab;
  lab.source.add_pod(0, 0);
  lab.source.disturb({0, 40s, RandomKey{5}, {}});
  lab.start();
  lab.sim.advance_to(Time(101s));
  const Time phase = to_time(lab.times(up("pod-0")).front());
  lab.source.remove_pod(0);
  lab.sim.advance_to(Time(105s));
  const Time due = phase + ((lab.sim.now() - phase + 15s - 1ns) / 15s) * 15s;
  lab.sim.advance_to(due + 56'499ms);
  CHECK(to_time(lab.times(up("pod-0")).back()) == due - 15s);
  CHECK(lab.ask(up("pod-0")) == 1);
  lab.sim.advance_to(due + 56'500ms);
  CHECK_FALSE(lab.ask(up("pod-0")));
}

TEST_CASE("a series that has ended already is not ended again") {
  Laboratory lab;
  lab.source.add_pod(0, 0);
  lab.start();
  lab.sim.advance_to(Time(31s));
  lab.source.set_dead(0, EndpointKind::sidecar, true);
  lab.sim.advance_to(Time(61s));
  lab.source.remove_pod(0);
  lab.sim.advance_to(Time(120s));
  const auto values = lab.values("requests_total{instance=\"pod-0\",code=\"200\"}");
  CHECK(std::count_if(values.begin(), values.end(), is_stale_marker) == 1);
  CHECK(is_stale_marker(lab.values(up("pod-0")).back()));
}

// ---- discovery

TEST_CASE("new pods are discovered, dead ones fail their scrapes, deleted ones are left alone") {
  Laboratory lab;
  lab.source.add_router(0);
  lab.source.add_pod(0, 0);
  lab.start();
  lab.sim.advance_to(Time(61s));
  lab.source.add_pod(1, 0);
  lab.source.add_router(1);
  lab.sim.advance_to(Time(121s));
  CHECK(lab.times(up("pod-1")).size() >= 3);
  CHECK(lab.times(up("pod-1:app")).size() >= 3);
  CHECK(to_time(lab.times(up("pod-1")).front()) >= Time(65s));
  CHECK(lab.ask("requests_total{instance=\"gateway\",deployment=\"d1\",code=\"200\"}") == 0);

  CHECK(lab.scraper->failed_scrapes() == 0);
  lab.source.set_dead(0, EndpointKind::process, true);
  lab.sim.advance_to(Time(181s));
  CHECK(lab.scraper->failed_scrapes() == 4);
  lab.source.set_dead(0, EndpointKind::process, false);

  lab.source.remove_pod(0);
  lab.sim.advance_to(Time(203s));
  const auto tried = lab.scraper->scrapes();
  lab.sim.advance_to(Time(203s + 150s));
  CHECK(lab.scraper->scrapes() - tried == 40);  // the router twice, pod 1 twice
}

// ---- the past

TEST_CASE("the settling period before time zero stands for a long steady past") {
  Laboratory lab(Time(-60s));
  run_traffic(lab.sim, lab.source.add_router(0), 400);
  run_traffic(lab.sim, lab.source.add_pod(0, 0), 40);
  lab.start();
  lab.sim.advance_to(Time(-1ns));
  CHECK(lab.scraper->scrapes() == 0);
  CHECK(lab.times(kOk).empty());
  lab.sim.advance_to(Time(0s));
  // 60 s of 400/s, less the step that is due at zero: the same over whatever window.
  const std::string pod = "requests_total{instance=\"pod-0\",code=\"200\"}";
  const double settled = 400 * 1199.0 / 1200;
  for (const char* window : {"1m", "1h", "6h"})
    CHECK(lab.ask(std::string("rate(") + kOk + "[" + window + "])").value() ==
          Approx(settled).epsilon(2e-4));
  for (const char* window : {"1m", "20m"})
    CHECK(lab.ask("rate(" + pod + "[" + window + "])").value() ==
          Approx(settled / 10).epsilon(1e-3));
  CHECK(lab.ask("rate(busy_seconds_total{instance=\"pod-0\"}[20m])").value() ==
        Approx(0.5).epsilon(1e-3));
  CHECK(lab.ask("rate(latency_seconds_sum{instance=\"pod-0\"}[20m])").value() ==
        Approx(0.02 * settled / 10).epsilon(1e-3));
  CHECK(lab.ask("min_over_time(in_flight[20m])") == 3);
  CHECK(lab.ask("min_over_time(up{instance=\"gateway\"}[6h])") == 1);

  // And it goes on as it was: no reset, no jump, one grid.
  lab.sim.advance_to(Time(60s));
  CHECK(lab.ask(std::string("resets(") + kOk + "[6h])") == 0);
  CHECK(lab.ask(std::string("rate(") + kOk + "[6h])").value() == Approx(400).epsilon(2e-3));
  CHECK(lab.ask(std::string("rate(") + kOk + "[1m])", Time(30s)).value() ==
        Approx(400).epsilon(2e-3));
  for (const std::string& series : {std::string(kOk), pod, up("gateway"), up("pod-0:app")}) {
    INFO(series);
    const auto times = lab.times(series);
    for (std::size_t i = 1; i < times.size(); ++i) REQUIRE(times[i] - times[i - 1] == 15s);
    CHECK(to_time(times.front()) <= Time(-20min));
  }
  CHECK(to_time(lab.times(kOk).front()) <= Time(-6h));
}

TEST_CASE("a scrape interval as long as the settling period still leaves a steady past") {
  Laboratory lab(Time(-30s));
  run_traffic(lab.sim, lab.source.add_router(0), 400);
  lab.settings.interval = 5min;
  lab.settings.loss = 1;
  lab.start();
  lab.sim.advance_to(Time(1s));
  // Not one scrape has worked, yet an hour's window is full.
  CHECK(lab.ask(std::string("count_over_time(") + kOk + "[1h])") == 12);
  CHECK(lab.ask(std::string("rate(") + kOk + "[1h])").value() == Approx(400).epsilon(0.01));
}

TEST_CASE("targets that came with the release, or did not answer before it, have no past") {
  Laboratory lab(Time(-60s));
  run_traffic(lab.sim, lab.source.add_router(0), 400);
  run_traffic(lab.sim, lab.source.add_pod(0, 0), 40);
  run_traffic(lab.sim, lab.source.add_pod(1, 0), 40);
  lab.source.set_dead(0, EndpointKind::process, true);
  lab.start();
  lab.sim.advance_to(Time(-10s));
  lab.source.set_dead(0, EndpointKind::process, false);
  lab.source.set_dead(1, EndpointKind::sidecar, true);
  lab.sim.advance_to(Time(10s));
  run_traffic(lab.sim, lab.source.add_router(1), 40);
  run_traffic(lab.sim, lab.source.add_pod(2, 0), 40);
  lab.sim.advance_to(Time(100s));
  for (const char* who : {"instance=\"gateway\",deployment=\"d1\"",
                          "instance=\"pod-0:app\"",
                          "instance=\"pod-1\"",
                          "instance=\"pod-2\"",
                          "instance=\"pod-2:app\""}) {
    INFO(who);
    const auto times = lab.times("requests_total{code=\"200\"," + std::string(who) + "}");
    REQUIRE((times.empty() ? who == std::string("instance=\"pod-1\"") : true));
    if (!times.empty()) CHECK(to_time(times.front()) >= Time(0s));
  }
}

TEST_CASE("a counter that has never counted has no past either, and a gauge stands still in it") {
  Laboratory lab(Time(-60s));
  Instruments& counters = lab.source.add_pod(0, 0);
  run_traffic(lab.sim, counters, 40);
  lab.start();
  lab.sim.advance_to(Time(20s));
  const std::string errors = "requests_total{instance=\"pod-0:app\",code=\"500\"}";
  CHECK(lab.times(errors).empty());
  observe(counters, Outcome::error, 20ms);
  lab.sim.advance_to(Time(40s));
  CHECK(lab.values(errors).front() == 1);
  CHECK(lab.ask("changes(in_flight[20m])") == 0);
}

TEST_CASE("what a process counted in the past goes with it, at its sidecar it stays") {
  Laboratory lab(Time(-60s));
  run_traffic(lab.sim, lab.source.add_pod(0, 0), 40);
  lab.start();
  lab.sim.advance_to(Time(20s));
  const double before = lab.ask("requests_total{instance=\"pod-0\",code=\"200\"}").value();
  CHECK(before > 40 * 20 * 60);  // twenty minutes of past
  lab.source.restart(0);
  lab.sim.advance_to(Time(40s));
  CHECK(lab.ask("requests_total{instance=\"pod-0:app\",code=\"200\"}").value() < 40 * 20 + 1);
  CHECK(lab.ask("requests_total{instance=\"pod-0\",code=\"200\"}").value() > before);
  CHECK(lab.ask("resets(requests_total{instance=\"pod-0\",code=\"200\"}[20m])") == 0);
  CHECK(lab.ask("resets(requests_total{instance=\"pod-0:app\",code=\"200\"}[20m])") == 1);
  CHECK(lab.ask("rate(requests_total{instance=\"pod-0:app\",code=\"200\"}[20m])").value() ==
        Approx(40).epsilon(0.02));
}

// The past is made for each series by itself: together they must still be what counters can be.
TEST_CASE("whatever was counted while settling, the past is one that counters can have had") {
  std::mt19937_64 bits(1);
  for (int round = 0; round < 20; ++round) {
    Laboratory lab(Time(-20s - 1ms * static_cast<std::int64_t>(bits() % 40'000)));
    Instruments& router = lab.source.add_router(0);
    Instruments& pod = lab.source.add_pod(0, 0);
    const auto some = [&] {
      for (Instruments* counters : {&router, &pod})
        for (const Duration latency : {1ms, 20ms, 70ms, 2000ms})
          for (const Outcome outcome : {Outcome::ok, Outcome::error})
            if (bits() % 3 == 0) observe(*counters, outcome, latency, bits() % 20);
    };
    some();  // counted before the world began to settle
    lab.settings.router_history = 1h;
    lab.settings.interval = Duration(1ms) * static_cast<std::int64_t>(1 + bits() % 60'000);
    lab.start();
    for (int i = 0; i < 3; ++i) {
      lab.sim.advance_to(Time(-1s * (10 - i)));
      some();
    }
    lab.sim.advance_to(Time(0s));
    for (const std::string instance : {"gateway", "pod-0", "pod-0:app"}) {
      const std::string who = "{instance=\"" + instance + "\"";
      std::vector<std::vector<double>> buckets;
      for (const char* le : {"0.01", "0.1", "+Inf"})
        buckets.push_back(lab.values("latency_seconds_bucket" + who + ",le=\"" + le + "\"}"));
      CHECK(buckets.back() == lab.values("latency_seconds_count" + who + "}"));
      for (std::size_t b = 1; b < buckets.size(); ++b) {
        REQUIRE(buckets[b].size() == buckets[b - 1].size());
        for (std::size_t i = 0; i < buckets[b].size(); ++i)
          REQUIRE(buckets[b][i] >= buckets[b - 1][i]);
      }
      buckets.push_back(lab.values("requests_total" + who + ",code=\"500\"}"));
      for (const auto& counter : buckets) {
        CHECK(std::is_sorted(counter.begin(), counter.end()));
        for (const double value : counter) REQUIRE((value >= 0 && value == std::floor(value)));
      }
      const auto sums = lab.values("latency_seconds_sum" + who + "}");
      CHECK(std::is_sorted(sums.begin(), sums.end()));
      CHECK((sums.empty() || sums.front() >= 0));
    }
  }
}

}  // namespace coalmine
