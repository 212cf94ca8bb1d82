// The edge's books: what counts for whom.
#include "sim/traffic/edge_tally.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

TEST_CASE("a request turned away at once is failed and has no latency", "[traffic][edge]") {
  EdgeSettings settings;
  settings.end = kTimeZero + 1min;
  settings.users = 10;
  settings.bad_above = {kForever, 50ms};
  EdgeTally edge(settings);
  const auto add = [&](Outcome outcome, Duration latency, std::uint32_t user) {
    edge.add(kTimeZero + 1s, latency.count(), VersionId{0}, user, outcome, false, false);
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
