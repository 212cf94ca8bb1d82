#include "sim/cluster/deployment_controller.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/cluster/rollout_harness.h"

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

IntOrPercent num(int value) {
  return {value, false};
}

}  // namespace

// room = D + s - sum(spec); new += min(room, D - new).
TEST_CASE("the new set grows into the room below replicas plus surge") {
  RolloutHarness world(10);  // reconcileNewReplicaSet 2
  world.spec.max_surge = num(2);
  world.spec.max_unavailable = num(0);
  world.spec.pod = template_of(2);
  world.add(1, 5, 5);
  world.add(2, 0, 0);
  CHECK(world.sync());
  CHECK(world.of(2).spec == 7);
}

TEST_CASE("with the largest surge there is, all new pods are made at once") {
  RolloutHarness world(10);
  world.spec.max_surge = num(std::numeric_limits<int>::max());
  world.spec.max_unavailable = num(0);
  world.spec.pod = template_of(2);
  world.add(1, 10, 10);
  world.add(2, 0, 0);
  CHECK(world.sync());
  CHECK(world.of(2).spec == 10);
  CHECK(world.of(1).spec == 10);
}

// reconcileOldReplicaSets 3: maxDown = 10 - 8 = 2: one unhealthy, then 9 - 8 = 1 available.
TEST_CASE("old pods that serve nobody go first, then the surplus of available ones") {
  RolloutHarness world(10);
  world.spec.max_surge = num(0);
  world.spec.max_unavailable = num(2);
  world.spec.pod = template_of(2);
  world.add(1, 10, 9);
  world.add(2, 0, 0);
  CHECK(world.sync());
  CHECK(world.of(1).spec == 8);
  CHECK(world.of(2).spec == 0);
}

// cleanupUnhealthyReplicas 0: a budget of one takes one of two unready pods. Availability 8 is not
// above the minimum of 9, so nothing else goes.
TEST_CASE("unready old pods are removed only within the budget") {
  RolloutHarness world(10);
  world.spec.max_surge = num(0);
  world.spec.max_unavailable = num(1);
  world.spec.pod = template_of(2);
  world.add(1, 10, 8);
  world.add(2, 0, 0);
  CHECK(world.sync());
  CHECK(world.of(1).spec == 9);
}

TEST_CASE("a new set larger than wanted is cut to the number of replicas") {
  RolloutHarness world(5);
  world.spec.pod = template_of(2);
  world.add(2, 8, 8);
  CHECK(world.sync());
  CHECK(world.of(2).spec == 5);
}

// Old: 7 wanted, 8 still reported; new: 6 of which 2 available. maxDown = 13 - 8 - 4 = 1 opens the
// gate, and the surplus is counted from the report: 8 + 2 - 8 = 2, so that 5 + 2 pods remain.
TEST_CASE("a report that lags behind lets the controller dip below its minimum") {
  RolloutHarness world(10);
  world.spec.pod = template_of(2);
  world.add(1, 7, 7).status = {8, 8, 8, 0};
  world.add(2, 6, 2);
  CHECK(world.sync());
  CHECK(world.of(1).spec == 5);
}

// --- scaling in proportion ---

// TestScale 2: add 5: the old one gets round(3 * 10 / 5) = 6, the new one 4.
TEST_CASE("scaling up in the middle of a rollout shares the growth by size") {
  RolloutHarness world(5);
  world.spec.max_surge = num(0);
  world.spec.max_unavailable = num(1);
  world.spec.pod = template_of(2);
  world.add(1, 3, 3).max_replicas = 5;
  world.add(2, 2, 2).max_replicas = 5;
  world.spec.replicas = 10;
  CHECK(world.sync());
  CHECK(world.of(1).spec == 6);
  CHECK(world.of(2).spec == 4);
  CHECK(world.of(1).desired == 10);
}

// TestScale 8: each share 1 * 2 / 3 = 0.67 rounds to 1; the leftover of -1 hits the oldest.
TEST_CASE("scaling down takes what rounding leaves over from the oldest of the largest") {
  RolloutHarness world(3);
  world.spec.max_surge = num(0);
  world.spec.max_unavailable = num(1);
  world.spec.pod = template_of(3);
  for (const std::uint32_t n : {1U, 2U, 3U}) world.add(n, 1, 1).max_replicas = 3;
  world.spec.replicas = 2;
  CHECK(world.sync());
  CHECK(world.of(1).spec == 0);
  CHECK(world.of(2).spec == 1);
  CHECK(world.of(3).spec == 1);
}

TEST_CASE("a scaling event takes no rollout step in the same sync") {
  RolloutHarness world(10);
  world.spec.pod = template_of(2);
  world.add(1, 10, 10).max_replicas = 13;
  world.spec.replicas = 12;
  CHECK(world.sync());
  CHECK(world.of(1).spec == 12);
  CHECK(world.sets.size() == 1);
  CHECK(world.sync());
  CHECK(world.sets.size() == 2);
}

TEST_CASE("a saturated new set ends the old ones when scaled") {
  RolloutHarness world(10);
  world.spec.pod = template_of(2);
  world.add(1, 2, 2).desired = 9;
  world.add(2, 10, 10);
  CHECK(world.sync());
  CHECK(world.of(1).spec == 0);
  CHECK(world.of(2).spec == 10);
}

TEST_CASE("scaling to nothing takes every pod") {
  RolloutHarness world(10);
  world.spec.pod = template_of(2);
  world.add(1, 8, 8).max_replicas = 13;
  world.add(2, 5, 2).max_replicas = 13;
  world.spec.replicas = 0;
  world.settle();
  CHECK(world.total_spec() == 0);
}

// --- pause ---

TEST_CASE("a paused rollout takes no step but still scales, and resuming restarts the clock") {
  RolloutHarness world = RolloutHarness::release(10);
  world.settle();
  world.ready(2);
  world.spec.paused = true;
  world.settle();
  CHECK(world.of(1).spec == 8);
  CHECK(world.of(2).spec == 5);
  CHECK(world.record.progress == Progress::paused);
  world.spec.replicas = 20;
  CHECK(world.sync());
  CHECK(world.total_spec() == 25);
  world.now += 1h;
  world.spec.paused = false;
  world.sync();
  CHECK(world.record.progress != Progress::deadline_exceeded);
  CHECK(world.record.progress_at == world.now);
}

// --- Recreate ---

TEST_CASE("Recreate ends all old pods, waits until the last is gone, then starts all at once") {
  RolloutHarness world = RolloutHarness::release(3);
  world.spec.strategy = DeploymentStrategy::recreate;
  CHECK(world.sync());
  CHECK(world.of(1).spec == 0);
  CHECK(world.sets.size() == 1);
  world.of(1).has_running_pods = true;  // still in their grace period
  CHECK_FALSE(world.sync());
  world.of(1).has_running_pods = false;
  CHECK(world.sync());
  CHECK(world.of(2).spec == 3);
}

// --- progress ---

TEST_CASE("the deadline is looked at one second after it has passed") {
  RolloutHarness world = RolloutHarness::release(10);  // TestRequeueStuckDeployment 5
  world.spec.progress_deadline = 60s;
  world.settle();
  world.record.progress = Progress::replica_set_updated;
  world.record.progress_at = world.now;
  world.now += 30s;
  CHECK(world.look().look_again == Duration(31s));
}

TEST_CASE("progress restarts the clock, and after a timeout it takes the condition back") {
  RolloutHarness world = RolloutHarness::release(10);
  world.settle();
  world.now += 500s;
  world.ready(2);
  world.settle();
  CHECK(world.record.progress == Progress::replica_set_updated);
  CHECK(world.record.progress_at == world.now);
  world.now += 601s;
  world.sync();
  CHECK(world.record.progress == Progress::deadline_exceeded);
  world.ready(2);
  world.sync();
  CHECK(world.record.progress == Progress::replica_set_updated);
}

TEST_CASE("without a deadline there is no Progressing condition") {
  RolloutHarness world = RolloutHarness::release(4);
  world.spec.progress_deadline = kForever;
  world.record.progress = Progress::none;
  world.settle();
  world.now += 24h;
  world.sync();
  CHECK(world.record.progress == Progress::none);
  CHECK_FALSE(world.look().look_again.has_value());
}

TEST_CASE("the Available condition asks for replicas less what may be missing") {
  RolloutHarness world(10);
  world.add(1, 10, 8);
  world.sync();
  CHECK(world.record.has_minimum);
  world.dies(1);
  world.sync();
  CHECK_FALSE(world.record.has_minimum);
  CHECK(world.record.counts.unavailable == 3);
}

// --- revisions, history, undo ---

// Revisions 1, 2, 3; undo to 2 makes 1, 3, 4.
TEST_CASE("a set that is promoted again takes the next revision and remembers the former") {
  RolloutHarness world(2);
  world.add(1, 0, 0);
  world.add(2, 0, 0);
  world.add(3, 2, 2);
  world.spec.pod = template_of(2);
  world.sync();
  CHECK(world.of(1).revision == 1);
  CHECK(world.of(3).revision == 3);
  CHECK(world.of(2).revision == 4);
  CHECK(world.of(2).revision_history == "2");
  CHECK(world.record.revision == 4);
}

TEST_CASE("undo goes to the second highest revision") {
  RolloutHarness world(2);
  world.add(1, 0, 0).revision = 5;
  world.add(2, 0, 0).revision = 2;
  world.add(3, 2, 2).revision = 6;
  CHECK(undo_target(world.sets) == world.of(1).id);
  CHECK_FALSE(undo_target(std::vector<ReplicaSetState>{}).has_value());
  CHECK_FALSE(undo_target({world.sets.data(), 1}).has_value());
}

// cut = old sets - limit, by revision; a set with pods inside the cut is skipped, not replaced.
TEST_CASE("history keeps the youngest revisions and never a younger one's place is taken") {
  RolloutHarness world(2);
  world.spec.revision_history_limit = 2;
  for (const std::uint32_t n : {1U, 2U, 3U, 4U}) world.add(n, 0, 0);
  world.add(5, 2, 2);
  world.spec.pod = template_of(5);
  world.of(2).status.replicas = 1;
  world.spec.paused = true;  // history is cleaned up while paused as well
  const std::vector<ReplicaSetId> removed = world.look().remove;
  CHECK(removed == std::vector<ReplicaSetId>{world.of(1).id});
}

TEST_CASE("a limit of zero removes every empty old set, so undo is impossible") {
  RolloutHarness world = RolloutHarness::release(1);
  world.spec.revision_history_limit = 0;
  world.settle();
  world.ready(2);
  world.settle();
  CHECK(world.sets.size() == 1);
  CHECK_FALSE(undo_target(world.sets).has_value());
}

TEST_CASE("the oldest of the sets that match the template is the new one") {
  RolloutHarness world(2);
  world.add(1, 1, 1);
  world.add(1, 1, 1);
  world.sync();
  CHECK(world.sets[0].spec == 2);
}
