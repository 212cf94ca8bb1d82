/// The ReplicaSet controller's law: how many pods to create, which to delete, what to report.
///
/// One sync: expectations of earlier calls not yet met -> only the status is written. Otherwise
/// diff = active pods - spec: create -diff (at most 500, in slow-start batches), or delete diff (at
/// most 500, at once, in the order of deleted_before). Active: not deleted, not finished.
/// Source: specs/kubernetes.md section 8 (upstream pkg/controller/replicaset/replica_set.go,
/// pkg/controller/controller_utils.go).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"

namespace coalmine {

inline constexpr int kReplicaSetBurst = 500;  ///< creates or deletes in one sync

/// What the order of deletion looks at. An empty time: no timestamp.
struct PodView {
  PodId id;
  bool assigned = true;  ///< to a node
  enum class Phase { pending, unknown, running } phase = Phase::running;
  bool ready = false;
  std::optional<Time> ready_since;
  int deletion_cost = 0;
  int rank = 0;  ///< active pods of the same Deployment on its node
  int restarts = 0;
  int sidecar_restarts = 0;
  std::optional<Time> created;
  std::uint64_t uid = 0;
};

/// The eight rules in their order. Ages are compared by their power of two in nanoseconds, so that
/// within a factor of about 2 the uid decides: pseudo-random on purpose.
bool deleted_before(const PodView& a, const PodView& b, Time now);

/// `count` of `pods`; sorted first unless all go.
std::vector<PodId> pods_to_delete(std::vector<PodView> pods, int count, Time now);

/// Ready for at least min_ready (at once if that is 0).
bool pod_available(bool ready, Time ready_since, Duration min_ready, Time now);

/// The sizes of the batches 1, 2, 4, ... that create `count` pods if nothing fails.
std::vector<int> slow_start_batches(int count);

/// Makes `count` calls in these batches; a batch is called whole, and a failed call in it ends the
/// series. Gives the number of calls that succeeded, and whether one failed.
std::pair<int, bool> slow_start(int count, const std::function<bool()>& call);

/// Creates and deletes that were ordered and that the watch has not shown yet. A delete is shown
/// when the pod has its deletionTimestamp. After 5 min they are given up.
class Expectations {
 public:
  static constexpr Duration kTimeout = std::chrono::minutes(5);
  void expect(int creates, int deletes, Time now) {
    creates_ = creates;
    deletes_ = deletes;
    since_ = now;
  }
  void create_seen() { creates_ -= creates_ > 0; }
  void delete_seen() { deletes_ -= deletes_ > 0; }
  bool met(Time now) const { return (creates_ <= 0 && deletes_ <= 0) || now - since_ > kTimeout; }

 private:
  int creates_ = 0;
  int deletes_ = 0;
  Time since_{};
};

struct ReplicaSetStatus {
  int replicas = 0;  ///< active pods
  int ready = 0;
  int available = 0;
  int terminating = 0;
  friend bool operator==(const ReplicaSetStatus&, const ReplicaSetStatus&) = default;
};

struct ReplicaSetView {
  int spec = 0;
  Duration min_ready{};
  bool expectations_met = true;
  std::span<const PodView> active;
  int terminating = 0;
};

struct ReplicaSetActions {
  int create = 0;
  std::vector<PodId> remove;
  ReplicaSetStatus status;         ///< before creating and removing
  std::optional<Time> look_again;  ///< when the next ready pod becomes available
};

ReplicaSetActions decide(const ReplicaSetView& view, Time now);

}  // namespace coalmine
