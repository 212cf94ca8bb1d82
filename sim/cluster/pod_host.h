/// What the control plane tells whoever carries requests, and the little it may ask. The data plane
/// (sim/traffic) implements it; tests use a fake. All calls happen at control events, at
/// Simulation::now().
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// Why a process ends of itself.
enum class Death : std::uint8_t { none, crash, out_of_memory };

class PodHost {
 public:
  virtual ~PodHost() = default;

  /// A new pod exists (no process yet). Called once per pod, ids ascending from 0.
  virtual void pod_created(PodId pod,
                           ServiceId service,
                           DeploymentId deployment,
                           VersionId version) = 0;
  /// The pod's process listens from now on, with cold state; again after every container restart.
  /// `warm` means long since warmed up (the settled pods of time zero). Returns after how long the
  /// process crashes of itself (a fault), if it does.
  virtual std::optional<Duration> process_started(PodId pod, bool warm) = 0;
  /// The process refuses new connections but finishes what it has (graceful SIGTERM handling).
  virtual void stops_accepting(PodId pod) = 0;
  /// No request is inside the pod.
  virtual bool idle(PodId pod) = 0;
  /// The process is gone (exit, crash or SIGKILL): whatever was in flight is lost, connections are
  /// refused.
  virtual void process_ended(PodId pod) = 0;
  /// The endpoints of a Service as the proxies see them from now on, ascending pod ids.
  virtual void endpoints_applied(BackendId backend, std::span<const PodId> pods) = 0;
  /// Whether a probe that the process itself answers would succeed now (a running process; faults
  /// may lie or fail it). The cluster asks only while the container runs.
  virtual bool answers_probe(PodId pod, bool liveness) = 0;
};

}  // namespace coalmine
