#include "sim/cluster/cluster.h"

#include <catch2/catch.hpp>

#include "tests/cluster/fake_host.h"

using namespace coalmine;
using namespace std::chrono_literals;
using What = FakeHost::What;

namespace {

Time at(Duration since_start) {
  return kTimeZero + since_start;
}

std::vector<PodId> pods(std::initializer_list<std::uint32_t> ids) {
  std::vector<PodId> list;
  for (const std::uint32_t id : ids) list.push_back(PodId{id});
  return list;
}

}  // namespace

TEST_CASE("a settled Deployment serves from the first instant and stays as it is") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(3));
  const BackendId service = world.cluster.create_backend("app", {app});
  CHECK(world.host.applied.back().pods == pods({0, 1, 2}));
  CHECK(world.host.applied.back().time == kTimeZero);
  CHECK(world.cluster.endpoints(service).size() == 3);
  CHECK(world.cluster.status(app).complete);
  world.play(1h);
  CHECK(world.cluster.pods().size() == 3);
  CHECK(world.host.applied.size() == 1);
  CHECK(world.cluster.status(app).complete);
  CHECK(world.cluster.status(app).revision == 1);
}

TEST_CASE("endpoints of a settled Deployment are in force at once when the Service came first") {
  ClusterWorld world;
  const BackendId service = world.cluster.create_backend("app", {DeploymentId{0}});
  CHECK(world.cluster.endpoints(service).empty());
  world.cluster.create_settled(ClusterWorld::workload(2));
  CHECK(world.cluster.endpoints(service).size() == 2);
}

// Reconcile 20 ms twice and an API call of 10 ms, then 1 s to the container, 2 s to listening; the
// readiness probe runs 0.5 s after the container's start and every second from there.
TEST_CASE("a new pod goes through pending, starting, running, ready") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_deployment(ClusterWorld::workload(1));
  const BackendId service = world.cluster.create_backend("app", {app});
  world.play(50ms);
  REQUIRE(world.cluster.pods().size() == 1);
  const PodInfo& pod = world.cluster.pod(PodId{0});
  CHECK(pod.phase == PodPhase::pending);
  world.play(1s);
  CHECK(pod.phase == PodPhase::starting);
  world.play(2s);
  CHECK(pod.phase == PodPhase::running);
  CHECK(world.host.when(What::started, PodId{0}) == at(3050ms));
  world.play(500ms);
  CHECK(pod.phase == PodPhase::ready);
  CHECK(pod.ready_since == at(3550ms));
  CHECK_FALSE(world.cluster.status(app).complete);
  world.play(40ms);
  CHECK(world.cluster.status(app).complete);
  CHECK(world.cluster.endpoints(service).empty());
  world.play(660ms);
  CHECK(world.cluster.endpoints(service).size() == 1);
}

TEST_CASE("an absent image and init containers delay the container") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(1);
  workload.deployment.pod.image_present = false;
  workload.deployment.pod.init_containers = 2;
  world.cluster.create_deployment(workload);
  world.play(1min);
  CHECK(world.host.when(What::started, PodId{0}) == at(50ms + 1s + 20s + 1s + 2s));
}

TEST_CASE("without a readiness probe a pod is ready before its process listens") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(1);
  workload.deployment.pod.readiness.present = false;
  world.cluster.create_deployment(workload);
  world.play(50ms + 1s + 500ms);
  CHECK(world.cluster.pod(PodId{0}).ready);
  CHECK_FALSE(world.cluster.pod(PodId{0}).listening);
}

// startup: fails at 0.5 s of container life as nothing listens; the period counts from the pod's
// start on the node (0.05 s), so it passes at the first tick after 2 s.
TEST_CASE("readiness waits for the startup probe and is looked at as soon as that passes") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(1);
  workload.deployment.pod.readiness.period = 60s;
  workload.deployment.pod.startup.present = true;
  workload.deployment.pod.startup.period = 5s;
  world.cluster.create_deployment(workload);
  world.play(1min);
  CHECK(world.cluster.pod(PodId{0}).ready_since == at(50ms + 50ms + 5s));
}

// failureThreshold 3: noticed between 2 and 3 periods after it went bad; back within one period.
TEST_CASE("a pod that goes bad is unready after two to three periods, and recovers within one") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(4);
  workload.deployment.pod.readiness.period = 10s;
  world.cluster.create_settled(workload);
  world.play(100s);
  world.host.answers = [](PodId, bool) { return false; };
  world.play(20s);
  CHECK(world.count("NotReady") == 0);
  world.play(10s);
  CHECK(world.count("NotReady") == 4);
  world.host.answers = [](PodId, bool) { return true; };
  world.play(10s);
  CHECK(world.count("Ready") == 4);
  CHECK(world.cluster.pod(PodId{0}).restarts == 0);
}

TEST_CASE("liveness failures restart the container, not the pod") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(1);
  workload.deployment.pod.liveness.present = true;
  workload.deployment.pod.liveness.period = 1s;
  world.cluster.create_settled(workload);
  world.host.answers = [](PodId, bool liveness) { return !liveness; };
  world.play(5s);
  world.host.answers = [](PodId, bool) { return true; };
  world.play(10s);
  CHECK(world.cluster.pod(PodId{0}).restarts == 1);
  CHECK(world.cluster.pod(PodId{0}).ready);
  CHECK(world.cluster.pods().size() == 1);
  CHECK(world.count("Killing") == 1);
}

// Each life: container start to listening 2 s, crash at once. The exit is seen 0.5 s later; the
// start of a container takes 0.5 s. Waits 0, 10, 20, 40 s from the exit.
TEST_CASE("a process that crashes at its start is restarted with growing waits") {
  ClusterWorld world;
  world.host.crashes_after = [](PodId) { return std::optional<Duration>(Duration(0)); };
  world.cluster.create_deployment(ClusterWorld::workload(1));
  world.play(5min);
  std::vector<Duration> gaps;
  const std::vector<Time> starts = world.times_of("Started");
  for (std::size_t i = 1; i < 5; ++i) gaps.push_back(starts[i] - starts[i - 1]);
  CHECK(gaps == std::vector<Duration>{
                    2s + 500ms + 500ms, 2s + 10s + 500ms, 2s + 20s + 500ms, 2s + 40s + 500ms});
  CHECK(world.cluster.pod(PodId{0}).phase == PodPhase::crashed);
  CHECK(world.count("BackOff") >= 4);
}

TEST_CASE("a killed pod is out of the endpoints after relist, d2 and d3, and comes back") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(2));
  const BackendId service = world.cluster.create_backend("app", {app});
  world.play(10s);
  world.cluster.kill_pod(PodId{0});
  CHECK(world.host.when(What::ended, PodId{0}) == at(10s));
  world.play(10s);
  CHECK(world.host.removed(service, PodId{0}) == at(10s + 500ms + 200ms + 500ms));
  CHECK(world.cluster.endpoints(service).size() == 2);
  CHECK(world.cluster.pod(PodId{0}).restarts == 1);
}

// One draw for all of them would make a pod of two init containers twice as late as one of one.
TEST_CASE("each init container takes its own time") {
  ClusterSettings settings = ClusterWorld::fixed();
  settings.container_start = uniform_between(0s, 10s);
  const auto running_after = [&](int init_containers) {
    ClusterWorld world(settings);
    WorkloadSpec workload = ClusterWorld::workload(1);
    workload.deployment.pod.init_containers = init_containers;
    world.cluster.create_deployment(workload);
    world.play(1min);
    return *world.host.when(What::started, PodId{0});
  };
  const Time none = running_after(0);
  const Duration first = running_after(1) - none;
  const Duration second = running_after(2) - none - first;
  CHECK(first > 0s);
  CHECK(second > 0s);
  CHECK(first != second);
}

// --- rollouts ---

TEST_CASE("a rolling update replaces every pod and keeps its limits") {
  // With controllers that see each other's writes at once: see the trap in deployment_controller.h.
  ClusterSettings settings;
  settings.reconcile_delay = settings.api_call = 0s;
  ClusterWorld world(settings);
  WorkloadSpec workload = ClusterWorld::workload(10);
  workload.process_start = lognormal_p50_p99(2s, 6s);
  const DeploymentId app = world.cluster.create_settled(workload);
  world.cluster.create_backend("app", {app});
  world.play(1min);
  const PodTemplate v2 = ClusterWorld::with_version(world.cluster.spec(app).pod, 2);
  world.cluster.set_template(app, v2);
  CHECK_FALSE(world.cluster.status(app).observed);
  CHECK_FALSE(world.cluster.status(app).complete);
  for (int tenth = 0; tenth < 600; ++tenth) {
    world.play(100ms);
    int active = 0;
    int ready = 0;
    for (const PodInfo& pod : world.cluster.pods()) {
      active += pod.active() ? 1 : 0;
      ready += pod.active() && pod.ready ? 1 : 0;
    }
    CHECK(active <= 13);
    CHECK(ready >= 8);
  }
  CHECK(world.cluster.status(app).complete);
  CHECK(world.cluster.status(app).revision == 2);
  for (const PodId pod : world.cluster.pods_of(app))
    CHECK(world.cluster.pod(pod).version == VersionId{2});
  CHECK(world.cluster.pods_present() == 10);
}

TEST_CASE("undo in a stalled rollout brings the good version back") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(10);
  workload.deployment.progress_deadline = 60s;
  const DeploymentId app = world.cluster.create_settled(workload);
  world.host.answers = [&](PodId pod, bool) {
    return world.host.version_of[pod.index()] == VersionId{1};
  };
  world.cluster.set_template(app, ClusterWorld::with_version(workload.deployment.pod, 2));
  world.play(50s);
  CHECK(world.cluster.status(app).replicas == 13);
  CHECK(world.cluster.status(app).available == 8);
  CHECK_FALSE(world.cluster.status(app).timed_out);
  world.play(20s);
  CHECK(world.cluster.status(app).timed_out);
  CHECK(world.count("ProgressDeadlineExceeded") == 1);
  CHECK(world.cluster.undo(app));
  world.play(20s);
  CHECK(world.cluster.status(app).complete);
  CHECK(world.cluster.status(app).revision == 3);
  CHECK_FALSE(world.cluster.status(app).timed_out);
}

// Old pods drain for 5 s; then 1 s start, 2 s process start and at most a probe period.
TEST_CASE("Recreate has an outage from the last old pod to the first new one") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(3);
  workload.deployment.strategy = DeploymentStrategy::recreate;
  const DeploymentId app = world.cluster.create_settled(workload);
  world.play(10s);
  const Time released = world.simulation.now();
  world.host.is_idle = [&](PodId) { return world.simulation.now() >= released + 5s; };
  world.cluster.set_template(app, ClusterWorld::with_version(workload.deployment.pod, 2));
  world.play(4s);
  CHECK(world.cluster.pods().size() == 3);
  CHECK(world.cluster.status(app).available == 0);
  CHECK(world.cluster.status(app).terminating == 3);
  world.play(20s);
  CHECK(world.cluster.status(app).complete);
  const Time last_end = *world.host.when(What::ended, PodId{2});
  const Time first_start = *world.host.when(What::started, PodId{3});
  CHECK(last_end - released >= 5s);
  CHECK(first_start - last_end >= 3s);
  CHECK(first_start - last_end <= 3200ms);
}

TEST_CASE("minReadySeconds holds each step of a rollout back") {
  for (const auto& [min_ready, at_least] : {std::pair<Duration, Duration>{0s, 0s}, {20s, 60s}}) {
    ClusterWorld world;
    WorkloadSpec workload = ClusterWorld::workload(3);
    workload.deployment.min_ready = min_ready;
    const DeploymentId app = world.cluster.create_settled(workload);
    world.cluster.set_template(app, ClusterWorld::with_version(workload.deployment.pod, 2));
    while (!world.cluster.status(app).complete) world.play(1s);
    CHECK(world.simulation.now() >= kTimeZero + at_least);
    CHECK(world.simulation.now() <= kTimeZero + at_least + 20s);
  }
}

TEST_CASE("a deleted pod is replaced by its ReplicaSet while it still terminates") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(2));
  world.host.is_idle = [](PodId) { return false; };
  world.cluster.delete_pod(PodId{0});
  world.play(5s);
  CHECK(world.cluster.pod(PodId{0}).phase == PodPhase::terminating);
  CHECK(world.cluster.status(app).replicas == 2);
  CHECK(world.cluster.status(app).terminating == 1);
  CHECK(world.cluster.pods_present() == 3);
  world.play(30s);
  CHECK(world.cluster.pod(PodId{0}).phase == PodPhase::gone);
  CHECK(world.cluster.pods_present() == 2);
}

TEST_CASE("thirty pods are created at once, then twenty each second") {
  ClusterWorld world;
  world.cluster.create_deployment(ClusterWorld::workload(100));
  world.play(200ms);
  const std::size_t burst = world.cluster.pods().size();
  CHECK(burst >= 30);
  CHECK(burst <= 35);
  world.play(2s);
  CHECK(world.cluster.pods().size() == burst + 40);
}

TEST_CASE("scaling goes up and down through the ReplicaSet") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(3));
  world.cluster.scale(app, 6);
  world.play(10s);
  CHECK(world.cluster.status(app).ready == 6);
  world.cluster.scale(app, 0);
  world.play(10s);
  CHECK(world.cluster.pods_present() == 0);
  CHECK(world.cluster.status(app).complete);
}

// --- the endpoint race: t0 + d2 + d3 = 0.7 s against t0 + d1 + preStop ---

namespace {

/// A pod of two is deleted at 10 s; the world 40 s later.
void play_deletion(ClusterWorld& world, OnSigterm on_sigterm, Duration pre_stop) {
  WorkloadSpec workload = ClusterWorld::workload(2);
  workload.on_sigterm = on_sigterm;
  workload.deployment.pod.pre_stop = pre_stop;
  const DeploymentId app = world.cluster.create_settled(workload);
  world.cluster.create_backend("app", {app});
  world.play(10s);
  world.cluster.delete_pod(PodId{0});
  world.play(50s);
}

}  // namespace

TEST_CASE("a process that exits on SIGTERM is still in the endpoints for d2 + d3 - d1") {
  ClusterWorld world;
  play_deletion(world, OnSigterm::exit, 0s);
  CHECK(world.host.when(What::ended, PodId{0}) == at(10100ms));
  CHECK(world.host.removed(BackendId{0}, PodId{0}) == at(10700ms));
}

TEST_CASE("a draining process refuses at once, and ends when it is idle") {
  ClusterWorld world;
  world.host.is_idle = [&](PodId) { return world.simulation.now() >= at(13s); };
  play_deletion(world, OnSigterm::drain, 0s);
  CHECK(world.host.when(What::stops_accepting, PodId{0}) == at(10100ms));
  CHECK(world.host.when(What::ended, PodId{0}) == at(13s));
  CHECK(world.cluster.pod(PodId{0}).gone_at == at(13s));
}

TEST_CASE("a preStop longer than the propagation closes the window") {
  ClusterWorld world;
  play_deletion(world, OnSigterm::exit, 5s);
  CHECK(world.host.removed(BackendId{0}, PodId{0}) == at(10700ms));
  CHECK(world.host.when(What::ended, PodId{0}) == at(15100ms));
}

TEST_CASE("a process that ignores SIGTERM serves until SIGKILL") {
  ClusterWorld world;
  play_deletion(world, OnSigterm::ignore, 0s);
  CHECK(world.host.count(What::stops_accepting, PodId{0}) == 0);
  CHECK(world.host.when(What::ended, PodId{0}) == at(40100ms));
}

TEST_CASE("draining that never ends is cut by SIGKILL at the end of the grace period") {
  ClusterWorld world;
  world.host.is_idle = [](PodId) { return false; };
  play_deletion(world, OnSigterm::drain, 0s);
  CHECK(world.host.when(What::ended, PodId{0}) == at(40100ms));
}

TEST_CASE("when every pod terminates the proxies fall back to those still serving") {
  ClusterWorld world;
  WorkloadSpec workload = ClusterWorld::workload(2);
  workload.on_sigterm = OnSigterm::ignore;
  const DeploymentId app = world.cluster.create_settled(workload);
  const BackendId service = world.cluster.create_backend("app", {app});
  world.cluster.scale(app, 0);
  world.play(20s);
  CHECK(world.cluster.endpoints(service).size() == 2);
  world.play(20s);
  CHECK(world.cluster.endpoints(service).empty());
}

TEST_CASE("a changed selector is in force after d2 and d3") {
  ClusterWorld world;
  const DeploymentId blue = world.cluster.create_settled(ClusterWorld::workload(2));
  const DeploymentId green = world.cluster.create_settled(ClusterWorld::workload(2));
  const BackendId service = world.cluster.create_backend("app", {blue});
  world.play(10s);
  world.cluster.set_selector(service, {green});
  world.play(10s);
  CHECK(world.host.applied.size() == 2);
  CHECK(world.host.applied.back().pods == pods({2, 3}));
  CHECK(world.host.applied.back().time == at(10700ms));
}

// --- cost ---

TEST_CASE("pod seconds are the exact integral of the pods present, terminating ones included") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(4));
  world.play(10s);
  CHECK(world.cluster.pod_seconds() == 40.0);
  world.cluster.reset_cost();
  CHECK(world.cluster.pod_seconds() == 0.0);
  CHECK(world.cluster.peak_pods() == 4);
  world.host.is_idle = [](PodId) { return false; };
  world.cluster.delete_pod(PodId{0});  // gone 30.1 s later; its successor comes after 30 ms
  world.play(60s);
  CHECK(world.cluster.peak_pods() == 5);
  CHECK(world.cluster.pod_seconds() == Approx(4 * 60 + 30.1 - 0.03).epsilon(1e-9));
  CHECK(world.cluster.status(app).complete);
}

TEST_CASE("whoever waits for a change is told of it") {
  ClusterWorld world;
  const DeploymentId app = world.cluster.create_settled(ClusterWorld::workload(3));
  world.cluster.set_template(app, ClusterWorld::with_version(world.cluster.spec(app).pod, 2));
  std::optional<Time> done;
  struct Wait {
    static Task<void> until_complete(ClusterWorld& w, DeploymentId id, std::optional<Time>& when) {
      co_await wait_until(
          w.simulation, w.cluster.changed(), [&w, id] { return w.cluster.status(id).complete; });
      when = w.simulation.now();
    }
  };
  world.simulation.tasks().spawn(Wait::until_complete(world, app, done));
  world.play(5min);
  REQUIRE(done.has_value());
  CHECK(*done < at(30s));
}
