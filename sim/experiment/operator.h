/// The hands of whoever rolls out: every strategy, the on-call human and the person at the screen
/// act through these verbs alone. Each takes effect with the real system's delays; each wait has a
/// limit. Metrics come from what was scraped, never from the truth. (design section 3)
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/experiment/strategy.h"
#include "sim/kernel/event_log.h"
#include "sim/kernel/task.h"
#include "sim/scenario/scenario.h"
#include "sim/telemetry/metric_reader.h"
#include "sim/traffic/routing.h"

namespace coalmine {

class DataPlane;
class World;

/// One arm of a weighted split: share of the requests, and the Deployments that serve it.
struct RouteShare {
  DeploymentId deployment;
  double share = 0;  ///< [0, 1]; the shares of a split sum to 1
};

/// What a release hands to the Operator; owned by the run.
struct OperatorContext {
  Simulation& simulation;
  Cluster& cluster;
  DataPlane& data_plane;
  const MetricReader& metrics;
  const Scenario& scenario;
  EventSink events;
  std::function<RandomKey(std::string_view)> key;
  ServiceId service;  ///< the one being released
  VersionId old_version;
  VersionId new_version;
  DeploymentId stable;        ///< runs the old version at the start
  BackendId service_backend;  ///< the Service users reach at the start
  WorkloadSpec workload;      ///< of `stable`; new Deployments are made like it
};

/// For the released service of `world`, which outlives the Operator.
OperatorContext operator_context(World& world);

class Operator {
 public:
  explicit Operator(OperatorContext context);

  Simulation& simulation();
  Time now() const;
  const Scenario& scenario() const;
  int replicas() const;  ///< of the service in the steady state

  // ---- Deployments
  DeploymentId stable() const;  ///< the Deployment that was there before the release
  /// A further Deployment of the new (or, for a baseline, the old) version, `replicas` pods, not
  /// yet routed to.
  DeploymentId deploy_new(std::string name, int replicas);
  DeploymentId deploy_old(std::string name, int replicas);
  void scale(DeploymentId deployment, int replicas);
  /// In place: the stable Deployment gets the new template, and its controller rolls it out (or
  /// recreates). Empty arguments keep what the manifest says.
  void update_in_place(DeploymentStrategy how,
                       std::optional<IntOrPercent> max_surge,
                       std::optional<IntOrPercent> max_unavailable);
  DeploymentStatus status(DeploymentId deployment) const;
  /// All replicas asked for are available and nothing else is left (true), or the limit passed
  /// (false).
  Task<bool> settled(DeploymentId deployment, Duration limit);
  /// At least `replicas` pods available.
  Task<bool> available(DeploymentId deployment, int replicas, Duration limit);
  /// The in-place rollout is complete; false: ProgressDeadlineExceeded or the limit.
  Task<bool> rolled_out(DeploymentId deployment, Duration limit);

  // ---- traffic
  /// Weighted split between Deployments; done when in force at the proxy.
  Task<void> route(std::vector<RouteShare> shares, Stickiness sticky = Stickiness::none);
  Task<void> route_all_to(DeploymentId deployment);
  /// One Service over several Deployments: shares follow the counts of ready pods.
  Task<void> route_by_replicas(std::vector<DeploymentId> deployments);
  /// Everything to `live`, and a copy of `share` of the requests to `shadow`, whose answers reach
  /// nobody. Copies are counted by the pods they meet, not by the router.
  Task<void> mirror(DeploymentId live, DeploymentId shadow, double share);
  /// As route(), but only users whose requests carry the header; the others stay on `rest`.
  Task<void> route_matching(HeaderMatch match, DeploymentId matching, DeploymentId rest);

  // ---- looking and waiting
  /// The router counts distinct users and their conversions per Deployment, from zero, from now on:
  /// what MetricReader::users() and conversions() read.
  void begin_experiment();
  void end_experiment();  ///< what was counted stays; without one under way it does nothing
  const MetricReader& metrics() const;
  /// As it is called on labels.
  const std::string& name_of(DeploymentId deployment) const;
  static MetricTarget of(DeploymentId deployment, Vantage vantage = Vantage::router);
  detail::SleepAwaiter sleep(Duration length);

  // ---- telling
  /// A line of the timeline: what was decided and on which evidence.
  void note(std::string reason, std::string message, std::vector<Evidence> evidence = {});
  /// The decision to stop a bad release, made now by `who` ("canary", "on-call"): this is what
  /// time_to_detect ends with. Only the first counts.
  void decide_to_stop(std::string who, std::string message, std::vector<Evidence> evidence);
  std::optional<Time> decided_to_stop() const;
  void set_actor(std::string who);  ///< object of the notes: "strategy/canary"

  /// Puts the old version back in charge, whatever the arrangement. True: it is, and the cluster
  /// has settled; false: not so within `limit`.
  ///
  /// After an update in place: `rollout undo`, or, where no revision is kept to go back to, the old
  /// manifest once more. A paused Deployment is resumed first: nothing else would move it.
  /// Else everything is routed to the old Deployment and the others are retired. One that was kept
  /// whole takes over at once; one that was scaled down is brought back to its full size first, as
  /// long as that takes within `limit`, for too few old pods would fail more requests than the bad
  /// version does, which answers meanwhile.
  Task<bool> restore_stable(Duration limit = std::chrono::minutes(30));
  /// Gives up a Deployment: zero replicas.
  void retire(DeploymentId deployment);

 private:
  BackendId backend_of(DeploymentId deployment);
  DeploymentId deploy(std::string name, int replicas, VersionId version);
  Task<void> apply_routes(RouteTable table, std::string message);
  void restore_template();

  OperatorContext context_;
  std::string actor_ = "strategy";
  std::vector<std::pair<DeploymentId, BackendId>> own_backends_;
  std::vector<DeploymentId> deployments_;  ///< made by deploy_*()
  bool updated_in_place_ = false;
  bool service_is_shared_ = false;  ///< by route_by_replicas()
  std::optional<Time> decided_;
  std::uint64_t changes_ = 0;         ///< routes written
  std::uint64_t applied_change_ = 0;  ///< the newest of them in force
  DurationSampler proxy_apply_;
};

}  // namespace coalmine
