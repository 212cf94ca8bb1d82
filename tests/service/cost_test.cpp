// What each effect makes of one request, held against its law.
#include "sim/service/cost.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

constexpr RandomKey kCoin{0x5eed};
constexpr Duration kWork = 10ms;

constexpr Time at(Duration d) {
  return kTimeZero + d;
}

/// A process that began to listen at time zero, and requests of 10 ms that it serves.
struct Bench {
  ServiceModel service;
  VersionModel version;
  Process process;

  Bench() {
    service.demand = QuantileTable(Constant{to_seconds(kWork)});
    process.listening_since = kTimeZero;
  }
  VersionEffects& effects() { return version.effects; }

  Cost serve(const ServiceStart& start) { return cost_at(service, version, start, process); }
  Cost serve_at(Duration t, std::uint64_t id = 0) {
    ServiceStart start;
    start.id = start.demand_id = id;
    start.at = at(t);
    return serve(start);
  }
  /// Share of many requests, alike but for their coins, for which `is` holds.
  template <class Is>
  double share(ServiceStart start, Is is) {
    constexpr int kRequests = 40'000;
    int count = 0;
    for (int i = 0; i < kRequests; ++i) {
      start.id = static_cast<std::uint64_t>(i);
      count += is(serve(start)) ? 1 : 0;
    }
    return static_cast<double>(count) / kRequests;
  }
};

/// 4.9 standard deviations of a share of 40 000 coins: missed once in a million, and the coins are
/// fixed.
Approx about(double p) {
  return Approx(p).margin(4.9 * std::sqrt(p * (1 - p) / 40'000));
}

constexpr auto kFails = [](const Cost& cost) { return cost.fails; };

EffectWindow window(Duration from, Duration until, Duration ramp = {}) {
  return {at(from), until == kForever ? kNever : at(until), ramp};
}

std::int64_t times(double factor) {
  return static_cast<std::int64_t>(static_cast<double>(kWork.count()) * factor + 0.5);
}

}  // namespace

// ---- memory

TEST_CASE("a leaking process slows down from 85 % of its memory on and dies at the limit",
          "[service][effects]") {
  // The n-th request leaves n % of the memory in use: m = n / 100.
  // Speed 1 up to 85 %, then 1 - 0.7 (m - 0.85) / 0.15, so 1 - 0.7/3 at 90 % and 0.3467 at 99 %.
  Bench bench;
  bench.effects().leaks.push_back({0, 100, 1, 0, {}});
  for (int n = 1; n <= 84; ++n) CHECK(bench.serve_at(0s).work_ns == kWork.count());
  for (int n = 85; n < 90; ++n) bench.serve_at(0s);
  CHECK(bench.serve_at(0s).work_ns == Approx(times(1 / (1 - 0.7 / 3))).margin(1));
  for (int n = 91; n < 99; ++n) CHECK(bench.serve_at(0s).death == Death::none);
  CHECK(bench.serve_at(0s).work_ns == Approx(times(1 / (1 - 0.7 * 0.14 / 0.15))).margin(1));
  CHECK(bench.serve_at(0s).death == Death::out_of_memory);
}

TEST_CASE("no garbage collection takes more than seven tenths of the speed", "[service][effects]") {
  Bench bench;
  bench.effects().leaks.push_back({99.9999, 100, 0, 0, {}});
  const Cost cost = bench.serve_at(0s);
  CHECK(cost.death == Death::none);
  CHECK(cost.work_ns == Approx(times(1 / 0.3)).epsilon(0.001));
}

TEST_CASE("memory lost stays lost when the leak ends, until the process does",
          "[service][effects]") {
  Bench bench;
  bench.effects().leaks.push_back({0, 100, 10, 0, window(0s, 10s)});
  for (int n = 0; n < 9; ++n) bench.serve_at(1s);
  const std::int64_t slow = times(1 / (1 - 0.7 / 3));
  CHECK(bench.serve_at(20s).work_ns == Approx(slow).margin(1));
  CHECK(bench.serve_at(21s).work_ns == Approx(slow).margin(1));
  bench.process = {};
  CHECK(bench.serve_at(22s).work_ns == kWork.count());
}

TEST_CASE("a leak by time kills in the nanosecond that follows from its rate",
          "[service][effects]") {
  const auto death = [](const LeakEffect& leak, Time listening_since) {
    VersionEffects effects;
    effects.leaks.push_back(leak);
    return leaked_to_death_at(effects, listening_since);
  };
  const auto near = [](Duration d) { return Approx(to_seconds(d)).epsilon(1e-9); };
  // 100 bytes at 10 a second: 10 s, from the process's start or from the leak's, whichever is
  // later.
  CHECK(to_seconds(death({50, 150, 0, 10, {}}, at(3s))) == near(13s));
  CHECK(to_seconds(death({50, 150, 0, 10, window(20s, kForever)}, at(3s))) == near(30s));
  CHECK(to_seconds(death({50, 150, 0, 10, window(20s, kForever)}, at(25s))) == near(35s));
  // A process of time zero, long since there, leaks from the leak's beginning.
  CHECK(to_seconds(death({50, 150, 0, 10, window(20s, kForever)}, Time::min())) == near(30s));
  // It ends after 9 s: 90 bytes. After 11 s: too late.
  CHECK(death({50, 150, 0, 10, window(20s, 29s)}, at(3s)) == kNever);
  CHECK(to_seconds(death({50, 150, 0, 10, window(20s, 31s)}, at(3s))) == near(30s));
  // A ramp of r loses r/2 against full strength: 10 s come to be after 12. Within it t^2/2r = 1 s
  // at t = sqrt(8) s.
  CHECK(to_seconds(death({50, 150, 0, 10, window(20s, kForever, 4s)}, at(3s))) == near(32s));
  CHECK(to_seconds(death({140, 150, 0, 10, window(20s, kForever, 4s)}, at(3s))) ==
        Approx(20 + std::sqrt(8)).epsilon(1e-9));
  CHECK(death({50, 150, 7, 0, {}}, at(3s)) == kNever);
}

TEST_CASE("several leaks fill the same memory", "[service][effects]") {
  // From the larger base, 60 of the smaller limit, 100: 40 bytes at 3 + 5 a second last 5 s.
  Bench bench;
  bench.effects().leaks = {{60, 200, 0, 3, {}}, {10, 100, 0, 5, {}}};
  CHECK(to_seconds(leaked_to_death_at(bench.effects(), kTimeZero)) == Approx(5).epsilon(1e-9));
  CHECK(bench.serve_at(4999ms).death == Death::none);
  CHECK(bench.serve_at(5001ms).death == Death::out_of_memory);
}

// ---- what depends on load

TEST_CASE("a load bug acts above its concurrency and not at it", "[service][effects]") {
  Bench bench;
  LoadEffect effect;
  effect.above_concurrency = 3;
  effect.p = 0.4;
  effect.factor = 2;
  effect.coin = kCoin;
  bench.effects().loads.push_back(effect);
  ServiceStart start;
  start.concurrency = 3;
  CHECK(bench.share(start, kFails) == 0);
  CHECK(bench.serve(start).work_ns == kWork.count());
  start.concurrency = 4;
  CHECK(bench.share(start, kFails) == about(0.4));
  CHECK(bench.serve(start).work_ns == times(2));
}

TEST_CASE("a load bug acts above its rate, as counted in the last full second",
          "[service][effects]") {
  Bench bench;
  LoadEffect effect;
  effect.above_rate = 20;
  effect.factor = 2;
  bench.effects().loads.push_back(effect);
  const auto second_of = [&](int second, int requests) {
    std::int64_t work = 0;
    for (int i = 0; i < requests; ++i) {
      ServiceStart start;
      start.at = at(std::chrono::seconds(second) + 30ms * i);
      start.rate = bench.process.rate_before(start.at.time_since_epoch().count());
      work = bench.serve(start).work_ns;
    }
    return work;
  };
  CHECK(second_of(-1, 21) == kWork.count());
  CHECK(second_of(0, 20) == times(2));
  CHECK(second_of(1, 25) == kWork.count());  // 20 are not above 20
  CHECK(second_of(2, 1) == times(2));
  CHECK(second_of(4, 1) == kWork.count());  // none came in second 3
}

// ---- caches and starts

TEST_CASE("a cold cache fills with the requests of its process", "[service][effects]") {
  // Misses: 1 - h (1 - e^(-n/keys)); all at first, 1 - h (1 - 1/e) after `keys` requests.
  Bench bench;
  bench.effects().cold_caches.push_back({0.9, 500, 30ms, kCoin, {}});
  const auto misses = [](const Cost& cost) { return cost.work_ns == (kWork + 30ms).count(); };
  ServiceStart start;
  start.nth = 0;
  CHECK(bench.share(start, misses) == 1);
  start.nth = 500;
  CHECK(bench.share(start, misses) == about(1 - 0.9 * (1 - std::exp(-1))));
  start.nth = 50'000;
  CHECK(bench.share(start, misses) == about(0.1));
  bench.process.listening_since = Time::min();
  start.nth = 1;
  CHECK(bench.share(start, misses) == about(0.1));
}

TEST_CASE("waiting for a missed cache needs no processor", "[service][effects]") {
  // 10 ms, half of them on a core, and 30 ms of waiting: an eighth of 40 ms.
  Bench bench;
  bench.service.cpu_share = 0.5;
  bench.effects().cold_caches.push_back({0, 1, 30ms, kCoin, {}});
  const Cost cost = bench.serve_at(1s);
  CHECK(cost.work_ns == Duration(40ms).count());
  CHECK(cost.cpu_part == Approx(0.125));
}

TEST_CASE("a slow start falls to nothing over its length, on top of the warm-up",
          "[service][effects]") {
  // 1 + (slowdown - 1) (1 - age / for): 3 at the start, 2 half-way.
  Bench bench;
  bench.effects().slow_starts.push_back({60s, 3, {}});
  CHECK(bench.serve_at(0s).work_ns == times(3));
  CHECK(bench.serve_at(30s).work_ns == times(2));
  CHECK(bench.serve_at(60s).work_ns == kWork.count());
  bench.service.warmup_for = 60s;
  bench.service.warmup_slowdown = 2;
  CHECK(bench.serve_at(30s).work_ns == times(2 * 1.5));
  bench.process.listening_since = Time::min();
  CHECK(bench.serve_at(1s).work_ns == kWork.count());
}

// ---- work and failures

TEST_CASE("a processor's regression leaves the waiting alone", "[service][effects]") {
  // A quarter of 10 ms is on a core; three times that is 7.5 ms beside 7.5 ms of waiting.
  Bench bench;
  bench.service.cpu_share = 0.25;
  LatencyEffect effect;
  effect.factor = 3;
  effect.cpu_only = true;
  bench.effects().latencies.push_back(effect);
  const Cost cost = bench.serve_at(1s);
  CHECK(cost.work_ns == times(1.5));
  CHECK(cost.cpu_part == Approx(0.5));
}

TEST_CASE("a tail slows its share of the requests and no other", "[service][effects]") {
  Bench bench;
  LatencyEffect effect;
  effect.factor = 10;
  effect.p = 0.03;
  effect.coin = kCoin;
  bench.effects().latencies.push_back(effect);
  CHECK(bench.share({}, [](const Cost& c) { return c.work_ns == times(10); }) == about(0.03));
  CHECK(bench.share({}, [](const Cost& c) { return c.work_ns == kWork.count(); }) == about(0.97));
}

TEST_CASE("errors of a share of the pods are those pods' alone", "[service][effects]") {
  Bench bench;
  ErrorEffect effect;
  effect.p = 0.5;
  effect.coin = kCoin;
  effect.pods = 0.25;
  effect.pod_coin = RandomKey{77};
  bench.effects().errors.push_back(effect);
  int broken = 0;
  for (std::uint32_t pod = 0; pod < 40; ++pod) {
    ServiceStart start;
    start.pod = pod;
    const double failed = bench.share(start, kFails);
    if (failed == 0) continue;
    ++broken;
    CHECK(failed == about(0.5));
  }
  // 40 coins of a quarter: 10 +- 3 standard deviations of 2.7.
  CHECK(broken >= 2);
  CHECK(broken <= 18);
}

TEST_CASE("effects narrowed to a segment touch nobody else", "[service][effects]") {
  Bench bench;
  bench.effects().errors.push_back({1, kCoin, {}, SegmentSet{1} << 2});
  bench.effects().poisons.push_back({1, kCoin, {}, SegmentSet{1} << 63});
  ServiceStart start;
  start.segment = 2;
  CHECK(bench.serve(start).fails);
  CHECK(bench.serve(start).death == Death::none);
  start.segment = 1;
  CHECK_FALSE(bench.serve(start).fails);
  start.segment = 255;  // in none: bit 63
  CHECK_FALSE(bench.serve(start).fails);
  CHECK(bench.serve(start).death == Death::crash);
}

TEST_CASE("a refused request costs no work", "[service][effects]") {
  Bench bench;
  ErrorEffect effect;
  effect.p = 1;
  effect.fast = true;
  bench.effects().errors.push_back(effect);
  const Cost cost = bench.serve_at(1s);
  CHECK(cost.fails);
  CHECK(cost.work_ns == 1);
}

TEST_CASE("only the data of marked users cannot be read", "[service][effects]") {
  Bench bench;
  bench.effects().unreadable.push_back({0.7, kCoin});
  ServiceStart start;
  CHECK(bench.share(start, kFails) == 0);
  start.marked = true;
  CHECK(bench.share(start, kFails) == about(0.7));
}

TEST_CASE("effects outside their time are none", "[service][effects]") {
  Bench bench;
  const EffectWindow later = window(100s, 200s);
  VersionEffects& e = bench.effects();
  e.errors.push_back({1, kCoin, later});
  e.latencies.push_back({3, 1ms, later});
  e.poisons.push_back({1, kCoin, later});
  e.leaks.push_back({90, 100, 10, 0, later});
  e.loads.push_back({1, 0, 1, 3, kCoin, later});
  e.cold_caches.push_back({0, 1, 1s, kCoin, later});
  e.slow_starts.push_back({1000s, 5, later});
  e.lies.push_back({1000s, later});
  ServiceStart start;
  start.concurrency = 9;
  const auto check_nothing = [&] {
    const Cost cost = bench.serve(start);
    CHECK(cost.work_ns == kWork.count());
    CHECK_FALSE(cost.fails);
    CHECK(cost.death == Death::none);
  };
  start.at = at(99s);
  check_nothing();
  start.at = at(150s);
  CHECK(bench.serve(start).fails);
  e.leaks.clear();  // what is in use stays in use
  start.at = at(200s);
  check_nothing();
}
