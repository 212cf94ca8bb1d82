/// The node's side of every pod: starts its container, probes it, restarts it with back-off, stops
/// it. One kubelet stands for all nodes: the rules are per pod, and capacity is not modelled.
///
///   created -> scheduled (5 % of the start-up time) -> [image pull] -> [init containers]
///     -> container runs -> (process start) -> process listens
///   container runs -> (relist, <= 1 s) seen -> probes count -> Ready
///   exit -> (relist) seen, not Ready -> back-off from the exit -> container runs again
///   delete -> (d1) -> preStop -> SIGTERM -> drain | exit | ignore -> SIGKILL at the end of grace
///   -> gone
///
/// A process that does not listen fails its probes. It refuses them too once it drains.
/// Source: specs/kubernetes.md sections 9-11.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/back_off.h"
#include "sim/cluster/deployment_spec.h"
#include "sim/cluster/latencies.h"
#include "sim/cluster/pod_host.h"
#include "sim/cluster/pod_info.h"
#include "sim/cluster/prober.h"
#include "sim/kernel/event_log.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"

namespace coalmine {

/// What all pods of a ReplicaSet have in common.
struct PodSetup {
  PodTemplate pod;
  DurationSampler process_start;
  OnSigterm on_sigterm = OnSigterm::drain;
};

class Kubelet {
 public:
  using KeyOf = std::function<RandomKey(std::string_view purpose)>;

  /// Writes the status of `pods`, which the API server owns, and tells `changed` of every change
  /// that others may react to: of the Ready condition, and when a pod is gone.
  Kubelet(Simulation& simulation,
          PodHost& host,
          const EventSink& events,
          const ClusterSettings& settings,
          const KeyOf& key,
          std::vector<PodInfo>& pods,
          std::function<void(PodId)> changed);
  Kubelet(const Kubelet&) = delete;
  Kubelet& operator=(const Kubelet&) = delete;

  void admit(PodId pod, std::shared_ptr<const PodSetup> setup);
  /// A pod whose container has run for long: ready, listening, warm.
  void admit_settled(PodId pod, std::shared_ptr<const PodSetup> setup);
  /// The pod has just got its deletionTimestamp.
  void pod_deleted(PodId pod);
  void kill(PodId pod, Death cause);  ///< the process dies now

 private:
  /// What a node knows of one pod beyond its status.
  struct State {
    std::shared_ptr<const PodSetup> setup;
    std::vector<ProbeWorker> probes;
    std::vector<Simulation::EventId> ticks;             ///< next tick of each probe
    std::vector<Simulation::EventId> container_events;  ///< die with the container
    std::vector<Simulation::EventId> pod_events;        ///< end when the pod is to be stopped
    RestartBackOff back_off;
    Time container_since{};
    bool seen = false;        ///< the relist has shown the container running
    bool started = false;     ///< the startup probe has passed, or there is none
    bool accepting = false;   ///< the process takes new connections
    bool stopping = false;    ///< the container is being stopped
    bool removing = false;    ///< the kubelet knows that the pod is deleted
    Exit exit = Exit::error;  ///< how the container will have ended when it does
  };

  void start_container(PodId pod);
  void see_container(PodId pod);
  void listen(PodId pod);
  void container_exits(PodId pod);
  void see_exit(PodId pod, Time exited);
  void restart(PodId pod);

  void start_ticking(PodId pod);
  void schedule_tick(PodId pod, std::size_t probe, Duration delay);
  void tick(PodId pod, std::size_t probe);
  void run_readiness_now(PodId pod);
  void probe_failed(PodId pod, const ProbeWorker& worker, bool changed);

  void stop_container(PodId pod, Duration grace, const std::string& why);
  void sigterm(PodId pod);
  void drain(PodId pod);
  void remove(PodId pod);

  void update_ready(PodId pod);
  void update_phase(PodId pod);
  void for_container(PodId pod, Duration delay, void (Kubelet::*step)(PodId));
  void for_pod(PodId pod, Duration delay, Simulation::Action action);
  void cancel(std::vector<Simulation::EventId>& events);
  Duration sample(const DurationSampler& sampler, RandomKey key, PodId pod) const;
  void emit(PodId pod, const char* reason, std::string message) const;

  PodInfo& info(PodId pod) { return pods_[pod.index()]; }
  State& state(PodId pod) { return states_[pod.index()]; }

  Simulation& simulation_;
  PodHost& host_;
  const EventSink& events_;
  const ClusterSettings& settings_;
  std::vector<PodInfo>& pods_;
  std::function<void(PodId)> changed_;
  std::vector<State> states_;
  RandomKey start_key_, init_key_, pull_key_, process_key_, relist_key_, delete_key_, phase_key_;
};

}  // namespace coalmine
