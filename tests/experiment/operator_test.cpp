// The verbs of whoever rolls out: each takes effect with the system's delay, each wait has an end.
#include "sim/experiment/operator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

/// Who answered the requests that arrived in a stretch of time.
struct Answers {
  double by_old = 0;
  double by_new = 0;
  double by_nobody = 0;
  double share_of_new() const { return by_new / (by_old + by_new + by_nobody); }
};

/// A stage with its trace, and a place where the scripts below leave what they saw.
struct Scene {
  explicit Scene(std::vector<std::string> overrides = {})
      : Scene(short_scenario(std::move(overrides))) {}
  explicit Scene(std::shared_ptr<const Scenario> scenario) : stage(std::move(scenario), "good") {
    stage.world.data_plane->trace_to(&records);
  }

  void start(Task<void> script) { stage.world.simulation.tasks().spawn(std::move(script)); }

  Answers answers(Duration from, Duration until) {
    stage.world.data_plane->settle();
    Answers a;
    for (const RequestRecord& r : records) {
      if (r.arrival < from.count() || r.arrival >= until.count()) continue;
      if (!r.pod.valid())
        ++a.by_nobody;
      else if (stage.world.cluster->pod(r.pod).version == stage.world.new_version)
        ++a.by_new;
      else
        ++a.by_old;
    }
    return a;
  }

  std::vector<RequestRecord> records;
  Stage stage;
  std::optional<DeploymentId> made;
  std::optional<bool> held;          ///< what a wait came to
  std::optional<Duration> asked_at;  ///< since the start
  std::optional<Duration> done_at;
};

Duration clock_of(Operator& op) {
  return op.now() - kTimeZero;
}

Task<void> deploy_only(Scene& s) {
  Operator& op = s.stage.op;
  co_await sleep_until(op.simulation(), kTimeZero + 10s);
  s.made = op.deploy_new("shop-new", 2);
  s.held = co_await op.available(*s.made, 2, 2min);
  s.done_at = clock_of(op);
}

Task<void> split(Scene& s) {
  Operator& op = s.stage.op;
  co_await deploy_only(s);
  std::vector<RouteShare> shares;
  shares.push_back({op.stable(), 0.75});
  shares.push_back({*s.made, 0.25});
  s.asked_at = clock_of(op);
  co_await op.route(std::move(shares));
  s.done_at = clock_of(op);
}

Task<void> change_mind(Scene& s) {
  Operator& op = s.stage.op;
  co_await deploy_only(s);
  TaskScope& tasks = op.simulation().tasks();
  tasks.spawn(op.route_all_to(*s.made));
  tasks.spawn(op.route_all_to(op.stable()));
  co_await op.sleep(10s);
  s.done_at = clock_of(op);
}

Task<void> by_replicas(Scene& s) {
  Operator& op = s.stage.op;
  co_await deploy_only(s);
  std::vector<DeploymentId> both;
  both.push_back(op.stable());
  both.push_back(*s.made);
  co_await op.route_by_replicas(std::move(both));
  co_await op.sleep(10s);  // endpoints follow
  s.done_at = clock_of(op);
}

Task<void> switch_and_restore(Scene& s) {
  Operator& op = s.stage.op;
  co_await deploy_only(s);
  op.scale(*s.made, 4);
  co_await op.available(*s.made, 4, 2min);
  co_await op.route_all_to(*s.made);
  op.scale(op.stable(), 1);
  s.asked_at = clock_of(op);
  co_await op.sleep(1min);
  s.held = co_await op.restore_stable(3min);
  s.done_at = clock_of(op);
}

Task<void> restore_in_vain(Scene& s) {
  Operator& op = s.stage.op;
  co_await deploy_only(s);
  co_await op.route_all_to(*s.made);
  op.scale(op.stable(), 0);
  co_await op.sleep(1min);
  s.asked_at = clock_of(op);
  s.held = co_await op.restore_stable(1ms);
  s.done_at = clock_of(op);
}

Task<void> update_and_undo(Scene& s) {
  Operator& op = s.stage.op;
  co_await sleep_until(op.simulation(), kTimeZero + 10s);
  op.update_in_place(DeploymentStrategy::rolling_update, std::nullopt, {});
  s.held = co_await op.rolled_out(op.stable(), 3min);
  s.asked_at = clock_of(op);
  co_await op.sleep(30s);
  s.held = co_await op.restore_stable(3min);
  s.done_at = clock_of(op);
}

Task<void> wait_in_vain(Scene& s) {
  Operator& op = s.stage.op;
  co_await sleep_until(op.simulation(), kTimeZero + 10s);
  s.held = co_await op.available(op.stable(), 99, 45s);
  s.done_at = clock_of(op);
}

Task<void> update_in_vain(Scene& s) {
  Operator& op = s.stage.op;
  co_await sleep_until(op.simulation(), kTimeZero + 10s);
  op.update_in_place(DeploymentStrategy::rolling_update, std::nullopt, {});
  s.held = co_await op.rolled_out(op.stable(), 1s);
  s.done_at = clock_of(op);
}

Task<void> retire_new(Scene& s) {
  Operator& op = s.stage.op;
  co_await deploy_only(s);
  op.retire(*s.made);
  s.held = co_await op.settled(*s.made, 2min);
}

}  // namespace

TEST_CASE("verdicts have the names of the design", "[experiment][operator]") {
  CHECK(verdict_name(Verdict::promoted) == "promoted");
  CHECK(verdict_name(Verdict::rolled_back) == "rolled_back");
  CHECK(verdict_name(Verdict::aborted) == "aborted");
  CHECK(verdict_name(Verdict::held) == "held");
}

TEST_CASE("the operator begins with the old version alone and settled", "[experiment][operator]") {
  Scene s;
  s.stage.advance_to(1s);
  const DeploymentStatus status = s.stage.op.status(s.stage.op.stable());
  CHECK(status.complete);
  CHECK(status.available == 4);
  CHECK(s.stage.op.replicas() == 4);
  CHECK_FALSE(s.stage.op.decided_to_stop().has_value());
  const Answers a = s.answers(0s, 1s);
  CHECK(a.by_old > 0);
  CHECK(a.by_new + a.by_nobody == 0);
}

TEST_CASE("a new Deployment takes its time and gets no requests until routed to",
          "[experiment][operator]") {
  Scene s;
  s.start(deploy_only(s));
  s.stage.advance_to(2min);
  REQUIRE(s.held == true);
  // Pods start in p50 3 s.
  CHECK(*s.done_at > 10s + 1s);
  CHECK(*s.done_at < 10s + 30s);
  CHECK(s.stage.op.status(*s.made).available == 2);
  CHECK(s.answers(0s, 2min).by_new == 0);
}

TEST_CASE("a split is in force when its wait ends, after the proxies' delay",
          "[experiment][operator]") {
  Scene s;
  s.start(split(s));
  s.stage.advance_to(6min);
  REQUIRE(s.done_at.has_value());
  const Duration delay = *s.done_at - *s.asked_at;
  CHECK(delay > 50ms);
  CHECK(delay < 5s);
  CHECK(s.answers(0s, *s.done_at).by_new == 0);
  // 5 min of 60 requests/s: 18 000, sd of the share 0.3 %.
  const Answers a = s.answers(*s.done_at, 6min);
  CHECK(a.share_of_new() == Approx(0.25).margin(0.013));
  CHECK(a.by_nobody == 0);
}

TEST_CASE("of two routes the one written last stays in force", "[experiment][operator]") {
  for (const char* apply : {"500ms", "1s"}) {
    Scene s({std::string("network.proxyApply.p50=") + apply, "network.proxyApply.p99=4s"});
    s.start(change_mind(s));
    s.stage.advance_to(3min);
    REQUIRE(s.done_at.has_value());
    const Answers a = s.answers(*s.done_at, 3min);
    CHECK(a.by_old > 0);
    CHECK(a.by_new == 0);
  }
}

TEST_CASE("one Service over two Deployments shares by ready pods", "[experiment][operator]") {
  Scene s;
  s.start(by_replicas(s));
  s.stage.advance_to(6min);
  REQUIRE(s.done_at.has_value());
  // 2 of 6 pods.
  CHECK(s.answers(*s.done_at, 6min).share_of_new() == Approx(2.0 / 6).margin(0.03));
}

TEST_CASE("restore_stable puts the old version back, whatever the arrangement",
          "[experiment][operator]") {
  Scene s;
  s.start(switch_and_restore(s));
  s.stage.advance_to(8min);
  REQUIRE(s.done_at.has_value());
  CHECK(s.held == true);
  CHECK(s.answers(*s.asked_at, *s.asked_at + 1min).share_of_new() == 1);
  const Answers after = s.answers(*s.done_at, 8min);
  CHECK(after.by_old > 0);
  CHECK(after.by_new + after.by_nobody == 0);
  CHECK(s.stage.op.status(s.stage.op.stable()).available == 4);
  CHECK(s.stage.op.status(*s.made).replicas == 0);
  // One old pod was there all the time: nobody was turned away.
  CHECK(s.answers(0s, 8min).by_nobody == 0);
}

// Three pods start within seconds of each other: who took traffic at the first of them would carry
// it all for a while.
TEST_CASE("an old version that was scaled down takes traffic when all its pods are there",
          "[experiment][operator]") {
  Scene s;
  s.start(switch_and_restore(s));
  s.stage.advance_to(8min);
  REQUIRE(s.done_at.has_value());
  const auto by_old = [&](const RequestRecord& r) {
    return r.pod.valid() &&
           s.stage.world.cluster->pod(r.pod).version == s.stage.world.old_version &&
           r.arrival > (*s.asked_at + 1s).count();
  };
  const auto first = std::find_if(s.records.begin(), s.records.end(), by_old);
  REQUIRE(first != s.records.end());
  std::set<PodId> pods;
  // 60 requests: none of four pods is left out but with 4 (3/4)^60.
  for (auto r = first; r != s.records.end() && r->arrival < first->arrival + Duration(1s).count();
       ++r)
    if (by_old(*r)) pods.insert(r->pod);
  CHECK(pods.size() == 4);
}

TEST_CASE("bad answers are better than none: without an old pod the new version stays",
          "[experiment][operator]") {
  Scene s;
  s.start(restore_in_vain(s));
  s.stage.advance_to(5min);
  REQUIRE(s.done_at.has_value());
  CHECK(s.held == false);
  CHECK(s.answers(*s.asked_at, 5min).share_of_new() == 1);
}

TEST_CASE("restore_stable undoes an update in place", "[experiment][operator]") {
  Scene s;
  s.start(update_and_undo(s));
  s.stage.advance_to(8min);
  REQUIRE(s.held == true);
  REQUIRE(s.done_at.has_value());
  CHECK(s.answers(*s.asked_at, *s.asked_at + 30s).share_of_new() == 1);
  const Answers after = s.answers(*s.done_at, 8min);
  CHECK(after.by_old > 0);
  CHECK(after.by_new == 0);
  CHECK(s.stage.op.status(s.stage.op.stable()).complete);
}

// `rollout undo` finds nothing there: the one ReplicaSet it could go back to is deleted.
TEST_CASE("without a revision to go back to the old manifest is applied again",
          "[experiment][operator]") {
  auto scenario = std::make_shared<Scenario>(*short_scenario());
  scenario->service.deployment.revision_history_limit = 0;
  Scene s(scenario);
  s.start(update_and_undo(s));
  s.stage.advance_to(8min);
  REQUIRE(s.done_at.has_value());
  CHECK(s.held == true);
  CHECK(s.answers(*s.asked_at, *s.asked_at + 30s).share_of_new() == 1);
  const Answers after = s.answers(*s.done_at, 8min);
  CHECK(after.by_old > 0);
  CHECK(after.by_new == 0);
}

// A paused Deployment refuses `rollout undo` and keeps whatever stands.
TEST_CASE("a paused Deployment is resumed to be restored", "[experiment][operator]") {
  Scene s;
  Cluster& cluster = *s.stage.world.cluster;
  const DeploymentId stable = s.stage.op.stable();
  s.stage.world.simulation.at(kTimeZero + 12s, [&] { cluster.set_paused(stable, true); });
  s.start(update_and_undo(s));
  s.stage.advance_to(8min);
  REQUIRE(s.done_at.has_value());
  CHECK(s.held == true);
  CHECK(s.answers(2min, *s.asked_at).share_of_new() > 0);
  const Answers after = s.answers(*s.done_at, 8min);
  CHECK(after.by_old > 0);
  CHECK(after.by_new == 0);
}

TEST_CASE("every wait ends at its limit", "[experiment][operator]") {
  Scene s;
  s.start(wait_in_vain(s));
  s.stage.advance_to(2min);
  CHECK(s.held == false);
  CHECK(s.done_at == 10s + 45s);

  Scene early;
  early.start(update_in_vain(early));
  early.stage.advance_to(2min);
  CHECK(early.held == false);
  CHECK(early.done_at == 10s + 1s);
}

TEST_CASE("a retired Deployment has no pods left", "[experiment][operator]") {
  Scene s;
  s.start(retire_new(s));
  s.stage.advance_to(4min);
  CHECK(s.held == true);
  CHECK(s.stage.op.status(*s.made).replicas == 0);
  CHECK(s.stage.world.cluster->pods_of(*s.made).empty());
}

TEST_CASE("only the first decision to stop counts", "[experiment][operator]") {
  Scene s;
  s.stage.advance_to(1min);
  s.stage.op.decide_to_stop("canary", "too many errors", {});
  s.stage.advance_to(2min);
  s.stage.op.decide_to_stop("on-call", "late to the party", {});
  CHECK(s.stage.op.decided_to_stop() == kTimeZero + 1min);
}

TEST_CASE("a note carries its actor, its instant and its evidence", "[experiment][operator]") {
  Scene s;
  s.stage.advance_to(90s);
  s.stage.op.set_actor("strategy/timid");
  s.stage.op.note("StepPassed", "on to the next", {{"error ratio", 1min, 120, 0.01, 0.05}});
  const Event& e = s.stage.world.log().back();
  CHECK(e.time == kTimeZero + 90s);
  CHECK(e.object == "strategy/timid");
  CHECK(e.reason == "StepPassed");
  REQUIRE_FALSE(e.evidence.empty());
  CHECK(e.evidence[0].samples == 120);
}

TEST_CASE("whoever rolls out sees what was scraped, with its delay", "[experiment][operator]") {
  Scene s;
  s.stage.advance_to(5min);
  const Operator& op = s.stage.op;
  const Reading r = op.metrics().error_ratio(Operator::of(s.stage.op.stable()), 1min);
  REQUIRE(r.value.has_value());
  CHECK(*r.value == 0);
  // A minute of 60 requests/s, as far as four scrapes span it.
  CHECK(r.samples > 2'000);
  CHECK(r.samples < 4'500);
}
