#include "sim/cluster/endpoint_controller.h"

#include <algorithm>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

std::uint64_t address_of(std::uint32_t object, std::uint32_t change) {
  return (std::uint64_t{object} << 32) + change;
}
/// Selector changes have addresses apart from those of pods.
constexpr std::uint32_t kSelector = 0xffff0000;

}  // namespace

EndpointController::EndpointController(Simulation& simulation,
                                       PodHost& host,
                                       const EventSink& events,
                                       const ClusterSettings& settings,
                                       const std::function<RandomKey(std::string_view)>& key,
                                       const std::vector<PodInfo>& pods,
                                       std::function<void()> applied)
    : simulation_(simulation),
      host_(host),
      events_(events),
      settings_(settings),
      pods_(pods),
      applied_(std::move(applied)),
      update_key_(key("cluster/endpoint-update")),
      apply_key_(key("cluster/proxy-apply")) {}

BackendId EndpointController::create(std::string name,
                                     std::vector<DeploymentId> selected,
                                     const std::function<bool(const PodInfo&)>& settled) {
  const BackendId id{static_cast<std::uint32_t>(backends_.size())};
  Backend& backend = backends_.emplace_back();
  backend.name = std::move(name);
  backend.selected = std::move(selected);
  bool later = false;
  for (const PodInfo& pod : pods_) {
    if (!pod.present() || !selects(backend, pod.deployment)) continue;
    if (settled(pod)) {
      refresh(backend, pod.id);
    } else {
      later = true;
    }
  }
  apply(id, true);
  if (later) set_selector(id, backends_[id.index()].selected);
  return id;
}

void EndpointController::set_selector(BackendId id, std::vector<DeploymentId> selected) {
  Backend& backend = backends_.at(id.index());
  backend.selected = std::move(selected);
  const std::uint64_t address = address_of(kSelector + id.value, backend.changes++);
  simulation_.after(settings_.endpoint_update(draw_bits(update_key_, address)),
                    [this, id, address] {
                      bool changed = false;
                      for (const PodInfo& pod : pods_)
                        changed |= refresh(backends_[id.index()], pod.id);
                      if (changed) schedule_apply(id, address);
                    });
}

void EndpointController::pod_changed(PodId pod) {
  pod_changes_.resize(std::max(pod_changes_.size(), pods_.size()));
  const std::uint64_t address = address_of(pod.value, pod_changes_[pod.index()]++);
  const DeploymentId deployment = pods_[pod.index()].deployment;
  const Duration delay = settings_.endpoint_update(draw_bits(update_key_, address));
  for (std::uint32_t i = 0; i < backends_.size(); ++i) {
    if (!selects(backends_[i], deployment)) continue;
    simulation_.after(delay, [this, i, pod, address] {
      if (refresh(backends_[i], pod)) schedule_apply(BackendId{i}, address);
    });
  }
}

void EndpointController::pods_settled(DeploymentId deployment) {
  for (std::uint32_t i = 0; i < backends_.size(); ++i) {
    if (!selects(backends_[i], deployment)) continue;
    for (const PodInfo& pod : pods_)
      if (pod.deployment == deployment) refresh(backends_[i], pod.id);
    apply(BackendId{i}, false);
  }
}

std::span<const PodId> EndpointController::in_force(BackendId backend) const {
  return backends_.at(backend.index()).in_force;
}

const std::string& EndpointController::name(BackendId backend) const {
  return backends_.at(backend.index()).name;
}

std::span<const DeploymentId> EndpointController::selector(BackendId backend) const {
  return backends_.at(backend.index()).selected;
}

bool EndpointController::selects(const Backend& backend, DeploymentId deployment) const {
  return std::find(backend.selected.begin(), backend.selected.end(), deployment) !=
         backend.selected.end();
}

bool EndpointController::refresh(Backend& backend, PodId id) const {
  const PodInfo& pod = pods_[id.index()];
  // Before its first container a pod has no address.
  const bool listed =
      pod.present() && pod.phase != PodPhase::pending && selects(backend, pod.deployment);
  if (!listed) return backend.slice.remove(id);
  return backend.slice.put({id, pod.ready, pod.terminating});
}

void EndpointController::schedule_apply(BackendId id, std::uint64_t address) {
  Backend& backend = backends_[id.index()];
  const Time when = simulation_.now() + settings_.proxy_apply(draw_bits(apply_key_, address));
  if (backend.apply_at <= when) return;
  simulation_.cancel(backend.apply);
  backend.apply_at = when;
  backend.apply = simulation_.at(when, [this, id] { apply(id, false); });
}

void EndpointController::apply(BackendId id, bool always) {
  Backend& backend = backends_[id.index()];
  simulation_.cancel(backend.apply);
  backend.apply = 0;
  backend.apply_at = kNever;
  std::vector<PodId> usable = usable_endpoints(backend.slice.entries());
  if (!always && usable == backend.in_force) return;
  backend.in_force = std::move(usable);
  host_.endpoints_applied(id, backend.in_force);
  if (events_) {
    events_({simulation_.now(),
             "service/" + backend.name,
             "EndpointsApplied",
             std::to_string(backend.in_force.size()) + " endpoints in force",
             {}});
  }
  applied_();
}

}  // namespace coalmine
