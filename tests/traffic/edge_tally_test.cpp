// The truth at the edge: what is counted where, and in which order it may be told.
#include "sim/traffic/edge_tally.h"

#include <catch2/catch.hpp>
#include <span>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr VersionId kVersion{0};

EdgeSettings settings(Duration measure_from, Duration end) {
  EdgeSettings s;
  s.measure_from = kTimeZero + measure_from;
  s.end = kTimeZero + end;
  s.users = 10;
  s.bad_above = {kForever, Duration(300ms)};
  return s;
}

void fail(EdgeTally& edge, Duration at) {
  edge.add(kTimeZero + at, 0, kVersion, 1, Outcome::error, false, false);
}

/// An answer of the new version while a fault of it acts.
void answer(EdgeTally& edge, Duration at, Duration latency, Outcome outcome) {
  edge.add(kTimeZero + at, latency.count(), kVersion, 1, outcome, true, true);
}

std::uint64_t requests(std::span<const EdgeBin> bins) {
  std::uint64_t n = 0;
  for (const EdgeBin& bin : bins) n += bin.requests;
  return n;
}

}  // namespace

TEST_CASE("a bin begins with the measuring, wherever in the run that is", "[traffic][edge]") {
  for (const Duration from : {Duration(0s), Duration(5ms), Duration(120s), Duration(125s)}) {
    INFO(to_seconds(from));
    EdgeTally edge(settings(from, 300s));
    fail(edge, 0s);
    if (from > 0s) fail(edge, from - 1ns);
    const std::uint64_t before = from > 0s ? 2 : 1;
    fail(edge, from);
    fail(edge, from + 10s - 1ns);
    fail(edge, from + 10s);
    CHECK(edge.measured_bins()[0].failed == (from > 0s ? 2 : 3));
    CHECK(edge.measured_bins()[0].bad[0] == edge.measured_bins()[0].failed);
    CHECK(edge.measured_bins()[1].failed == 1);
    // The whole run is there for charts.
    CHECK(requests(edge.bins()) == before + 3);
    CHECK((edge.bins_from() - edge.settings().measure_from) % EdgeTally::kBin == 0s);
    CHECK(edge.bins_from() <= kTimeZero);
    CHECK(edge.bins_from() > kTimeZero - EdgeTally::kBin);
  }
}

TEST_CASE("the end of the run belongs to no bin and makes none", "[traffic][edge]") {
  EdgeTally edge(settings(100s, 300s));
  CHECK(edge.measured_bins().size() == 20);
  CHECK(edge.minutes().size() == 4);  // three whole minutes and 20 s
  fail(edge, 300s - 1ns);
  fail(edge, 300s);
  CHECK(requests(edge.bins()) == 1);
}

TEST_CASE("bins tell the versions apart and add up to what users saw", "[traffic][edge]") {
  EdgeSettings two = settings(0s, 60s);
  two.versions = 2;
  EdgeTally edge(two);
  const auto add = [&](Duration at, VersionId version, Duration latency, Outcome outcome) {
    edge.add(kTimeZero + at, latency.count(), version, 1, outcome, false, false);
  };
  add(1s, VersionId{0}, 20ms, Outcome::ok);
  add(2s, VersionId{1}, 20ms, Outcome::error);
  add(3s, VersionId{1}, 400ms, Outcome::ok);
  add(4s, VersionId{}, 0ms, Outcome::no_endpoint);
  add(11s, VersionId{1}, 20ms, Outcome::ok);
  REQUIRE(edge.bins_of(1).size() == edge.bins().size());
  CHECK(edge.bins_of(0)[0].requests == 1);
  CHECK(edge.bins_of(1)[0].requests == 2);
  CHECK(edge.bins_of(1)[0].failed == 1);
  CHECK(edge.bins_of(1)[0].bad[1] == 1);
  CHECK(edge.bins_of(1)[1].requests == 1);
  CHECK(edge.bins_of(2)[0].failed == 1);  // reached no pod
  CHECK(edge.bins()[0].requests == 4);
  CHECK(edge.bins()[0].failed == 2);
  CHECK(edge.bins()[0].bad[1] == 1);
  CHECK(edge.bins()[1].requests == 1);
}

// Pods tell what they answered when somebody looks at them.
TEST_CASE("the first harm is the earliest bad answer under a fault, in whatever order told",
          "[traffic][edge]") {
  EdgeTally edge(settings(100s, 300s));
  answer(edge, 110s, 20ms, Outcome::ok);
  fail(edge, 111s);  // the old version's own
  CHECK_FALSE(edge.first_harm().has_value());
  answer(edge, 150s, 20ms, Outcome::error);
  CHECK(edge.first_harm() == kTimeZero + 150s);
  answer(edge, 140s, 400ms, Outcome::ok);  // breaks the latency objective
  answer(edge, 145s, 20ms, Outcome::error);
  CHECK(edge.first_harm() == kTimeZero + 140s);
}

TEST_CASE("a request turned away at once is failed and has no latency", "[traffic][edge]") {
  EdgeTally edge(settings(0s, 1min));
  const auto add = [&](Outcome outcome, Duration latency, std::uint32_t user) {
    edge.add(kTimeZero + 1s, latency.count(), kVersion, user, outcome, false, false);
  };
  add(Outcome::no_endpoint, {}, 0);
  add(Outcome::refused, {}, 1);
  add(Outcome::rejected, {}, 2);
  CHECK(edge.versions()[0].failed == 3);
  CHECK(edge.versions()[0].latency.count() == 0);
  CHECK(edge.minutes()[0].count() == 0);
  CHECK(edge.bins()[0].bad[0] == 3);
  CHECK(edge.users_affected() == 3);

  // Whoever waited did so, however it ended.
  add(Outcome::ok, 20ms, 3);
  add(Outcome::error, 30ms, 4);
  add(Outcome::reset, 40ms, 5);
  add(Outcome::timed_out, 1s, 6);
  CHECK(edge.versions()[0].requests == 7);
  CHECK(edge.versions()[0].latency.count() == 4);
  CHECK(edge.minutes()[0].count() == 4);
}

TEST_CASE("what another tally was told of the time since is added as if told here",
          "[traffic][edge]") {
  const auto tell =
      [](EdgeTally& edge, Duration at, Duration latency, std::uint32_t user, Outcome outcome) {
        edge.add(kTimeZero + at, latency.count(), kVersion, user, outcome, false, false);
      };
  const auto before = [&](EdgeTally& edge, std::uint32_t user) {
    tell(edge, 70s, 20ms, user, Outcome::ok);
    tell(edge, 2min - 1ns, 400ms, user, Outcome::ok);
  };
  const auto since = [&](EdgeTally& edge) {
    tell(edge, 150s, 30ms, 3, Outcome::error);
    tell(edge, 2min, 400ms, 2, Outcome::ok);  // not in the order of time
    tell(edge, 151s, {}, 4, Outcome::refused);
    edge.add(kTimeZero + 152s, 0, VersionId{}, 6, Outcome::no_endpoint, false, false);
  };
  EdgeTally other(settings(1min, 4min));
  before(other, 1);
  since(other);
  EdgeTally mine(settings(1min, 4min));
  EdgeTally whole(settings(1min, 4min));
  for (EdgeTally* edge : {&mine, &whole}) before(*edge, 5);
  since(whole);
  mine.add_since(other, kTimeZero + 2min);
  CHECK(mine.users_affected() == 5);  // 5, 2, 3, 4 and 6; not 1, who is of the other's past
  CHECK(mine.users_affected() == whole.users_affected());
  CHECK(mine.minutes() == whole.minutes());
  for (std::size_t v = 0; v < 2; ++v) {
    CHECK(mine.versions()[v].requests == whole.versions()[v].requests);
    CHECK(mine.versions()[v].failed == whole.versions()[v].failed);
    CHECK(mine.versions()[v].latency == whole.versions()[v].latency);
  }
  REQUIRE(mine.bins().size() == whole.bins().size());
  for (std::size_t i = 0; i < mine.bins().size(); ++i) {
    CHECK(mine.bins()[i].requests == whole.bins()[i].requests);
    CHECK(mine.bins()[i].failed == whole.bins()[i].failed);
    CHECK(mine.bins()[i].bad[1] == whole.bins()[i].bad[1]);
  }
  EdgeTally end = mine;
  end.add_since(other, kTimeZero + 4min);  // nothing is left
  CHECK(end.versions()[0].requests == mine.versions()[0].requests);
}

}  // namespace coalmine
