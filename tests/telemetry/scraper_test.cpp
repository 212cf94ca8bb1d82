#include "sim/telemetry/scraper.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/telemetry/fake_source.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr Column kOk = requests_column(Outcome::ok);

Scraper::Settings settings() {
  Scraper::Settings s;
  s.phase_key = RandomKey{11};
  s.loss_key = RandomKey{12};
  return s;
}

/// Adds `per_second` ok requests (a multiple of 20) to the counters in 20 steps a second, for ever:
/// fine enough that a step more or less at an edge stays below the tolerance of 1 %.
void run_traffic(Simulation& sim, Instruments& counters, std::uint64_t per_second) {
  sim.after(50ms, [&sim, &counters, per_second] {
    counters.requests[0] += per_second / 20;
    counters.bucket[3] += per_second / 20;
    counters.busy_ns += 25'000'000;
    run_traffic(sim, counters, per_second);
  });
}

}  // namespace

TEST_CASE("every target is scraped at its own phase plus multiples of the interval") {
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  source.add_router(0);
  for (std::uint32_t p = 0; p < 4; ++p) source.add_pod(p, 0, 8);
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  sim.advance_to(Time(150s));
  REQUIRE(store.target_count() == 5);
  std::vector<Time> firsts;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto times = store.times(TargetId{i});
    REQUIRE(times.size() == 10);
    CHECK(times[0] >= Time(0s));
    CHECK(times[0] < Time(15s));
    for (std::size_t k = 1; k < times.size(); ++k) CHECK(times[k] - times[k - 1] == 15s);
    firsts.push_back(times[0]);
  }
  std::sort(firsts.begin(), firsts.end());
  CHECK(std::adjacent_find(firsts.begin(), firsts.end()) == firsts.end());
  CHECK(scraper.scrapes() == 50);
  CHECK(scraper.failed_scrapes() == 0);
}

TEST_CASE("lost scrapes leave holes at the configured rate, the same ones every time") {
  const auto run = [] {
    Simulation sim;
    FakeSource source;
    SeriesStore store;
    source.add_router(0);
    auto s = settings();
    s.loss = 0.2;
    Scraper scraper(sim, source, store, s);
    scraper.start();
    sim.advance_to(Time(15s * 2000));
    const auto times = store.times(TargetId{0});
    return std::vector<Time>(times.begin(), times.end());
  };
  const auto times = run();
  // 2000 coins of 0.8: 1600 +- 4 standard deviations of 18.
  CHECK(times.size() > 1528);
  CHECK(times.size() < 1672);
  CHECK(times == run());
}

// One page of metrics has one phase and one fate, however many Deployments are on it.
TEST_CASE("what the router counts for several Deployments is scraped, or lost, in one instant") {
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  source.add_router(0);
  source.add_router(1);
  auto s = settings();
  s.loss = 0.2;
  Scraper scraper(sim, source, store, s);
  scraper.start();
  sim.advance_to(Time(15s * 100));
  const auto first = store.times(TargetId{0});
  const auto second = store.times(TargetId{1});
  CHECK(first.size() < 100);
  CHECK(std::vector<Time>(first.begin(), first.end()) ==
        std::vector<Time>(second.begin(), second.end()));
}

TEST_CASE("a fault that loses scrapes leaves holes of its size while it acts") {
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  source.add_router(0);
  source.disturb({0.4, {}, RandomKey{5}, {Time(15s * 1000), Time(15s * 3000), {}}});
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  sim.advance_to(Time(15s * 4000));
  const auto times = store.times(TargetId{0});
  const auto between = [&](Time from, Time to) {
    return std::count_if(times.begin(), times.end(), [&](Time t) { return t >= from && t < to; });
  };
  CHECK(between(Time(0s), Time(15s * 1000)) == 1000);
  CHECK(between(Time(15s * 3000), Time(15s * 4000)) == 1000);
  // 2000 coins of 0.6: 1200 +- 4 standard deviations of 22.
  CHECK(between(Time(15s * 1000), Time(15s * 3000)) > 1112);
  CHECK(between(Time(15s * 1000), Time(15s * 3000)) < 1288);
}

TEST_CASE("late scrapes keep their time and can be queried only later") {
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  Instruments& counters = source.add_router(0);
  source.disturb({0, 40s, RandomKey{5}, {Time(100s), Time(200s), {}}});
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  const auto newest_age = [&] { return sim.now() - store.times(TargetId{0}).back(); };
  for (int t = 1; t <= 320; ++t) {
    sim.advance_to(Time(std::chrono::seconds(t)));
    counters.requests[0] = static_cast<std::uint64_t>(t) + 1;
    if (t == 99) CHECK(newest_age() < 15s);
    if (t == 160 || t == 199) CHECK(newest_age() >= 40s);
    if (t == 160 || t == 199) CHECK(newest_age() < 55s);
    if (t == 216) CHECK(newest_age() < 15s);
  }
  // One a 15 s and in order, though the last late ones were overtaken: those are lost.
  const auto times = store.times(TargetId{0});
  const auto values = store.values(TargetId{0}, kOk);
  for (std::size_t i = 1; i < times.size(); ++i) CHECK(times[i] > times[i - 1]);
  for (std::size_t i = 0; i < times.size(); ++i)
    CHECK(values[i] == Approx(to_seconds(times[i]) + 1).margin(1));
  CHECK(times.size() < 320 / 15);
  CHECK(times.size() >= 320 / 15 - 3);
}

TEST_CASE("that a target is gone becomes known as late as its scrapes") {
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  source.add_pod(0, 0, 8).busy_ns = 1;
  source.disturb({0, 40s, RandomKey{5}, {}});
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  sim.advance_to(Time(101s));
  source.remove_pod(0);
  sim.advance_to(Time(139s));
  CHECK(store.newest(TargetId{0}, kInFlight, sim.now()));
  sim.advance_to(Time(150s));
  CHECK_FALSE(store.newest(TargetId{0}, kInFlight, sim.now()));
}

TEST_CASE("new pods are discovered, dead ones fail their scrapes, deleted ones are left alone") {
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  source.add_router(0);
  source.add_pod(0, 0, 8).busy_ns = 1;
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  sim.advance_to(Time(61s));
  source.add_pod(1, 0, 8);
  sim.advance_to(Time(121s));
  REQUIRE(store.target_count() == 3);
  CHECK(store.info(TargetId{2}).pod == PodId{1});
  CHECK(store.times(TargetId{2}).size() >= 3);
  CHECK(store.newest(TargetId{1}, kInFlight, sim.now()) == 3);

  source.set_dead(0, true);
  const std::size_t before = store.times(TargetId{1}).size();
  sim.advance_to(Time(181s));
  CHECK(store.times(TargetId{1}).size() == before);
  CHECK(scraper.failed_scrapes() == 4);
  CHECK_FALSE(store.newest(TargetId{1}, kInFlight, sim.now()));
  source.set_dead(0, false);
  sim.advance_to(Time(197s));
  CHECK(store.times(TargetId{1}).size() > before);

  source.remove_pod(0);
  sim.advance_to(Time(203s));
  const auto tried = scraper.scrapes();
  CHECK_FALSE(store.newest(TargetId{1}, kInFlight, sim.now()));
  sim.advance_to(Time(203s + 150s));
  CHECK(scraper.scrapes() - tried == 20);  // the router and pod 1
}

TEST_CASE("the settling period before time zero stands for a long steady past") {
  Simulation sim(Time(-60s));
  FakeSource source;
  SeriesStore store;
  run_traffic(sim, source.add_router(0), 400);
  run_traffic(sim, source.add_pod(0, 0, 8), 40);
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  sim.advance_to(Time(-1ns));
  CHECK(scraper.scrapes() == 0);
  sim.advance_to(Time(20s));
  CHECK(scraper.scrapes() >= 2);
  // One sample on the scrape grid is what the past hangs on.
  CHECK(store.times(TargetId{0})[0] < Time(0s));
  CHECK(store.times(TargetId{0})[1] - store.times(TargetId{0})[0] == 15s);
  const Time now = sim.now();
  CHECK(rate(store.range(TargetId{0}, kOk, now, 6h), now, 6h).value() == Approx(400).epsilon(0.01));
  CHECK(rate(store.range(TargetId{1}, kOk, now, 6h), now, 6h).value() == Approx(40).epsilon(0.01));
  CHECK(rate(store.range(TargetId{1}, kBusySeconds, now, 1h), now, 1h).value() ==
        Approx(0.5).epsilon(0.01));
}

TEST_CASE("a scrape interval as long as the settling period still leaves a steady past") {
  Simulation sim(Time(-30s));
  FakeSource source;
  SeriesStore store;
  run_traffic(sim, source.add_router(0), 400);
  auto s = settings();
  s.interval = 5min;
  s.loss = 1;
  Scraper scraper(sim, source, store, s);
  scraper.start();
  sim.advance_to(Time(1s));
  // Not one scrape has worked, yet an hour's window is full.
  const Time now = sim.now();
  const auto points = store.range(TargetId{0}, kOk, now, 1h);
  CHECK(points.size() == 12);
  CHECK(rate(points, now, 1h).value() == Approx(400).epsilon(0.01));
}

TEST_CASE("nothing is backfilled for targets that came with the release") {
  Simulation sim(Time(-60s));
  FakeSource source;
  SeriesStore store;
  run_traffic(sim, source.add_router(0), 400);
  Scraper scraper(sim, source, store, settings());
  scraper.start();
  sim.advance_to(Time(10s));
  run_traffic(sim, source.add_router(1), 40);
  sim.advance_to(Time(100s));
  const auto points = store.range(TargetId{1}, kOk, sim.now(), 1h);
  CHECK(points.virtual_points == 0);
  CHECK(points.size() > 3);
}

}  // namespace coalmine
