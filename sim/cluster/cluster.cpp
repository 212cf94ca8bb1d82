#include "sim/cluster/cluster.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sim/cluster/call_budget.h"
#include "sim/cluster/deployment_controller.h"
#include "sim/cluster/endpoint_controller.h"
#include "sim/cluster/kubelet.h"
#include "sim/cluster/replica_set_controller.h"
#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

struct ReplicaSetObject {
  ReplicaSetState state;
  DeploymentId deployment;
  std::shared_ptr<const PodSetup> setup;
  Expectations expectations;
  std::vector<PodId> pods;  ///< those not gone
  bool deleted = false;
  bool sync_pending = false;
  Simulation::EventId wake = 0;  ///< when the next pod becomes available
};

struct DeploymentObject {
  WorkloadSpec workload;
  std::uint64_t generation = 1;
  DeploymentRecord record;
  std::vector<ReplicaSetId> replica_sets;
  bool sync_pending = false;
  Simulation::EventId deadline_check = 0;

  const DeploymentSpec& spec() const { return workload.deployment; }
};

PodView view_of(const PodInfo& pod) {
  PodView view;
  view.id = pod.id;
  view.phase = pod.phase == PodPhase::pending ? PodView::Phase::pending : PodView::Phase::running;
  view.ready = pod.ready;
  if (pod.ready_since != Time::min()) view.ready_since = pod.ready_since;
  view.restarts = pod.restarts;
  view.created = pod.created;
  view.uid = pod.uid;
  return view;
}

}  // namespace

class Cluster::Impl {
 public:
  Impl(Simulation& simulation,
       PodHost& host,
       EventSink events,
       ClusterSettings settings,
       const std::function<RandomKey(std::string_view)>& key)
      : simulation_(simulation),
        host_(host),
        events_(std::move(events)),
        settings_(std::move(settings)),
        uid_key_(key("cluster/uid")),
        age_key_(key("cluster/age")),
        changed_(simulation),
        calls_(settings_.api_burst, settings_.api_interval),
        kubelet_(simulation,
                 host,
                 events_,
                 settings_,
                 key,
                 pods_,
                 [this](PodId pod) { pod_changed(pod); }),
        endpoints_(simulation, host, events_, settings_, key, pods_, [this] { changed_.notify(); }),
        cost_since_(simulation.now()) {}

  DeploymentId create(const WorkloadSpec& workload) {
    CM_ASSERT(workload.deployment.replicas >= 0);
    const DeploymentId id{static_cast<std::uint32_t>(deployments_.size())};
    deployments_.emplace_back().workload = workload;
    return id;
  }
  DeploymentId create_settled(const WorkloadSpec& workload);

  /// A changed spec: the controller will see it.
  void spec_changed(DeploymentId id) {
    ++deployment(id).generation;
    request_sync(id);
    changed_.notify();
  }
  void request_sync(DeploymentId id) {
    DeploymentObject& d = deployment(id);
    if (d.sync_pending) return;
    d.sync_pending = true;
    simulation_.after(settings_.reconcile_delay, [this, id] { sync(id); });
  }
  bool undo(DeploymentId id);

  DeploymentObject& deployment(DeploymentId id) { return deployments_.at(id.index()); }
  ReplicaSetObject& replica_set(ReplicaSetId id) { return replica_sets_.at(id.index()); }
  std::vector<ReplicaSetState> states_of(const DeploymentObject& d);
  void delete_pod(PodId pod);
  DeploymentStatus status(DeploymentId id);

  Simulation& simulation_;
  PodHost& host_;
  EventSink events_;
  ClusterSettings settings_;
  RandomKey uid_key_;
  RandomKey age_key_;
  Condition changed_;
  CallBudget calls_;  ///< of the ReplicaSet controller
  std::vector<DeploymentObject> deployments_;
  std::vector<ReplicaSetObject> replica_sets_;
  std::vector<PodInfo> pods_;
  Kubelet kubelet_;
  EndpointController endpoints_;

  void account();
  int present_ = 0;
  int peak_ = 0;
  std::int64_t pod_nanoseconds_ = 0;
  Time cost_since_;

 private:
  void sync(DeploymentId id);
  void apply(DeploymentId id, const DeploymentActions& actions);
  void write_record(DeploymentId id, const DeploymentRecord& record);
  ReplicaSetId make_replica_set(DeploymentId id, int revision);
  void resize(DeploymentId id, const ReplicaSetUpdate& update);

  void request_sync(ReplicaSetId id);
  void sync(ReplicaSetId id);
  void order_pods(ReplicaSetId id, int count);
  void order_deletes(ReplicaSetId id, const std::vector<PodId>& pods);
  PodId make_pod(ReplicaSetId id);
  void pod_changed(PodId pod);

  void emit(std::string object, const char* reason, std::string message) const {
    if (events_) events_({simulation_.now(), std::move(object), reason, std::move(message), {}});
  }
};

// --- Deployments ---

std::vector<ReplicaSetState> Cluster::Impl::states_of(const DeploymentObject& d) {
  std::vector<ReplicaSetState> states;
  for (const ReplicaSetId id : d.replica_sets) {
    const ReplicaSetObject& rs = replica_set(id);
    if (rs.deleted) continue;
    states.push_back(rs.state);
    states.back().has_running_pods = !rs.pods.empty();
  }
  return states;
}

void Cluster::Impl::sync(DeploymentId id) {
  DeploymentObject& d = deployment(id);
  d.sync_pending = false;
  const std::vector<ReplicaSetState> states = states_of(d);
  const DeploymentView view{d.spec(), template_hash(d.spec().pod), d.generation, d.record, states};
  apply(id, decide(view, simulation_.now()));
}

void Cluster::Impl::apply(DeploymentId id, const DeploymentActions& actions) {
  ReplicaSetId created;
  if (actions.create) {
    created = make_replica_set(id, actions.record.revision);
    ReplicaSetUpdate update = *actions.create;
    update.id = created;
    resize(id, update);
  }
  if (actions.revise && actions.revise->id.valid()) {
    ReplicaSetState& rs = replica_set(actions.revise->id).state;
    rs.revision = actions.revise->revision;
    rs.revision_history = actions.revise->history;
  }
  for (const ReplicaSetUpdate& update : actions.resize) resize(id, update);
  for (const ReplicaSetId gone : actions.remove) replica_set(gone).deleted = true;
  write_record(id, actions.record);
  DeploymentObject& d = deployment(id);
  simulation_.cancel(d.deadline_check);
  d.deadline_check = 0;
  if (actions.look_again)
    d.deadline_check = simulation_.after(*actions.look_again, [this, id] { request_sync(id); });
}

void Cluster::Impl::write_record(DeploymentId id, const DeploymentRecord& record) {
  DeploymentObject& d = deployment(id);
  if (record == d.record) return;
  const Progress before = std::exchange(d.record, record).progress;
  if (record.progress != before) {
    const std::string object = "deployment/" + d.spec().name;
    if (record.progress == Progress::deadline_exceeded)
      emit(object, to_text(record.progress), "the rollout has timed out progressing");
    if (record.progress == Progress::new_replica_set_available)
      emit(object, to_text(record.progress), "the rollout is complete");
    if (record.progress == Progress::paused || record.progress == Progress::resumed)
      emit(object,
           to_text(record.progress),
           record.progress == Progress::paused ? "the rollout is paused" : "the rollout goes on");
  }
  request_sync(id);
  changed_.notify();
}

ReplicaSetId Cluster::Impl::make_replica_set(DeploymentId id, int revision) {
  DeploymentObject& d = deployment(id);
  const ReplicaSetId rs_id{static_cast<std::uint32_t>(replica_sets_.size())};
  ReplicaSetObject& rs = replica_sets_.emplace_back();
  rs.deployment = id;
  rs.setup = std::make_shared<const PodSetup>(
      PodSetup{d.spec().pod, d.workload.process_start, d.workload.on_sigterm});
  rs.state.id = rs_id;
  rs.state.template_hash = template_hash(d.spec().pod);
  rs.state.name = d.spec().name + "-" + hash_text(rs.state.template_hash);
  rs.state.created = simulation_.now();
  rs.state.revision = revision;
  d.replica_sets.push_back(rs_id);
  return rs_id;
}

void Cluster::Impl::resize(DeploymentId id, const ReplicaSetUpdate& update) {
  ReplicaSetObject& rs = replica_set(update.id);
  const int before = rs.state.spec;
  rs.state.spec = update.size;
  rs.state.desired = update.desired;
  rs.state.max_replicas = update.max_replicas;
  if (before != update.size) {
    rs.state.status_observed = false;
    emit("deployment/" + deployment(id).spec().name,
         "ScalingReplicaSet",
         std::string(update.size > before ? "scaled up" : "scaled down") + " replica set " +
             rs.state.name + " from " + std::to_string(before) + " to " +
             std::to_string(update.size));
  }
  request_sync(update.id);
  request_sync(id);
}

bool Cluster::Impl::undo(DeploymentId id) {
  DeploymentObject& d = deployment(id);
  if (d.spec().paused) return false;
  const std::optional<ReplicaSetId> target = undo_target(states_of(d));
  if (!target) return false;
  d.workload.deployment.pod = replica_set(*target).setup->pod;
  spec_changed(id);
  return true;
}

DeploymentId Cluster::Impl::create_settled(const WorkloadSpec& workload) {
  const DeploymentId id = create(workload);
  const int replicas = workload.deployment.replicas;
  const ReplicaSetId rs_id = make_replica_set(id, 1);
  const Time now = simulation_.now();
  {
    ReplicaSetState& rs = replica_set(rs_id).state;
    const Fenceposts posts =
        fenceposts(workload.deployment.max_surge, workload.deployment.max_unavailable, replicas);
    const bool rolling = workload.deployment.strategy == DeploymentStrategy::rolling_update;
    rs.created = now - std::chrono::hours(48);
    rs.spec = replicas;
    rs.desired = replicas;
    rs.max_replicas = replicas + (rolling ? posts.surge : 0);
    rs.status = {replicas, replicas, replicas, 0};
  }
  DeploymentRecord& record = deployment(id).record;
  record.counts = {replicas, replicas, replicas, replicas, 0, 0};
  record.observed_generation = deployment(id).generation;
  if (workload.deployment.progress_deadline != kForever)
    record.progress = Progress::new_replica_set_available;
  record.progress_at = now - std::chrono::hours(48);
  record.has_minimum = true;
  record.revision = 1;
  for (int i = 0; i < replicas; ++i) {
    const PodId pod = make_pod(rs_id);
    // Between one and two days old: all of different age, as pods are.
    const double age = draw(age_key_, pod.value);
    pods_[pod.index()].created = now - std::chrono::hours(24) - from_seconds(86400 * age);
    pods_[pod.index()].settled_at = now;
    kubelet_.admit_settled(pod, replica_set(rs_id).setup);
  }
  endpoints_.pods_settled(id);
  changed_.notify();
  return id;
}

DeploymentStatus Cluster::Impl::status(DeploymentId id) {
  const DeploymentObject& d = deployment(id);
  const DeploymentCounts& counts = d.record.counts;
  DeploymentStatus s;
  s.desired = d.spec().replicas;
  s.replicas = counts.replicas;
  s.updated = counts.updated;
  s.ready = counts.ready;
  s.available = counts.available;
  s.unavailable = counts.unavailable;
  s.terminating = counts.terminating;
  s.observed = d.record.observed_generation == d.generation;
  s.complete = s.observed && complete(d.spec(), counts);
  s.timed_out = s.observed && d.record.progress == Progress::deadline_exceeded;
  s.revision = d.record.revision;
  return s;
}

// --- ReplicaSets ---

void Cluster::Impl::request_sync(ReplicaSetId id) {
  ReplicaSetObject& rs = replica_set(id);
  if (rs.sync_pending || rs.deleted) return;
  rs.sync_pending = true;
  simulation_.after(settings_.reconcile_delay, [this, id] { sync(id); });
}

void Cluster::Impl::sync(ReplicaSetId id) {
  ReplicaSetObject& rs = replica_set(id);
  rs.sync_pending = false;
  if (rs.deleted) return;
  const Time now = simulation_.now();
  std::vector<PodView> active;
  int terminating = 0;
  for (const PodId pod : rs.pods) {
    const PodInfo& p = pods_[pod.index()];
    if (p.active()) active.push_back(view_of(p));
    terminating += p.terminating ? 1 : 0;
  }
  ReplicaSetView view;
  view.spec = rs.state.spec;
  view.min_ready = deployment(rs.deployment).spec().min_ready;
  view.expectations_met = rs.expectations.met(now);
  view.active = active;
  view.terminating = terminating;
  const ReplicaSetActions actions = decide(view, now);
  if (actions.status != rs.state.status || !rs.state.status_observed) {
    rs.state.status = actions.status;
    rs.state.status_observed = true;
    request_sync(rs.deployment);
    changed_.notify();
  }
  simulation_.cancel(rs.wake);
  rs.wake = 0;
  if (actions.look_again)
    rs.wake = simulation_.at(*actions.look_again, [this, id] { request_sync(id); });
  if (actions.create > 0) order_pods(id, actions.create);
  if (!actions.remove.empty()) order_deletes(id, actions.remove);
}

void Cluster::Impl::order_pods(ReplicaSetId id, int count) {
  replica_set(id).expectations.expect(count, 0, simulation_.now());
  Time batch_start = simulation_.now();
  for (const int batch : slow_start_batches(count)) {
    Time last = batch_start;
    for (int i = 0; i < batch; ++i) {
      last = calls_.reserve(batch_start);
      simulation_.at(last + settings_.api_call, [this, id] {
        const PodId pod = make_pod(id);
        ReplicaSetObject& rs = replica_set(id);
        kubelet_.admit(pod, rs.setup);
        rs.expectations.create_seen();
        emit("replicaset/" + rs.state.name,
             "SuccessfulCreate",
             "created pod " + pods_[pod.index()].name);
        pod_changed(pod);
      });
    }
    batch_start = last + settings_.api_call;
  }
}

void Cluster::Impl::order_deletes(ReplicaSetId id, const std::vector<PodId>& pods) {
  replica_set(id).expectations.expect(0, static_cast<int>(pods.size()), simulation_.now());
  for (const PodId pod : pods) {
    simulation_.at(calls_.reserve(simulation_.now()) + settings_.api_call, [this, id, pod] {
      ReplicaSetObject& rs = replica_set(id);
      rs.expectations.delete_seen();
      if (pods_[pod.index()].active()) {
        emit("replicaset/" + rs.state.name,
             "SuccessfulDelete",
             "deleted pod " + pods_[pod.index()].name);
      }
      delete_pod(pod);
      request_sync(id);
    });
  }
}

// --- pods ---

PodId Cluster::Impl::make_pod(ReplicaSetId id) {
  ReplicaSetObject& rs = replica_set(id);
  PodInfo pod;
  pod.id = PodId{static_cast<std::uint32_t>(pods_.size())};
  pod.uid = draw_bits(uid_key_, pod.id.value);
  pod.name = rs.state.name + "-" + hash_text(pod.uid).substr(0, 5);
  pod.deployment = rs.deployment;
  pod.service = deployment(rs.deployment).workload.service;
  pod.replica_set = id;
  pod.version = rs.setup->pod.version;
  pod.created = simulation_.now();
  account();
  ++present_;
  peak_ = std::max(peak_, present_);
  rs.pods.push_back(pod.id);
  pods_.push_back(pod);
  host_.pod_created(pod.id, pod.service, pod.deployment, pod.version);
  return pod.id;
}

void Cluster::Impl::delete_pod(PodId pod) {
  if (!pods_.at(pod.index()).active()) return;
  kubelet_.pod_deleted(pod);
  pod_changed(pod);
}

void Cluster::Impl::pod_changed(PodId pod) {
  const PodInfo& p = pods_[pod.index()];
  ReplicaSetObject& rs = replica_set(p.replica_set);
  if (!p.present()) {
    account();
    --present_;
    rs.pods.erase(std::find(rs.pods.begin(), rs.pods.end(), pod));
    // Recreate waits for the last pod, which no ReplicaSet status shows.
    if (rs.pods.empty()) request_sync(p.deployment);
  }
  request_sync(p.replica_set);
  endpoints_.pod_changed(pod);
  changed_.notify();
}

void Cluster::Impl::account() {
  const Time now = simulation_.now();
  pod_nanoseconds_ += present_ * (now - cost_since_).count();
  cost_since_ = now;
}

// --- the face ---

Cluster::Cluster(Simulation& simulation,
                 PodHost& host,
                 EventSink events,
                 ClusterSettings settings,
                 const std::function<RandomKey(std::string_view)>& key)
    : impl_(std::make_unique<Impl>(simulation, host, std::move(events), std::move(settings), key)) {
}
Cluster::~Cluster() = default;

DeploymentId Cluster::create_deployment(const WorkloadSpec& workload) {
  const DeploymentId id = impl_->create(workload);
  impl_->request_sync(id);
  return id;
}
DeploymentId Cluster::create_settled(const WorkloadSpec& workload) {
  return impl_->create_settled(workload);
}

void Cluster::set_template(DeploymentId deployment, const PodTemplate& pod) {
  impl_->deployment(deployment).workload.deployment.pod = pod;
  impl_->spec_changed(deployment);
}
bool Cluster::undo(DeploymentId deployment) {
  return impl_->undo(deployment);
}
void Cluster::scale(DeploymentId deployment, int replicas) {
  CM_ASSERT(replicas >= 0);
  impl_->deployment(deployment).workload.deployment.replicas = replicas;
  impl_->spec_changed(deployment);
}
void Cluster::set_paused(DeploymentId deployment, bool paused) {
  impl_->deployment(deployment).workload.deployment.paused = paused;
  impl_->spec_changed(deployment);
}
void Cluster::set_strategy(DeploymentId deployment,
                           DeploymentStrategy strategy,
                           IntOrPercent max_surge,
                           IntOrPercent max_unavailable) {
  DeploymentSpec& spec = impl_->deployment(deployment).workload.deployment;
  spec.strategy = strategy;
  spec.max_surge = max_surge;
  spec.max_unavailable = max_unavailable;
  impl_->spec_changed(deployment);
}

BackendId Cluster::create_backend(std::string name, std::vector<DeploymentId> selected) {
  const Time now = impl_->simulation_.now();
  return impl_->endpoints_.create(std::move(name), std::move(selected), [now](const PodInfo& pod) {
    return pod.settled_at == now;
  });
}
void Cluster::set_selector(BackendId backend, std::vector<DeploymentId> selected) {
  impl_->endpoints_.set_selector(backend, std::move(selected));
}

std::size_t Cluster::deployment_count() const {
  return impl_->deployments_.size();
}
const DeploymentSpec& Cluster::spec(DeploymentId deployment) const {
  return impl_->deployment(deployment).spec();
}
DeploymentStatus Cluster::status(DeploymentId deployment) const {
  return impl_->status(deployment);
}
DeploymentInfo Cluster::info(DeploymentId deployment) const {
  const DeploymentObject& d = impl_->deployment(deployment);
  return {deployment,
          &d.spec(),
          impl_->status(deployment),
          d.generation,
          d.record.observed_generation,
          d.record.has_minimum,
          d.record.progress};
}
ReplicaSetInfo Cluster::replica_set(ReplicaSetId id) const {
  const ReplicaSetObject& rs = impl_->replica_set(id);
  return {id,
          rs.deployment,
          rs.state.name,
          rs.state.template_hash,
          rs.state.created,
          rs.state.spec,
          rs.state.status};
}
std::vector<ReplicaSetInfo> Cluster::replica_sets() const {
  std::vector<ReplicaSetInfo> found;
  for (const ReplicaSetObject& rs : impl_->replica_sets_)
    if (!rs.deleted) found.push_back(replica_set(rs.state.id));
  return found;
}
std::size_t Cluster::backend_count() const {
  return impl_->endpoints_.size();
}
std::span<const PodId> Cluster::endpoints(BackendId backend) const {
  return impl_->endpoints_.in_force(backend);
}
const std::string& Cluster::backend_name(BackendId backend) const {
  return impl_->endpoints_.name(backend);
}
std::span<const DeploymentId> Cluster::selector(BackendId backend) const {
  return impl_->endpoints_.selector(backend);
}
Condition& Cluster::changed() {
  return impl_->changed_;
}

const PodInfo& Cluster::pod(PodId pod) const {
  return impl_->pods_.at(pod.index());
}
std::span<const PodInfo> Cluster::pods() const {
  return impl_->pods_;
}
std::vector<PodId> Cluster::pods_of(DeploymentId deployment) const {
  std::vector<PodId> found;
  for (const PodInfo& pod : impl_->pods_)
    if (pod.deployment == deployment && pod.present()) found.push_back(pod.id);
  return found;
}

void Cluster::kill_pod(PodId pod, Death cause) {
  CM_ASSERT(pod.index() < impl_->pods_.size());
  impl_->kubelet_.kill(pod, cause);
}
void Cluster::delete_pod(PodId pod) {
  impl_->delete_pod(pod);
}

int Cluster::pods_present() const {
  return impl_->present_;
}
double Cluster::pod_seconds() const {
  impl_->account();
  return static_cast<double>(impl_->pod_nanoseconds_) * 1e-9;
}
int Cluster::peak_pods() const {
  return impl_->peak_;
}
void Cluster::reset_cost() {
  impl_->account();
  impl_->pod_nanoseconds_ = 0;
  impl_->peak_ = impl_->present_;
}

}  // namespace coalmine
