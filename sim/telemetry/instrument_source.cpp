#include "sim/telemetry/instrument_source.h"

namespace coalmine {

const std::vector<std::string>& InstrumentSource::segments() const {
  static const std::vector<std::string> kNone;
  return kNone;
}

const Instruments& InstrumentSource::router(DeploymentId deployment, std::size_t) const {
  return router(deployment);
}

const std::vector<ScrapeEffect>& InstrumentSource::disturbances(PodId, DeploymentId) const {
  static const std::vector<ScrapeEffect> kNone;
  return kNone;
}

std::vector<ReplicaSetInfo> InstrumentSource::replica_sets() const {
  return {};
}
ReplicaSetInfo InstrumentSource::replica_set(ReplicaSetId id) const {
  return {id, {}, {}, 0, {}, 0, {}};
}
DeploymentInfo InstrumentSource::deployment(DeploymentId id) const {
  return {id, nullptr, {}, 0, 0, false, {}};
}
PodFacts InstrumentSource::facts(PodId) const {
  return {};
}
double InstrumentSource::endpoints(DeploymentId) const {
  return 0;
}
double InstrumentSource::longest(PodId, OutcomeSet) const {
  return 0;
}

}  // namespace coalmine
