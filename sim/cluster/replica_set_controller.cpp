#include "sim/cluster/replica_set_controller.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

int age_class(Time since, Time now) {
  const auto age = (now - since).count();
  return age > 0 ? static_cast<int>(std::bit_width(static_cast<std::uint64_t>(age))) - 1 : -1;
}

/// Rules 6 and 8: the younger goes first, no timestamp counts as youngest.
bool younger_first(const PodView& a,
                   const PodView& b,
                   const std::optional<Time>& since_a,
                   const std::optional<Time>& since_b,
                   Time now) {
  if (!since_a || !since_b) return !since_a;
  const int class_a = age_class(*since_a, now);
  const int class_b = age_class(*since_b, now);
  return class_a != class_b ? class_a < class_b : a.uid < b.uid;
}

}  // namespace

bool deleted_before(const PodView& a, const PodView& b, Time now) {
  if (a.assigned != b.assigned) return !a.assigned;
  if (a.phase != b.phase) return a.phase < b.phase;
  if (a.ready != b.ready) return !a.ready;
  if (a.deletion_cost != b.deletion_cost) return a.deletion_cost < b.deletion_cost;
  if (a.rank != b.rank) return a.rank > b.rank;
  if (a.ready && a.ready_since != b.ready_since)
    return younger_first(a, b, a.ready_since, b.ready_since, now);
  if (a.restarts != b.restarts) return a.restarts > b.restarts;
  if (a.sidecar_restarts != b.sidecar_restarts) return a.sidecar_restarts > b.sidecar_restarts;
  if (a.created != b.created) return younger_first(a, b, a.created, b.created, now);
  return false;
}

std::vector<PodId> pods_to_delete(std::vector<PodView> pods, int count, Time now) {
  CM_ASSERT(count >= 0);
  const auto wanted = std::min(static_cast<std::size_t>(count), pods.size());
  if (wanted < pods.size()) {
    std::stable_sort(pods.begin(), pods.end(), [now](const PodView& a, const PodView& b) {
      return deleted_before(a, b, now);
    });
  }
  std::vector<PodId> chosen;
  chosen.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) chosen.push_back(pods[i].id);
  return chosen;
}

bool pod_available(bool ready, Time ready_since, Duration min_ready, Time now) {
  return ready && (min_ready <= Duration::zero() || add_saturating(ready_since, min_ready) <= now);
}

std::vector<int> slow_start_batches(int count) {
  std::vector<int> batches;
  for (int batch = 1, left = count; left > 0; left -= batches.back(), batch *= 2)
    batches.push_back(std::min(batch, left));
  return batches;
}

std::pair<int, bool> slow_start(int count, const std::function<bool()>& call) {
  int succeeded = 0;
  for (const int batch : slow_start_batches(count)) {
    int good = 0;
    for (int i = 0; i < batch; ++i) good += call() ? 1 : 0;
    succeeded += good;
    if (good < batch) return {succeeded, true};
  }
  return {succeeded, false};
}

ReplicaSetActions decide(const ReplicaSetView& view, Time now) {
  ReplicaSetActions actions;
  actions.status.replicas = static_cast<int>(view.active.size());
  actions.status.terminating = view.terminating;
  for (const PodView& pod : view.active) {
    if (!pod.ready) continue;
    ++actions.status.ready;
    const Time since = pod.ready_since.value_or(now);
    if (pod_available(true, since, view.min_ready, now)) {
      ++actions.status.available;
    } else {
      const Time then = add_saturating(since, view.min_ready);
      if (!actions.look_again || then < *actions.look_again) actions.look_again = then;
    }
  }
  if (!view.expectations_met) return actions;
  const int surplus = actions.status.replicas - view.spec;
  if (surplus < 0) {
    actions.create = std::min(-surplus, kReplicaSetBurst);
  } else if (surplus > 0) {
    actions.remove = pods_to_delete(std::vector<PodView>(view.active.begin(), view.active.end()),
                                    std::min(surplus, kReplicaSetBurst),
                                    now);
  }
  return actions;
}

}  // namespace coalmine
