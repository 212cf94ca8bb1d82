#include "sim/cluster/replica_set_controller.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

constexpr Time kNow = kTimeZero + 24h;

PodView running(std::uint32_t id) {
  PodView pod;
  pod.id = PodId{id};
  pod.created = kNow - 1h;
  pod.uid = id;
  return pod;
}
PodView ready(std::uint32_t id, Duration ready_for = 30min) {
  PodView pod = running(id);
  pod.ready = true;
  pod.ready_since = kNow - ready_for;
  return pod;
}

bool first(const PodView& a, const PodView& b) {
  CHECK_FALSE(deleted_before(b, a, kNow));
  return deleted_before(a, b, kNow);
}

}  // namespace

// Each rule beats the ones below it, which here speak for the other pod.
TEST_CASE("pods are deleted in the order of the eight rules") {
  PodView unassigned = running(1);
  unassigned.assigned = false;
  unassigned.deletion_cost = 100;
  CHECK(first(unassigned, running(2)));

  PodView pending = running(1);
  pending.phase = PodView::Phase::pending;
  PodView unknown = running(2);
  unknown.phase = PodView::Phase::unknown;
  CHECK(first(pending, unknown));
  CHECK(first(unknown, running(3)));

  PodView precious = running(1);
  precious.deletion_cost = 100;
  CHECK(first(precious, ready(2)));

  PodView cheap = ready(1, 20h);
  cheap.deletion_cost = -1;
  CHECK(first(cheap, ready(2, 1s)));

  // TestSortingActivePodsWithRanks 11: rank wins over 9001 restarts.
  PodView crowded = ready(1);
  crowded.rank = 2;
  PodView restarted = ready(2);
  restarted.rank = 1;
  restarted.restarts = 9001;
  CHECK(first(crowded, restarted));

  CHECK(first(ready(9, 10min), ready(1, 1h)));
  PodView no_time = ready(9);
  no_time.ready_since.reset();
  CHECK(first(no_time, ready(1, 1s)));

  PodView flaky = running(9);
  flaky.restarts = 2;
  CHECK(first(flaky, running(1)));

  PodView young = running(9);
  young.created = kNow - 1min;
  CHECK(first(young, running(1)));
}

// floor(log2(age in ns)): 40 and 60 minutes lie in one class, 20 and 60 do not.
TEST_CASE("ages within a factor of about two are told apart by uid alone") {
  CHECK(first(ready(1, 60min), ready(2, 45min)));
  CHECK(first(ready(1, 45min), ready(2, 60min)));
  CHECK(first(ready(2, 20min), ready(1, 60min)));
}

// TestGetPodsToDelete 7: A on n1, B on n2, where two related pods run; one goes: B.
TEST_CASE("the pod on the node with more of its kin is deleted first") {
  PodView a = ready(0);
  a.rank = 1;
  PodView b = ready(1);
  b.rank = 3;
  CHECK(pods_to_delete({a, b}, 1, kNow) == std::vector<PodId>{PodId{1}});
}

TEST_CASE("when all pods go they are not sorted") {
  CHECK(pods_to_delete({ready(0), running(1)}, 2, kNow) == std::vector<PodId>{PodId{0}, PodId{1}});
  CHECK(pods_to_delete({ready(0), running(1)}, 1, kNow) == std::vector<PodId>{PodId{1}});
}

TEST_CASE("pods are created in batches that double") {
  CHECK(slow_start_batches(10) == std::vector<int>{1, 2, 4, 3});
  CHECK(slow_start_batches(0).empty());
}

// TestSlowStartBatch 2: batches 1, 2, 4: the calls 6 and 7 fail, and no more are made.
TEST_CASE("a batch with a failed call is the last one") {
  int calls = 0;
  const auto [succeeded, failed] = slow_start(10, [&] { return ++calls <= 5; });
  CHECK(calls == 7);
  CHECK(succeeded == 5);
  CHECK(failed);
  CHECK(slow_start(10, [] { return true; }) == std::pair<int, bool>{10, false});
}

TEST_CASE("a pod counts as available only after minReadySeconds") {
  CHECK(pod_available(true, kNow, 0s, kNow));
  CHECK_FALSE(pod_available(true, kNow - 9999ms, 10s, kNow));
  CHECK(pod_available(true, kNow - 10s, 10s, kNow));
  CHECK_FALSE(pod_available(false, kNow - 1h, 0s, kNow));
}

TEST_CASE("the set looks again when its next pod becomes available") {
  const std::vector<PodView> pods{ready(0, 3s), ready(1, 7s), ready(2, 20s), running(3)};
  ReplicaSetView view;
  view.spec = 4;
  view.min_ready = 10s;
  view.active = pods;
  const ReplicaSetActions actions = decide(view, kNow);
  CHECK(actions.status == ReplicaSetStatus{4, 3, 1, 0});
  CHECK(actions.look_again == kNow + 3s);
  CHECK(actions.create == 0);
  CHECK(actions.remove.empty());
}

TEST_CASE("nothing is ordered while earlier orders are not yet seen") {
  Expectations expectations;
  CHECK(expectations.met(kNow));
  expectations.expect(2, 0, kNow);
  expectations.create_seen();
  CHECK_FALSE(expectations.met(kNow));
  CHECK(expectations.met(kNow + 5min + 1ns));
  expectations.create_seen();
  CHECK(expectations.met(kNow));
  ReplicaSetView view;
  view.spec = 3;
  view.expectations_met = false;
  CHECK(decide(view, kNow).create == 0);
  view.expectations_met = true;
  CHECK(decide(view, kNow).create == 3);
  view.spec = 800;
  CHECK(decide(view, kNow).create == 500);
}
