// The reference against histories worked out by hand: if it is wrong, so is everything compared
// with it.
#include "tests/traffic/reference_engine.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

using namespace coalmine;
using namespace coalmine::testing;
using namespace std::chrono_literals;

namespace {

constexpr Time at(Duration d) {
  return kTimeZero + d;
}

RefService fixed_service(std::size_t workers, std::size_t queue, Duration work) {
  RefService service;
  service.workers = workers;
  service.queue = queue;
  service.demand = [work](std::uint64_t) { return work.count(); };
  return service;
}

/// `pods` pods of one service behind one backend.
RefConfig one_service(RefService service, std::size_t pods = 1) {
  RefConfig config;
  config.services = {std::move(service)};
  config.backends.resize(1);
  config.pods.resize(pods);
  for (std::size_t i = 0; i < pods; ++i) config.backends[0].endpoints.push_back(i);
  return config;
}

/// Backend 0 is the service of pod 0, which calls backend 1, the service of pod 1.
RefConfig caller_and_callee(RefService caller, RefService callee, Duration call_timeout = 0ms) {
  RefConfig config;
  RefCall call;
  call.backend = 1;
  call.timeout = call_timeout;
  caller.calls = {call};
  config.services = {std::move(caller), std::move(callee)};
  config.backends.resize(2);
  config.backends[0].endpoints = {0};
  config.backends[1].endpoints = {1};
  config.pods.resize(2);
  config.pods[1].service = 1;
  return config;
}

void send_at(RefConfig& config, std::vector<Duration> times) {
  for (const auto time : times) config.arrivals.push_back({at(time), config.arrivals.size(), 0, 0});
}

RefAction action(Duration time, RefAction::Kind kind, std::size_t pod) {
  RefAction result;
  result.time = at(time);
  result.kind = kind;
  result.pod = pod;
  return result;
}

std::vector<Time> departures(const RefRun& run) {
  std::vector<Time> times;
  for (const auto& result : run.results) times.push_back(result.departure);
  return times;
}

std::vector<Outcome> edge_outcomes(const RefRun& run) {
  std::vector<Outcome> outcomes;
  for (const auto& result : run.results) outcomes.push_back(result.edge_outcome);
  return outcomes;
}

using Times = std::vector<Time>;
using Outcomes = std::vector<Outcome>;

}  // namespace

TEST_CASE("workers serve first come first served and a full queue rejects",
          "[traffic][reference]") {
  // c = 1, K = 1, work 10 ms; arrivals at 0, 1, 2: served, waits, rejected. At 10 the completion
  // comes before the arrival, so a place in the queue is free.
  auto config = one_service(fixed_service(1, 1, 10ms));
  send_at(config, {0ms, 1ms, 2ms, 10ms});
  const auto run = play_reference(config);
  CHECK(departures(run) == Times{at(10ms), at(20ms), at(2ms), at(30ms)});
  CHECK(run.results[1].start == at(10ms));
  CHECK(edge_outcomes(run) == Outcomes{Outcome::ok, Outcome::ok, Outcome::rejected, Outcome::ok});
  CHECK(run.results[2].edge_time == at(2ms));
}

TEST_CASE("LIFO serves the newest of those that wait", "[traffic][reference]") {
  auto service = fixed_service(1, 9, 10ms);
  service.discipline = RefDiscipline::lifo;
  auto config = one_service(service);
  send_at(config, {0ms, 1ms, 2ms});
  CHECK(departures(play_reference(config)) == Times{at(10ms), at(30ms), at(20ms)});
}

TEST_CASE("processor sharing slows all jobs alike beyond the cores", "[traffic][reference]") {
  // 2 cores, works of 30 ms at 0, 0, 10. Alone or two: full speed. From 10 on three share two
  // cores: rate 2/3; the first two have 20 left -> 40. Then the third has 30 - 20 = 10 left and a
  // core of its own -> 50.
  auto service = fixed_service(9, 0, 30ms);
  service.discipline = RefDiscipline::ps;
  service.cores = 2;
  auto config = one_service(service);
  send_at(config, {0ms, 0ms, 10ms});
  const auto done = departures(play_reference(config));
  const Times expected{at(40ms), at(40ms), at(50ms)};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(done[i] >= expected[i] - 2ns);
    CHECK(done[i] <= expected[i] + 2ns);
  }
}

TEST_CASE("a client that gave up leaves its request in the pod", "[traffic][reference]") {
  // Work 10 ms, one worker, timeout 10 ms: the first answer comes exactly at the limit and counts;
  // the second request gives up at 11 ms and still holds the worker until 20.
  auto config = one_service(fixed_service(1, 9, 10ms));
  config.client_timeout = 10ms;
  send_at(config, {0ms, 1ms, 15ms});
  const auto run = play_reference(config);
  CHECK(edge_outcomes(run) == Outcomes{Outcome::ok, Outcome::timed_out, Outcome::timed_out});
  CHECK(run.results[1].edge_time == at(11ms));
  CHECK(run.results[1].outcome == Outcome::ok);
  CHECK(departures(run) == Times{at(10ms), at(20ms), at(30ms)});
}

TEST_CASE("a killed pod loses what is inside and refuses what comes", "[traffic][reference]") {
  auto config = one_service(fixed_service(1, 9, 10ms));
  send_at(config, {0ms, 1ms, 6ms, 12ms});
  config.actions = {action(5ms, RefAction::Kind::kill, 0),
                    action(12ms, RefAction::Kind::listen, 0),
                    action(13ms, RefAction::Kind::listen, 0)};
  const auto run = play_reference(config);
  // The arrival at 12 comes before the control action of that instant.
  CHECK(edge_outcomes(run) ==
        Outcomes{Outcome::reset, Outcome::reset, Outcome::refused, Outcome::refused});
  CHECK(departures(run) == Times{at(5ms), at(5ms), at(6ms), at(12ms)});
  CHECK(run.snapshots.back().pods[0].ended == 4);
}

TEST_CASE("a pod that stops accepting finishes what it has", "[traffic][reference]") {
  auto config = one_service(fixed_service(1, 9, 10ms));
  send_at(config, {0ms, 1ms, 6ms});
  config.actions = {action(5ms, RefAction::Kind::stop_accepting, 0)};
  const auto run = play_reference(config);
  CHECK(edge_outcomes(run) == Outcomes{Outcome::ok, Outcome::ok, Outcome::refused});
  CHECK(departures(run) == Times{at(10ms), at(20ms), at(6ms)});
}

TEST_CASE("a caller holds its worker until the call has come back", "[traffic][reference]") {
  // Own work 10 ms, callee 5 ms with one worker: departures at 15 and, as the second request gets
  // the worker at 15, at 30.
  auto config = caller_and_callee(fixed_service(1, 9, 10ms), fixed_service(1, 9, 5ms));
  send_at(config, {0ms, 1ms});
  const auto run = play_reference(config);
  CHECK(departures(run) == Times{at(15ms), at(30ms)});
  CHECK(run.snapshots.back().pods[1].process.requests[0] == 2);
}

TEST_CASE("a failed call fails the caller at once", "[traffic][reference]") {
  SECTION("rejected: the callee has one worker and no queue") {
    auto config = caller_and_callee(fixed_service(2, 9, 10ms), fixed_service(1, 0, 5ms));
    send_at(config, {0ms, 1ms});
    const auto run = play_reference(config);
    CHECK(departures(run) == Times{at(15ms), at(11ms)});
    CHECK(edge_outcomes(run) == Outcomes{Outcome::ok, Outcome::error});
  }
  SECTION("the call's time limit passes; the callee works on") {
    auto config = caller_and_callee(fixed_service(2, 9, 10ms), fixed_service(1, 9, 5ms), 7ms);
    send_at(config, {0ms, 1ms});
    const auto run = play_reference(config);
    // The second call waits from 11 to 15, would end at 20 and is given up at 18.
    CHECK(departures(run) == Times{at(15ms), at(18ms)});
    CHECK(run.results[1].outcome == Outcome::error);
    CHECK(run.snapshots.back().pods[1].process.requests[0] == 2);
    CHECK(run.snapshots.back().pods[1].process.busy_ns == Duration(10ms).count());
  }
  SECTION("the callee is killed") {
    auto config = caller_and_callee(fixed_service(2, 9, 10ms), fixed_service(1, 9, 5ms));
    send_at(config, {0ms, 1ms});
    config.actions = {action(12ms, RefAction::Kind::kill, 1)};
    const auto run = play_reference(config);
    CHECK(departures(run) == Times{at(12ms), at(12ms)});
    CHECK(edge_outcomes(run) == Outcomes{Outcome::error, Outcome::error});
  }
  SECTION("the callee's error") {
    auto config = caller_and_callee(fixed_service(2, 9, 10ms), fixed_service(1, 9, 5ms));
    ErrorEffect always;
    always.p = 1;
    config.pods[1].effects.errors = {always};
    send_at(config, {0ms});
    const auto run = play_reference(config);
    CHECK(departures(run) == Times{at(15ms)});
    CHECK(edge_outcomes(run) == Outcomes{Outcome::error});
  }
}

TEST_CASE("an orphaned call goes on when its caller is killed", "[traffic][reference]") {
  auto config = caller_and_callee(fixed_service(2, 9, 10ms), fixed_service(1, 9, 5ms));
  send_at(config, {0ms});
  config.actions = {action(12ms, RefAction::Kind::kill, 0)};
  const auto run = play_reference(config);
  CHECK(edge_outcomes(run) == Outcomes{Outcome::reset});
  CHECK(run.snapshots.back().pods[1].process.requests[0] == 1);
  CHECK(run.snapshots.back().pods[1].process.busy_ns == Duration(5ms).count());
}

TEST_CASE("work is settled by warm-up and effects when service starts", "[traffic][reference]") {
  // Slowdown 3 falling to 1 over 40 ms. At 0: 10 ms * 3. Half-way at 20 (the second worker): 10
  // * 2.
  auto service = fixed_service(2, 9, 10ms);
  service.warmup_for = 40ms;
  service.warmup_slowdown = 3;
  auto config = one_service(service);
  config.pods[0].listening = false;
  config.actions = {action(0ms, RefAction::Kind::listen, 0)};
  LatencyEffect effect;
  effect.factor = 2;
  effect.shift = 1ms;
  effect.when.from = at(100ms);
  effect.when.ramp = 100ms;
  config.pods[0].effects.latencies = {effect};
  // At 150 half of the effect: 10 * 1.5 + 0.5. At 300 all of it: 10 * 2 + 1.
  config.arrivals = {
      {at(1ns), 0, 0, 0}, {at(20ms), 1, 0, 0}, {at(150ms), 2, 0, 0}, {at(300ms), 3, 0, 0}};
  const auto run = play_reference(config);
  CHECK(run.results[0].departure >= at(30ms) - 2ns);
  CHECK(run.results[0].departure <= at(30ms) + 2ns);
  CHECK(run.results[1].departure == at(40ms));
  CHECK(run.results[2].departure == at(150ms + 15ms + 500us));
  CHECK(run.results[3].departure == at(321ms));
}

TEST_CASE("a request that kills its process takes the others with it", "[traffic][reference]") {
  // Two workers, 10 ms: 0 and 1 are in service; the request at 8 starts at 10 and kills all but the
  // first. The process is back at 10 + 5, cold.
  auto config = one_service(fixed_service(2, 9, 10ms));
  config.restart_after = 5ms;
  PoisonEffect poison;
  poison.p = 1;
  poison.segments = SegmentSet{1} << 4;
  config.pods[0].effects.poisons = {poison};
  send_at(config, {0ms, 1ms, 8ms, 12ms, 16ms});
  config.arrivals[2].segment = 4;
  const auto run = play_reference(config);
  CHECK(edge_outcomes(run) ==
        Outcomes{Outcome::ok, Outcome::reset, Outcome::reset, Outcome::refused, Outcome::ok});
  CHECK(departures(run) == Times{at(10ms), at(10ms), at(10ms), at(12ms), at(26ms)});
}

TEST_CASE("a process dies of what it leaks, by its requests or by its age",
          "[traffic][reference]") {
  auto config = one_service(fixed_service(1, 9, 1ms));
  config.restart_after = 5ms;
  LeakEffect leak;
  leak.limit = 100;
  SECTION("the third request finds no memory, and after the restart again") {
    leak.per_request = 34;
    config.pods[0].effects.leaks = {leak};
    send_at(config, {0ms, 2ms, 4ms, 10ms, 12ms, 14ms});
    const auto run = play_reference(config);
    const auto ok = Outcome::ok;
    CHECK(edge_outcomes(run) == Outcomes{ok, ok, Outcome::reset, ok, ok, Outcome::reset});
  }
  SECTION("100 bytes at 10 a millisecond last until 10 ms after the start") {
    leak.per_second = 10'000;
    config.pods[0].effects.leaks = {leak};
    config.pods[0].listening = false;
    config.actions = {action(2ms, RefAction::Kind::listen, 0)};
    send_at(config, {3ms, 11ms + 500us, 13ms});
    const auto run = play_reference(config);
    CHECK(edge_outcomes(run) == Outcomes{Outcome::ok, Outcome::reset, Outcome::refused});
    CHECK(departures(run)[1] >= at(12ms) - 1ns);
    CHECK(departures(run)[1] <= at(12ms) + 1ns);
  }
}

TEST_CASE("a copy loads the pods it meets and is nobody's", "[traffic][reference]") {
  // Pod 1 gets copies: its one worker is busy with the first until 10 ms, so the second departs at
  // 20; the users see pod 0 alone.
  auto config = one_service(fixed_service(1, 9, 10ms), 2);
  config.backends.resize(2);
  config.backends[0].endpoints = {0};
  config.backends[1].endpoints = {1};
  config.pods[1].deployment = 1;
  ErrorEffect always;
  always.p = 1;
  config.pods[1].effects.errors = {always};
  send_at(config, {0ms, 5ms});
  for (auto& arrival : config.arrivals) arrival.copy_to = 1;
  const auto run = play_reference(config);
  CHECK(edge_outcomes(run) == Outcomes{Outcome::ok, Outcome::ok});
  CHECK(run.calls.empty());
  const auto& last = run.snapshots.back();
  CHECK(last.sent == 2);
  CHECK(last.pods[1].process.requests[static_cast<std::size_t>(Outcome::error)] == 2);
  CHECK(last.pods[1].process.latency_sum_ns[static_cast<std::size_t>(Outcome::error)] ==
        Duration(10ms + 15ms).count());
  CHECK(last.routers[1] == RefCounters::ByOutcome{});
}

TEST_CASE("what the new version has written the old one cannot read", "[traffic][reference]") {
  // Pod 1 writes. User 7 meets it at 10 ms; user 8 never does.
  auto config = one_service(fixed_service(4, 9, 1ms), 2);
  config.backends.resize(2);
  config.backends[0].endpoints = {0};
  config.backends[1].endpoints = {1};
  config.pods[0].effects.unreadable = {{1, RandomKey{}}};
  send_at(config, {0ms, 10ms, 20ms, 30ms});
  for (const std::size_t i : {0U, 1U, 2U}) config.arrivals[i].user = 7;
  config.arrivals[3].user = 8;
  config.arrivals[1].backend = 1;
  SECTION("user by user") {
    config.pods[1].effects.writes = {{false, {}}};
    CHECK(edge_outcomes(play_reference(config)) ==
          Outcomes{Outcome::ok, Outcome::ok, Outcome::error, Outcome::ok});
  }
  SECTION("all at once, with the first start") {
    config.pods[1].effects.writes = {{true, {}}};
    config.pods[1].listening = false;
    config.actions = {action(5ms, RefAction::Kind::listen, 1)};
    CHECK(edge_outcomes(play_reference(config)) ==
          Outcomes{Outcome::ok, Outcome::ok, Outcome::error, Outcome::error});
  }
}

TEST_CASE("balancers choose as they say", "[traffic][reference]") {
  auto config = one_service(fixed_service(1, 9, 10ms), 3);
  SECTION("round robin in turn; nobody to choose is an answer too") {
    send_at(config, {0ms, 1ms, 2ms, 3ms, 5ms});
    RefAction none;
    none.time = at(4ms);
    none.kind = RefAction::Kind::set_endpoints;
    config.actions = {none};
    const auto run = play_reference(config);
    std::vector<std::size_t> pods;
    for (const auto& result : run.results) pods.push_back(result.pod);
    CHECK(pods == std::vector<std::size_t>{0, 1, 2, 0, kNoPod});
    CHECK(run.results[4].edge_outcome == Outcome::no_endpoint);
  }
  SECTION("least request never prefers the fuller of its two candidates") {
    config.backends[0].balancer = RefBalancer::least_request;
    config.backends[0].pick_key = RandomKey{77};
    send_at(config, {0ms, 1ms, 2ms, 3ms, 4ms, 5ms});
    const auto run = play_reference(config);
    std::vector<int> inside(3, 0);
    for (const auto& result : run.results) {
      const auto bits = draw_bits(RandomKey{77}, result.id);
      const std::size_t a = ((bits >> 32) * 3) >> 32;
      const std::size_t b = ((bits & 0xffffffffU) * 3) >> 32;
      CHECK(result.pod == (inside[b] < inside[a] ? b : a));
      ++inside[result.pod];
    }
  }
}

TEST_CASE("the counters of every snapshot balance", "[traffic][reference]") {
  auto config = one_service(fixed_service(1, 2, 10ms), 2);
  config.client_timeout = 15ms;
  for (int i = 0; i < 40; ++i) send_at(config, {Duration(3ms) * i});
  config.actions = {action(50ms, RefAction::Kind::kill, 0),
                    action(60ms, RefAction::Kind::snapshot, 0),
                    action(70ms, RefAction::Kind::listen, 0),
                    action(90ms, RefAction::Kind::snapshot, 0)};
  config.end = at(110ms);
  const auto run = play_reference(config);
  REQUIRE(run.snapshots.size() == 3);
  for (const auto& counters : run.snapshots) {
    CHECK(counters.sent == counters.edge_finished() + counters.edge_in_flight);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(counters.pods[i].sent ==
            counters.pods[i].ended + counters.pods[i].waiting + counters.pods[i].serving);
  }
  CHECK(run.snapshots.back().edge_in_flight > 0);
}
