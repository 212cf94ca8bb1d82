/// What the scraper sees of a world: the instruments and the state of its pods and Deployments, and
/// what they are called on labels (specs/metric-dialects.md section 0).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/course.h"
#include "sim/scenario/world.h"
#include "sim/telemetry/scraper.h"

namespace coalmine {

class WorldInstruments final : public InstrumentSource {
 public:
  /// The world outlives it.
  explicit WorldInstruments(World& world);

  /// From now on what is read of counters is kept as well; null: no more.
  void keep(Readings* readings) { kept_ = readings; }
  /// From now on counters go on from where they stand as they did in `course` from that landmark.
  void follow(std::shared_ptr<const Course> course, std::size_t landmark);

  std::vector<PodTarget> pods() const override;
  std::vector<DeploymentId> routed_deployments() const override;
  TargetNames names(PodId pod, DeploymentId deployment) const override;
  /// A sidecar answers as long as its pod runs, the process while it listens.
  bool answers_scrape(PodId pod, EndpointKind endpoint) const override;
  const Instruments& process(PodId pod) const override;
  const Instruments& earlier(PodId pod) const override;
  const Instruments& router(DeploymentId deployment) const override;
  double in_flight(PodId pod) const override;
  const std::vector<std::string>& segments() const override;
  const Instruments& router(DeploymentId deployment, std::size_t segment) const override;
  std::vector<ReplicaSetInfo> replica_sets() const override;
  ReplicaSetInfo replica_set(ReplicaSetId id) const override;
  DeploymentInfo deployment(DeploymentId id) const override;
  PodFacts facts(PodId pod) const override;
  double endpoints(DeploymentId deployment) const override;
  double longest(PodId pod, OutcomeSet outcomes) const override;
  const std::vector<ScrapeEffect>& disturbances(PodId pod, DeploymentId deployment) const override;

 private:
  TargetNames names_of(DeploymentId deployment, VersionId version) const;
  /// The Service over this Deployment alone.
  std::optional<BackendId> own_backend(DeploymentId deployment) const;
  /// The service that calls; Istio's word where there are several.
  std::string caller_of(const std::string& service) const;
  /// Once per instant: many targets share one.
  void settle() const;
  /// `own` is what the data plane has counted, `at_landmark` where the course stood, if it is known
  /// there.
  const Instruments& read(const Readings::Key& key,
                          const Instruments& own,
                          const Instruments* at_landmark) const;
  const TrafficCounts* landmark() const;  ///< null: follows nobody

  World& world_;
  std::vector<std::string> segments_;  ///< names
  mutable Time settled_at_ = Time::min();
  Readings* kept_ = nullptr;
  std::shared_ptr<const Course> course_;
  std::size_t landmark_ = 0;
  mutable Instruments followed_{0};  ///< what read() returns then
};

}  // namespace coalmine
