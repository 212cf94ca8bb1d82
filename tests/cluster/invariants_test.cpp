// What holds whatever happens: checked on random histories (RapidCheck).
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

#include "tests/cluster/fake_host.h"
#include "tests/cluster/rollout_harness.h"

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

/// A Deployment of up to 20 replicas with any valid limits.
DeploymentSpec any_limits(int replicas) {
  DeploymentSpec spec;
  spec.replicas = replicas;
  const bool percent = *rc::gen::arbitrary<bool>();
  spec.max_surge = {*rc::gen::inRange(0, percent ? 150 : 12), percent};
  spec.max_unavailable = {*rc::gen::inRange(0, percent ? 100 : 12), percent};
  return spec;
}

}  // namespace

// sum(spec) <= D + s always; available >= D - u as long as no available pod dies.
TEST_CASE("a rollout keeps its ceiling, and its floor while pods behave") {
  const bool holds = rc::check([] {
    const int replicas = *rc::gen::inRange(1, 20);
    RolloutHarness world = RolloutHarness::release(replicas);
    const DeploymentSpec limits = any_limits(replicas);
    world.spec.max_surge = limits.max_surge;
    world.spec.max_unavailable = limits.max_unavailable;
    const int ceiling =
        replicas + fenceposts(limits.max_surge, limits.max_unavailable, replicas).surge;
    const int floor = min_available(world.spec);
    const int steps = *rc::gen::inRange(0, 60);
    for (int i = 0; i < steps; ++i) {
      world.now += 1s;
      if (world.sync()) {
        RC_ASSERT(world.total_spec() <= ceiling);
        RC_ASSERT(world.available() >= floor);
      }
      const int action = *rc::gen::inRange(0, 8);
      if (action == 0) world.set_template(*rc::gen::inRange(1U, 4U));
      for (ReplicaSetState& rs : world.sets) {
        if (action > 0 && rs.status.available < rs.status.replicas && *rc::gen::arbitrary<bool>()) {
          ++rs.status.ready;
          ++rs.status.available;
        }
      }
    }
    // Once everything is ready the newest template takes all.
    for (int i = 0; i < 200; ++i) {
      world.settle();
      for (ReplicaSetState& rs : world.sets) rs.status = {rs.spec, rs.spec, rs.spec, 0};
    }
    RC_ASSERT(complete(world.spec, world.record.counts));
    RC_ASSERT(world.total_spec() == replicas);
  });
  CHECK(holds);
}

TEST_CASE("a rollout never orders below its floor, whoever dies") {
  const bool holds = rc::check([] {
    const int replicas = *rc::gen::inRange(1, 20);
    RolloutHarness world = RolloutHarness::release(replicas);
    const DeploymentSpec limits = any_limits(replicas);
    world.spec.max_surge = limits.max_surge;
    world.spec.max_unavailable = limits.max_unavailable;
    const int ceiling =
        replicas + fenceposts(limits.max_surge, limits.max_unavailable, replicas).surge;
    const int floor = min_available(world.spec);
    for (int i = 0; i < 40; ++i) {
      world.now += 1s;
      const int before = world.available();
      world.sync();
      RC_ASSERT(world.total_spec() <= ceiling);
      RC_ASSERT(world.available() >= std::min(before, floor));
      for (ReplicaSetState& rs : world.sets) {
        const int good = *rc::gen::inRange(0, rs.status.replicas + 1);
        rs.status.ready = rs.status.available = good;
      }
    }
  });
  CHECK(holds);
}

// The whole cluster: real delays, random kills, deletions and readiness changes. Active pods (those
// not terminating) never exceed D + s, but for the pod that a ReplicaSet already replaces and that
// its own order of deletion has not reached yet: so it is held against the sizes of the sets.
TEST_CASE("a cluster under random kills keeps its ceiling and heals") {
  const bool holds = rc::check([] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const int replicas = *rc::gen::inRange(1, 8);
    ClusterWorld world(ClusterSettings{}, seed);
    WorkloadSpec workload = ClusterWorld::workload(replicas);
    workload.deployment.pod.liveness.present = true;
    workload.on_sigterm = *rc::gen::elementOf(
        std::vector<OnSigterm>{OnSigterm::drain, OnSigterm::exit, OnSigterm::ignore});
    const DeploymentId app = world.cluster.create_settled(workload);
    const BackendId service = world.cluster.create_backend("app", {app});
    const int surge =
        fenceposts(workload.deployment.max_surge, workload.deployment.max_unavailable, replicas)
            .surge;
    std::vector<bool> bad(1000, false);
    world.host.answers = [&bad](PodId pod, bool liveness) {
      return liveness || !bad[pod.index() % bad.size()];
    };
    std::uint32_t version = 1;
    for (int i = 0; i < 20; ++i) {
      world.play(from_seconds(*rc::gen::inRange(0, 8000) * 1e-3));
      const std::vector<PodId> present = world.cluster.pods_of(app);
      const PodId pod = present[*rc::gen::inRange<std::size_t>(0, present.size())];
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          world.cluster.kill_pod(pod);
          break;
        case 1:
          world.cluster.delete_pod(pod);
          break;
        case 2:
          bad[pod.index() % bad.size()] = !bad[pod.index() % bad.size()];
          break;
        case 3:
          world.cluster.set_template(
              app, ClusterWorld::with_version(workload.deployment.pod, ++version));
          break;
        default:
          break;
      }
      int active = 0;
      for (const PodInfo& p : world.cluster.pods()) active += p.active() ? 1 : 0;
      RC_ASSERT(active <= replicas + surge);
    }
    bad.assign(bad.size(), false);
    world.play(15min);
    RC_ASSERT(world.cluster.status(app).complete);
    RC_ASSERT(world.cluster.pods_present() == replicas);
    RC_ASSERT(static_cast<int>(world.cluster.endpoints(service).size()) == replicas);
    for (const PodId pod : world.cluster.endpoints(service))
      RC_ASSERT(world.cluster.pod(pod).version == VersionId{version});
  });
  CHECK(holds);
}

TEST_CASE("the same seed plays the same history, event for event") {
  const auto history = [](std::uint64_t seed) {
    ClusterWorld world(ClusterSettings{}, seed);
    const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(5));
    world.cluster.create_backend("app", {app});
    world.cluster.set_template(app, ClusterWorld::with_version(world.cluster.spec(app).pod, 2));
    world.play(20s);
    world.cluster.kill_pod(PodId{6});
    world.play(5min);
    std::string text;
    for (const Event& e : world.events)
      text += std::to_string(e.time.time_since_epoch().count()) + e.object + e.reason + e.message;
    return text;
  };
  CHECK(history(1) == history(1));
  CHECK(history(1) != history(2));
}
