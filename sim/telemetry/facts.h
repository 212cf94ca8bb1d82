/// What is known of the objects of a cluster besides the requests they serve: what Kubernetes, the
/// node and a process say of themselves at the instant of a scrape.
#pragma once

#include <optional>

#include "sim/cluster/cluster.h"
#include "sim/cluster/pod_info.h"
#include "sim/kernel/time.h"

namespace coalmine {

struct PodFacts {
  PodInfo info;
  const DeploymentSpec* spec = nullptr;  ///< of its Deployment; valid until the cluster changes
  double memory = 0;                     ///< bytes that its process has in use
  double memory_limit = 0;               ///< bytes; 0: none
  double in_flight = 0;                  ///< requests waiting and in service
  double workers = 1;                    ///< worker slots
  double cpu_share = 1;                  ///< part of a busy worker's time that needs a processor
  double cores = 1;                      ///< processors of its container
};

/// Of one thing, the others are empty.
struct Facts {
  Time now{};
  std::optional<PodFacts> pod{};
  std::optional<ReplicaSetInfo> replica_set{};
  std::optional<DeploymentInfo> deployment{};
  double endpoints = 0;  ///< at the router: those of the Deployment that it knows
};

}  // namespace coalmine
