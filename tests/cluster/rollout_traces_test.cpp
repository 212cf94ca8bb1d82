// The rollout traces of specs/kubernetes.md section 18: one pod becomes ready at a time, deletions
// are reported instantly. Written as the sizes of the sets after every sync that changed one.
#include <catch2/catch.hpp>

#include <string>

#include "tests/cluster/rollout_harness.h"

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

/// The changes of one settling as "new3 old8", in the order of the syncs; old: template 1, new: 2.
std::string settle(RolloutHarness& world) {
  std::string line;
  const auto size_of = [&](std::uint32_t n) {
    for (const ReplicaSetState& rs : world.sets)
      if (rs.template_hash == template_hash(template_of(n))) return rs.spec;
    return 0;
  };
  for (;;) {
    const int old_before = size_of(1);
    const int new_before = size_of(2);
    if (!world.sync()) return line;
    const auto say = [&](const char* name, int before, int after) {
      if (before == after) return;
      if (!line.empty()) line += ' ';
      line.append(name).append(std::to_string(after));
    };
    say("new", new_before, size_of(2));
    say("old", old_before, size_of(1));
  }
}

/// The whole rollout: what happens first, then after each further ready pod, "|" between.
std::string trace(RolloutHarness world) {
  std::string line = settle(world);
  while (world.of(2).status.available < world.of(2).spec) {
    world.ready(2);
    line += '|';
    line += settle(world);
  }
  CHECK(complete(world.spec, world.record.counts));
  return line;
}

RolloutHarness release(int replicas, IntOrPercent surge, IntOrPercent unavailable) {
  RolloutHarness world = RolloutHarness::release(replicas);
  world.spec.max_surge = surge;
  world.spec.max_unavailable = unavailable;
  return world;
}

constexpr IntOrPercent kDefault{25, true};

}  // namespace

TEST_CASE("ten replicas with the defaults: three surge, two may be missing") {
  CHECK(trace(release(10, kDefault, kDefault)) ==
        "new3 old8 new5|old7 new6|old6 new7|old5 new8|old4 new9|old3 new10|old2|old1|old0||");
}

TEST_CASE("four replicas with the defaults") {
  CHECK(trace(release(4, kDefault, kDefault)) == "new1 old3 new2|old2 new3|old1 new4|old0|");
}

TEST_CASE("up to three replicas lose no old pod before a new one is ready") {
  CHECK(trace(release(3, kDefault, kDefault)) == "new1|old2 new2|old1 new3|old0");
  CHECK(trace(release(1, kDefault, kDefault)) == "new1|old0");
}

TEST_CASE("limits that round to nothing let one old pod go first") {
  CHECK(trace(release(2, {0, false}, {1, true})) == "old1 new1|old0 new2|");
}

// The remarks of the source: D 2, u 25 % s 1 %, and u 0 s 1 %.
TEST_CASE("a surge that rounds up to one makes the new pod come first") {
  CHECK(trace(release(2, {1, true}, {25, true})) == "new1|old1 new2|old0");
  CHECK(trace(release(2, {1, true}, {0, false})) == "new1|old1 new2|old0");
}

TEST_CASE("a surge of 100% starts all new pods at once") {
  CHECK(trace(release(3, {100, true}, {0, false})) == "new3|old2|old1|old0");
}

TEST_CASE("creation and the first reduction of the old set fall in one sync") {
  RolloutHarness world = RolloutHarness::release(10);
  CHECK(world.sync());
  CHECK(world.of(2).spec == 3);
  CHECK(world.of(1).spec == 8);
}

TEST_CASE("a version that never gets ready stalls, times out, and is undone in two syncs") {
  RolloutHarness world = RolloutHarness::release(10);
  world.settle();
  CHECK(world.of(1).spec == 8);
  CHECK(world.of(2).spec == 5);
  CHECK(world.available() == 8);

  // 600 s after the last progress only the condition changes.
  const Time last_progress = world.record.progress_at;
  world.now = last_progress + 600s;
  CHECK_FALSE(world.sync());
  CHECK(world.record.progress != Progress::deadline_exceeded);
  world.now += 1ns;
  CHECK_FALSE(world.sync());
  CHECK(world.record.progress == Progress::deadline_exceeded);

  // maxDown = 13 - 8 - 5 = 0.
  world.dies(1);
  CHECK_FALSE(world.sync());

  // Good set: spec 8, available 7. No room to grow; maxDown = 13 - 8 - (8 - 7) = 4.
  world.set_template(1);
  CHECK(world.sync());
  CHECK(world.of(2).spec == 1);
  CHECK(world.of(1).spec == 8);
  CHECK(world.sync());
  CHECK(world.of(1).spec == 10);
  CHECK(world.of(1).revision == 3);
  CHECK(world.of(1).revision_history == "1");
  CHECK(world.sets.size() == 2);

  while (world.of(1).status.available < 10) {
    world.ready(1);
    world.settle();
  }
  CHECK(world.of(2).spec == 0);
  CHECK(world.record.progress == Progress::new_replica_set_available);
}

TEST_CASE("a third template in the middle first takes the unready pods of the abandoned one") {
  RolloutHarness world = RolloutHarness::release(10);
  world.settle();
  world.ready(2);
  world.settle();
  REQUIRE(world.of(2).spec == 6);
  world.set_template(3);
  // The ceiling of 13 is full: the newest starts with nothing. maxDown = 13 - 8 = 5, taken from the
  // five unready pods; all old ones are available.
  CHECK(world.sync());
  CHECK(world.of(3).spec == 0);
  CHECK(world.of(2).spec == 1);
  CHECK(world.of(1).spec == 7);
  CHECK(world.sync());
  CHECK(world.of(3).spec == 5);
}
