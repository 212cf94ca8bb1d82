/// A pod as the API server shows it: what controllers, strategies and reports may see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// The forms of a pod in the order of a good life. `crashed` covers every wait for a container
/// restart (CrashLoopBackOff is the name of that wait); the Kubernetes phase of all from `starting`
/// on is Running.
enum class PodPhase {
  pending,      ///< no container yet
  starting,     ///< the container runs, the process does not listen
  running,      ///< it listens, the pod is not Ready
  ready,        ///< Ready; without a readiness probe possibly before the process listens
  crashed,      ///< the container has exited and will be started again
  terminating,  ///< deleted, still here for at most its grace period
  gone,         ///< the object no longer exists
};

/// How a container ended, in the words of its status.
enum class Exit : std::uint8_t {
  none,           ///< none has
  completed,      ///< told to, it finished what it had (exit code 0)
  error,          ///< it crashed, or SIGKILL ended it
  out_of_memory,  ///< OOMKilled
};

struct PodInfo {
  PodId id;
  std::string name;
  ServiceId service;
  DeploymentId deployment;
  ReplicaSetId replica_set;
  VersionId version;
  PodPhase phase = PodPhase::pending;
  bool ready = false;              ///< the Ready condition, as the kubelet last reported it
  bool terminating = false;        ///< has a deletionTimestamp
  bool listening = false;          ///< the process accepts connections (the truth)
  bool container = false;          ///< a container is running
  int restarts = 0;                ///< of its container
  bool backing_off = false;        ///< its container waits to be started again: CrashLoopBackOff
  int oom_kills = 0;               ///< of its containers
  Exit last_exit = Exit::none;     ///< of the container before the present one
  Time container_since = kNever;   ///< start of the latest container; kNever: there was none
  Time created{};                  ///< settled pods: well before the run
  Time ready_since = Time::min();  ///< last change of the Ready condition to True; min: never
  std::optional<Time> settled_at;  ///< when it was put here long running, if it was
  Time gone_at = kNever;           ///< when the object disappeared
  std::uint64_t uid = 0;           ///< random; breaks ties in the order of deletion

  bool active() const { return !terminating && phase != PodPhase::gone; }
  bool present() const { return phase != PodPhase::gone; }
};

}  // namespace coalmine
