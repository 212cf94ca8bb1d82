/// Drives decide() without an engine: ReplicaSets whose pods appear and disappear in the instant in
/// which they are ordered, and become ready when the test says so.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/deployment_controller.h"
#include "sim/kernel/assert.h"

namespace coalmine {

/// Template `n` of a test: templates differ by their version.
inline PodTemplate template_of(std::uint32_t n) {
  PodTemplate pod;
  pod.version = VersionId{n};
  return pod;
}

class RolloutHarness {
 public:
  DeploymentSpec spec;
  std::vector<ReplicaSetState> sets;  ///< in the order of creation
  DeploymentRecord record;
  std::uint64_t generation = 1;
  Time now{};

  explicit RolloutHarness(int replicas) {
    spec.name = "app";
    spec.replicas = replicas;
    spec.pod = template_of(1);
  }

  /// A set of template n with `size` pods of which `available` are so; sized for spec.replicas.
  ReplicaSetState& add(std::uint32_t n, int size, int available) {
    ReplicaSetState rs;
    rs.id = ReplicaSetId{static_cast<std::uint32_t>(sets.size())};
    rs.name = "app-" + std::to_string(n);
    rs.created = now + std::chrono::seconds(sets.size());
    rs.template_hash = template_hash(template_of(n));
    rs.spec = size;
    rs.status = {size, available, available, 0};
    rs.revision = static_cast<int>(sets.size()) + 1;
    rs.desired = spec.replicas;
    sets.push_back(rs);
    return sets.back();
  }

  /// One old set, all available, and a new template to bring out.
  static RolloutHarness release(int replicas) {
    RolloutHarness world(replicas);
    world.add(1, replicas, replicas);
    world.record.counts = {replicas, replicas, replicas, replicas, 0, 0};
    world.record.progress = Progress::new_replica_set_available;
    world.set_template(2);
    return world;
  }
  void set_template(std::uint32_t n) {
    spec.pod = template_of(n);
    ++generation;
  }

  DeploymentActions look() const {
    return decide({spec, template_hash(spec.pod), generation, record, {sets.data(), sets.size()}},
                  now);
  }

  /// One sync, its orders carried out at once. True: something was ordered.
  bool sync() {
    const DeploymentActions actions = look();
    if (actions.create) {
      ReplicaSetState& rs = add(spec.pod.version.value, 0, 0);
      rs.created = now + std::chrono::seconds(sets.size());
      rs.revision = actions.record.revision;
      enter(rs, *actions.create);
    }
    if (actions.revise && actions.revise->id.valid()) {
      set(actions.revise->id).revision = actions.revise->revision;
      set(actions.revise->id).revision_history = actions.revise->history;
    }
    for (const ReplicaSetUpdate& update : actions.resize) enter(set(update.id), update);
    for (const ReplicaSetId gone : actions.remove) {
      sets.erase(std::find_if(
          sets.begin(), sets.end(), [&](const ReplicaSetState& rs) { return rs.id == gone; }));
    }
    record = actions.record;
    return actions.create || !actions.resize.empty() || !actions.remove.empty();
  }
  /// Syncs until nothing more is ordered or reported.
  void settle() {
    for (int i = 0; i < 1000; ++i) {
      const DeploymentRecord before = record;
      if (!sync() && record == before) return;
    }
    throw InternalError("the rollout does not settle");
  }

  ReplicaSetState& set(ReplicaSetId id) {
    return *std::find_if(
        sets.begin(), sets.end(), [&](const ReplicaSetState& rs) { return rs.id == id; });
  }
  ReplicaSetState& of(std::uint32_t n) {
    const std::uint64_t hash = template_hash(template_of(n));
    return *std::find_if(sets.begin(), sets.end(), [&](const ReplicaSetState& rs) {
      return rs.template_hash == hash;
    });
  }

  /// One more pod of template n is ready and available.
  void ready(std::uint32_t n) {
    ReplicaSetStatus& status = of(n).status;
    CM_ASSERT(status.available < status.replicas);
    ++status.ready;
    ++status.available;
  }
  /// A pod of template n has died; another, not ready, stands in its place.
  void dies(std::uint32_t n) {
    --of(n).status.ready;
    --of(n).status.available;
  }

  int total_spec() const {
    int sum = 0;
    for (const ReplicaSetState& rs : sets) sum += rs.spec;
    return sum;
  }
  int available() const {
    int sum = 0;
    for (const ReplicaSetState& rs : sets) sum += rs.status.available;
    return sum;
  }

 private:
  /// Unready pods are deleted before ready ones.
  void enter(ReplicaSetState& rs, const ReplicaSetUpdate& update) {
    rs.spec = update.size;
    rs.desired = update.desired;
    rs.max_replicas = update.max_replicas;
    const int kept = std::min(rs.status.available, update.size);
    rs.status = {update.size, kept, kept, 0};
  }
};

}  // namespace coalmine
