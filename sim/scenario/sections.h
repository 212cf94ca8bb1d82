/// The declarative tables of the scenario's own sections: names, units, defaults, ranges, help.
/// The loader fills a `ScenarioDraft` with them; schema.h and reference.h print them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/settings.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

/// A probe as the scenario states it; what is absent keeps the manifest's value.
struct InlineProbe {
  bool none = false;  ///< `readiness: none`
  std::optional<Duration> initial_delay, period, timeout;
  std::optional<int> success_threshold, failure_threshold;
};

/// The Deployment as inline keys state it, to be laid over the manifest's.
struct InlineDeployment {
  std::optional<int> replicas;
  std::optional<Duration> min_ready, progress_deadline, termination_grace, pre_stop;
  std::optional<InlineProbe> readiness, liveness, startup;
  std::optional<std::string> image;

  void apply(DeploymentSpec& spec) const;
};

struct ServiceDraft {
  ServiceSettings settings;  ///< `deployment` not filled in yet
  InlineDeployment inline_keys;
};

struct ScenarioDraft {
  std::string api_version;
  std::string kind;
  Scenario scenario;  ///< services without their Deployments, the trace not read
  ServiceDraft service;
  std::vector<ServiceDraft> services;
};

Section<ServiceDraft> service_table();         // service_section.cpp
Section<TrafficSettings> traffic_table();      // traffic_section.cpp
Section<TelemetrySettings> telemetry_table();  // telemetry_section.cpp
Section<Objective> objective_table();
/// The whole scenario. The variants of `strategies` are those of the catalogue.
Section<ScenarioDraft> scenario_table(const StrategyCatalogue& strategies);

}  // namespace coalmine
