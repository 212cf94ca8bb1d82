// Both forms of pods in the production engine tell the same history as the reference, request for
// request, on the same addressed draws (specs/engine.md section 2).
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/traffic/random_world.h"
#include "tests/traffic/twin_world.h"

using namespace coalmine;
using namespace coalmine::testing;

namespace {

void differs(const TwinWorld& world, const char* what, const std::string& difference) {
  if (difference.empty()) return;
  RC_FAIL(std::string(what) + ": " + difference + "\n" + describe(world));
}

void check_agreement(const TwinWorld& world, Duration tolerance = Duration(0)) {
  const TwinRun reference = play_twin_reference(world);
  differs(world,
          "reference against closed form where possible",
          difference(reference, play_twin_production(world, /*always_stepped=*/false), tolerance));
  differs(world,
          "reference against stepped form",
          difference(reference, play_twin_production(world, /*always_stepped=*/true), tolerance));
}

}  // namespace

TEST_CASE("closed form, stepped form and reference agree on FIFO leaves", "[traffic][forms]") {
  CHECK(holds("FIFO leaves, kills, drains, restarts, endpoint changes, timeouts", 400, [] {
    WorldLimits limits;
    limits.calls = false;
    limits.fifo_only = true;
    check_agreement(random_world(limits));
  }));
}

TEST_CASE("closed form, stepped form and reference agree on services that call others",
          "[traffic][forms]") {
  CHECK(holds("FIFO and LIFO with calls", 400, [] { check_agreement(random_world({})); }));
}

TEST_CASE("all forms agree where processes die of their requests and of age, and start again",
          "[traffic][forms]") {
  CHECK(holds("deadly versions, leaves", 400, [] {
    WorldLimits limits;
    limits.deadly = true;
    limits.calls = false;
    check_agreement(random_world(limits));
  }));
  CHECK(holds("deadly versions that call each other", 400, [] {
    WorldLimits limits;
    limits.deadly = true;
    check_agreement(random_world(limits));
  }));
  CHECK(holds("deadly versions, whole milliseconds", 300, [] {
    WorldLimits limits;
    limits.deadly = true;
    limits.coarse = true;
    limits.calls = false;
    check_agreement(random_world(limits));
  }));
}

TEST_CASE("the engine and the reference agree on processor sharing within rounding",
          "[traffic][forms]") {
  CHECK(holds("processor sharing with calls", 200, [] {
    WorldLimits limits;
    limits.sharing = true;
    check_agreement(random_world(limits), std::chrono::microseconds(1));
  }));
}

// Services that call others are left out here: a call is made within the completion that leads to
// it, not behind all completions of its instant, so equal nanoseconds may fall differently.
TEST_CASE("both forms and the reference agree when everything happens at once",
          "[traffic][forms]") {
  CHECK(holds("whole milliseconds, leaves", 300, [] {
    WorldLimits limits;
    limits.coarse = true;
    limits.calls = false;
    check_agreement(random_world(limits));
  }));
}

TEST_CASE("every instant's counters balance in all forms", "[traffic][conservation]") {
  CHECK(holds("sent = served + failed + in flight", 150, [] {
    WorldLimits limits;
    limits.sharing = true;
    auto world = random_world(limits);
    // Look at many instants, most of them in the thick of it.
    const auto known = world.actions;
    for (int i = 1; i <= 40; ++i) {
      RefAction look;
      look.time = kTimeZero + world.offsets.back() * i / 36;
      if (look.time <= kTimeZero + world.end) world.actions.push_back(look);
    }
    std::stable_sort(world.actions.begin(),
                     world.actions.end(),
                     [](const RefAction& a, const RefAction& b) { return a.time < b.time; });
    for (const bool stepped : {false, true}) {
      for (const auto& c : play_twin_production(world, stepped).snapshots) {
        RC_ASSERT(c.sent == c.finished + c.unanswered);
        RC_ASSERT(c.served <= c.finished);
      }
    }
  }));
}

TEST_CASE("weights divide the requests as binomial chance allows", "[traffic][routing]") {
  // n requests, share p: the count is within 5 standard deviations of n p (chance 6e-7 a case).
  CHECK(holds("weighted routing", 200, [] {
    TwinWorld world;
    world.model.services.resize(1);
    world.model.versions.resize(2);
    world.model.route_key = RandomKey{*rc::gen::arbitrary<std::uint64_t>()};
    world.pods = {{ServiceId{0}, DeploymentId{0}, VersionId{0}},
                  {ServiceId{0}, DeploymentId{1}, VersionId{1}}};
    world.endpoints = {{PodId{0}}, {PodId{1}}};
    const auto weight = *rc::gen::inRange<std::uint32_t>(0, 101);
    RouteRule rule;
    rule.backends = {{BackendId{0}, weight}, {BackendId{1}, 100 - weight}};
    world.routes = {RouteTable{{rule}}};
    constexpr int kRequests = 4000;
    for (int i = 0; i < kRequests; ++i) world.offsets.push_back(std::chrono::milliseconds(i));
    world.end = std::chrono::seconds(10);
    const auto run = play_twin_production(world, /*always_stepped=*/false);
    const double p = weight / 100.0;
    const double count = static_cast<double>(std::count_if(
        run.records.begin(), run.records.end(), [](const TwinRecord& r) { return r.pod == 0; }));
    RC_ASSERT(run.records.size() == static_cast<std::size_t>(kRequests));
    RC_ASSERT(std::abs(count - kRequests * p) <= 5 * std::sqrt(kRequests * p * (1 - p)));
  }));
}
