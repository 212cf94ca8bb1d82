/// What can be scraped: the pods and Deployments that exist, and the counters that they show.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/service/effects.h"
#include "sim/service/instruments.h"
#include "sim/telemetry/dialects/dialect.h"

namespace coalmine {

/// Implemented by whoever knows the data plane and the cluster.
class InstrumentSource {
 public:
  struct PodTarget {
    PodId pod;
    DeploymentId deployment;
    double workers = 1;  ///< worker slots, > 0
  };
  virtual ~InstrumentSource() = default;

  /// All pods that exist now (deleted ones not), ascending by id.
  virtual std::vector<PodTarget> pods() const = 0;
  /// All Deployments the router has counted for or could route to, ascending by id.
  virtual std::vector<DeploymentId> routed_deployments() const = 0;
  /// What the labels of a pod's series, or (pod invalid) of the router's view of a Deployment, are
  /// made of, but for the endpoint.
  virtual TargetNames names(PodId pod, DeploymentId deployment) const = 0;
  /// Whether the pod's endpoint answers a scrape now.
  virtual bool answers_scrape(PodId pod, EndpointKind endpoint) const = 0;
  /// The present process's counters: they start at zero with every process start.
  virtual const Instruments& process(PodId pod) const = 0;
  /// Those of the pod's processes before; a sidecar has counted them too.
  virtual const Instruments& earlier(PodId pod) const = 0;
  virtual const Instruments& router(DeploymentId deployment) const = 0;
  /// Names of the users' segments; the router's view of a Deployment by place in it, those in none
  /// after the last.
  virtual const std::vector<std::string>& segments() const;
  virtual const Instruments& router(DeploymentId deployment, std::size_t segment) const;
  /// What faults do to the scrapes of a pod, or (pod invalid) of the router's view of a Deployment.
  virtual const std::vector<ScrapeEffect>& disturbances(PodId pod, DeploymentId deployment) const;
  virtual double in_flight(PodId pod) const = 0;

  // Asked only where a dialect wants to know.
  virtual std::vector<ReplicaSetInfo> replica_sets() const;
  virtual ReplicaSetInfo replica_set(ReplicaSetId id) const;
  virtual DeploymentInfo deployment(DeploymentId id) const;
  virtual PodFacts facts(PodId pod) const;
  /// Endpoints of the Deployment that the router knows.
  virtual double endpoints(DeploymentId deployment) const;
  /// The longest latency, in seconds, of the requests with these outcomes that the pod's process
  /// has ended within about a minute; 0: none.
  virtual double longest(PodId pod, OutcomeSet outcomes) const;
};

}  // namespace coalmine
