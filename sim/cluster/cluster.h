/// The Kubernetes control plane of a run: Deployments, ReplicaSets, pods on their nodes, Services
/// and their endpoints, each controller with its own law (the files beside this one) and real
/// delays between them. This class only waits, reads, decides and acts.
///
/// A change travels as it does in a cluster: the Deployment controller sizes ReplicaSets, the
/// ReplicaSet controller creates and deletes pods within its call budget, the kubelet starts,
/// probes and stops them, readiness and deletion reach the proxies after d2 + d3 while the process
/// is being stopped in parallel. Every step is an `Event` with the controller's own reason.
///
/// Baseline: Kubernetes v1.36, specs/kubernetes.md sections 1-12, 16-19. Left out: nodes and
/// capacity (scheduling is latency only), the autoscaler, PodDisruptionBudgets, quotas.
/// Random delays are addressed by (pod, restart, purpose), so strategies that create the same pods
/// see the same delays.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster/deployment_controller.h"
#include "sim/cluster/deployment_spec.h"
#include "sim/cluster/latencies.h"
#include "sim/cluster/pod_host.h"
#include "sim/cluster/pod_info.h"
#include "sim/cluster/replica_set_controller.h"
#include "sim/kernel/event_log.h"
#include "sim/kernel/ids.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/task.h"
#include "sim/kernel/time.h"

namespace coalmine {

struct WorkloadSpec {
  ServiceId service;
  DeploymentSpec deployment;
  /// Container running -> the process listens; drawn per (pod, restart).
  DurationSampler process_start = always(Duration::zero());
  OnSigterm on_sigterm = OnSigterm::drain;
};

/// Deployment.status as last written by its controller, and what `kubectl rollout status` makes of
/// it. Terminating pods are counted in `terminating` only.
struct DeploymentStatus {
  int desired = 0;   ///< spec.replicas
  int replicas = 0;  ///< pods of all its ReplicaSets
  int updated = 0;   ///< pods of the new one
  int ready = 0;
  int available = 0;  ///< ready for at least minReadySeconds
  int unavailable = 0;
  int terminating = 0;
  bool observed = false;   ///< the controller has seen the latest change of the spec
  bool complete = false;   ///< observed, and every pod is updated and available
  bool timed_out = false;  ///< observed, and ProgressDeadlineExceeded: nothing rolls back by itself
  int revision = 0;
};

/// A Deployment as the API server shows it.
struct DeploymentInfo {
  DeploymentId id;
  const DeploymentSpec* spec = nullptr;  ///< valid until the cluster changes
  DeploymentStatus status;
  std::uint64_t generation = 0;           ///< of the spec
  std::uint64_t observed_generation = 0;  ///< that its controller has seen
  bool available = false;                 ///< condition Available
  Progress progress = Progress::none;     ///< reason of condition Progressing
};

struct ReplicaSetInfo {
  ReplicaSetId id;
  DeploymentId deployment;
  std::string name;
  std::uint64_t template_hash = 0;
  Time created{};
  int desired = 0;          ///< spec.replicas
  ReplicaSetStatus status;  ///< as last reported
};

class Cluster {
 public:
  /// `host` carries the requests; `key` gives the run's random key of a purpose ("cluster/...").
  /// Simulation and host must outlive the cluster.
  Cluster(Simulation& simulation,
          PodHost& host,
          EventSink events,
          ClusterSettings settings,
          const std::function<RandomKey(std::string_view purpose)>& key);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  DeploymentId create_deployment(const WorkloadSpec& workload);
  /// The same, long since rolled out: its pods are ready and warm now, its endpoints in force.
  DeploymentId create_settled(const WorkloadSpec& workload);

  /// The verbs of kubectl. All take effect through the controllers, after their delays.
  void set_template(DeploymentId deployment, const PodTemplate& pod);
  /// To the second highest revision. False: refused (paused), or there is no such revision.
  bool undo(DeploymentId deployment);
  void scale(DeploymentId deployment, int replicas);
  void set_paused(DeploymentId deployment, bool paused);
  void set_strategy(DeploymentId deployment,
                    DeploymentStrategy strategy,
                    IntOrPercent max_surge = {25, true},
                    IntOrPercent max_unavailable = {25, true});

  /// A Service that selects the pods of these Deployments. Settled pods of this very instant are in
  /// force at once, others after d2 + d3.
  BackendId create_backend(std::string name, std::vector<DeploymentId> selected);
  void set_selector(BackendId backend, std::vector<DeploymentId> selected);

  std::size_t deployment_count() const;
  const DeploymentSpec& spec(DeploymentId deployment) const;
  DeploymentStatus status(DeploymentId deployment) const;
  DeploymentInfo info(DeploymentId deployment) const;
  std::vector<ReplicaSetInfo> replica_sets() const;  ///< those not deleted, ascending by id
  ReplicaSetInfo replica_set(ReplicaSetId id) const;
  std::size_t backend_count() const;
  std::span<const PodId> endpoints(BackendId backend) const;  ///< as the proxies see them
  const std::string& backend_name(BackendId backend) const;
  std::span<const DeploymentId> selector(BackendId backend) const;  ///< whose pods it is over
  /// Notified at any change of a pod, a status or the endpoints in force.
  Condition& changed();

  const PodInfo& pod(PodId pod) const;
  std::span<const PodInfo> pods() const;  ///< by id, those gone included; ids are never reused
  std::vector<PodId> pods_of(DeploymentId deployment) const;  ///< not yet gone

  /// Its process dies now; the kubelet restarts it with back-off.
  void kill_pod(PodId pod, Death cause = Death::crash);
  void delete_pod(PodId pod);  ///< graceful deletion; its ReplicaSet makes another

  /// Cost: pods that exist, terminating ones until they are gone.
  int pods_present() const;
  double pod_seconds() const;  ///< exact integral of pods_present since reset_cost()
  int peak_pods() const;       ///< maximum since reset_cost()
  void reset_cost();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace coalmine
