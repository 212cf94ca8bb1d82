/// The Deployment controller's law, Kubernetes v1.36: one pure function from what the controller
/// sees to what it writes. RollingUpdate, Recreate, proportional scaling, progress deadline,
/// revisions, history.
///
/// One sync, in this order: pause bookkeeping; paused -> scale(), clean up history, status; a
/// scaling event (an active ReplicaSet was sized for another number of replicas) -> scale(),
/// status; else one step of the strategy. A RollingUpdate step either resizes the new ReplicaSet or
/// the old ones, never both, except when it creates the new one. Terminating pods are
/// counted nowhere; it never looks at error rates and never rolls back.
///
/// It sees ReplicaSet statuses, not pods, and does not ask whether they are of the latest spec: if
/// a new pod gets ready in the milliseconds before a shrunk set has reported, pods count as
/// available that are about to go, and the rollout can dip below its minimum. So does the real one.
///
/// Source: specs/kubernetes.md sections 2-7 (upstream pkg/controller/deployment/).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/cluster/deployment_spec.h"
#include "sim/cluster/int_or_percent.h"
#include "sim/cluster/replica_set_controller.h"
#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// A ReplicaSet as stored: its spec, its status as last reported, and its annotations.
struct ReplicaSetState {
  ReplicaSetId id;  ///< invalid: about to be created
  std::string name;
  Time created{};
  std::uint64_t template_hash = 0;
  int spec = 0;
  ReplicaSetStatus status;
  bool status_observed = true;    ///< the status is of the current spec
  bool has_running_pods = false;  ///< any pod not finished, terminating ones included
  int revision = 0;
  std::string revision_history;  ///< its former revisions, "1,4"
  std::optional<int> desired;    ///< annotation desired-replicas
  int max_replicas = 0;          ///< annotation max-replicas; 0: missing
};

/// Reasons of the Progressing condition.
enum class Progress {
  none,
  new_replica_set_created,
  found_new_replica_set,
  replica_set_updated,
  new_replica_set_available,
  deadline_exceeded,
  paused,
  resumed,
};
const char* to_text(Progress reason);  ///< "NewReplicaSetCreated", ...

struct DeploymentCounts {
  int replicas = 0;
  int updated = 0;
  int ready = 0;
  int available = 0;
  int unavailable = 0;
  int terminating = 0;
  friend bool operator==(const DeploymentCounts&, const DeploymentCounts&) = default;
};

/// Deployment.status.
struct DeploymentRecord {
  DeploymentCounts counts;
  std::uint64_t observed_generation = 0;
  Progress progress = Progress::none;
  Time progress_at{};        ///< lastUpdateTime of the Progressing condition
  bool has_minimum = false;  ///< the Available condition
  int revision = 0;
  friend bool operator==(const DeploymentRecord&, const DeploymentRecord&) = default;
};

struct DeploymentView {
  const DeploymentSpec& spec;
  std::uint64_t template_hash = 0;  ///< of spec.pod
  std::uint64_t generation = 0;     ///< of spec
  DeploymentRecord record;          ///< as last written
  std::span<const ReplicaSetState> replica_sets;
};

struct ReplicaSetUpdate {
  ReplicaSetId id;
  int size = 0;
  int desired = 0;
  int max_replicas = 0;
  friend bool operator==(const ReplicaSetUpdate&, const ReplicaSetUpdate&) = default;
};

struct RevisionUpdate {
  ReplicaSetId id;
  int revision = 0;
  std::string history;
};

struct DeploymentActions {
  std::optional<ReplicaSetUpdate> create;  ///< with the spec's template
  std::optional<RevisionUpdate> revise;    ///< of the new ReplicaSet; the created one's if any
  std::vector<ReplicaSetUpdate> resize;    ///< also where only the annotations change
  std::vector<ReplicaSetId> remove;        ///< history
  DeploymentRecord record;                 ///< to be written
  std::optional<Duration> look_again;      ///< to see the progress deadline pass
};

DeploymentActions decide(const DeploymentView& view, Time now);

/// maxUnavailable as it counts for this many replicas: at most that many.
int effective_unavailable(const DeploymentSpec& spec);
/// Available pods a RollingUpdate keeps; Recreate promises none during a rollout, but its status
/// asks for all.
int min_available(const DeploymentSpec& spec);

/// Every pod of the spec is there, of the new template and available.
bool complete(const DeploymentSpec& spec, const DeploymentCounts& counts);

/// Equal templates give equal hashes; the pod-template-hash of names and of ReplicaSet adoption.
std::uint64_t template_hash(const PodTemplate& pod);
std::string hash_text(std::uint64_t hash);  ///< ten characters of Kubernetes' safe alphabet

/// The ReplicaSet that `kubectl rollout undo` goes back to: of the second highest revision.
std::optional<ReplicaSetId> undo_target(std::span<const ReplicaSetState> replica_sets);

}  // namespace coalmine
