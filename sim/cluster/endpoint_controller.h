/// Services: keeps their EndpointSlices and brings them to the proxies.
///
/// A pod's change reaches the slice after d2, drawn per (pod, change); a changed slice reaches the
/// proxy after d3, together with whatever else has changed until then. One proxy stands for all:
/// the window of old endpoints is that of one node.
/// Source: specs/kubernetes.md sections 11 and 12.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster/endpoints.h"
#include "sim/cluster/latencies.h"
#include "sim/cluster/pod_host.h"
#include "sim/cluster/pod_info.h"
#include "sim/kernel/event_log.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"

namespace coalmine {

class EndpointController {
 public:
  /// `applied` is told whenever a proxy has taken over a new list.
  EndpointController(Simulation& simulation,
                     PodHost& host,
                     const EventSink& events,
                     const ClusterSettings& settings,
                     const std::function<RandomKey(std::string_view)>& key,
                     const std::vector<PodInfo>& pods,
                     std::function<void()> applied);
  EndpointController(const EndpointController&) = delete;
  EndpointController& operator=(const EndpointController&) = delete;

  /// The pods that `settled` accepts are in force at once.
  BackendId create(std::string name,
                   std::vector<DeploymentId> selected,
                   const std::function<bool(const PodInfo&)>& settled);
  void set_selector(BackendId backend, std::vector<DeploymentId> selected);
  void pod_changed(PodId pod);
  void pods_settled(DeploymentId deployment);  ///< all its pods are in force at once

  std::size_t size() const { return backends_.size(); }
  std::span<const PodId> in_force(BackendId backend) const;
  const std::string& name(BackendId backend) const;
  std::span<const DeploymentId> selector(BackendId backend) const;

 private:
  struct Backend {
    std::string name;
    std::vector<DeploymentId> selected;
    EndpointSlice slice;
    std::vector<PodId> in_force;
    Simulation::EventId apply = 0;
    Time apply_at = kNever;
    std::uint32_t changes = 0;  ///< of the selector
  };

  bool selects(const Backend& backend, DeploymentId deployment) const;
  /// Enters what is true of the pod now; true: the slice has changed.
  bool refresh(Backend& backend, PodId pod) const;
  void schedule_apply(BackendId backend, std::uint64_t address);
  void apply(BackendId backend, bool always);

  Simulation& simulation_;
  PodHost& host_;
  const EventSink& events_;
  const ClusterSettings& settings_;
  const std::vector<PodInfo>& pods_;
  std::function<void()> applied_;
  std::vector<Backend> backends_;
  std::vector<std::uint32_t> pod_changes_;  ///< by pod
  RandomKey update_key_;
  RandomKey apply_key_;
};

}  // namespace coalmine
