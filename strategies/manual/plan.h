/// What a person did during a release, as the scenario writes it down:
///
///     manual:
///       actions:
///         - {at: 0s, do: deployNew, replicas: 2}
///         - {at: 30s, do: waitReady}
///         - {at: 1m, do: route, share: 10%}
///         - {at: 6m, do: promote}
///
/// Errors, each at its place: a verb without what it needs or with what it does not take, times
/// that go back, a verb on the new version before deployNew, a second deployNew, anything after
/// rollBack, anything but rollBack after promote. Warnings, for what the rest of the scenario makes
/// pointless: actions after the end of the run, a header that nobody sends.
///
/// Not an ActionLog (sim/kernel/action_log.h), though both are logs of actions: that one replays
/// what was done in a session, at instants of the run, as words handed to a callback. Here a table
/// checks the words before anything runs, times count from the release, and each action is awaited.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/settings.h"
#include "sim/kernel/time.h"
#include "sim/scenario/scenario.h"

namespace coalmine {

enum class ManualVerb {
  deploy_new,      ///< a Deployment of the new version, not routed to
  wait_ready,      ///< until its pods are available
  scale,           ///< the new or the old Deployment
  route,           ///< share of the requests to the new version, the rest to the old one
  route_matching,  ///< requests with a header to the new version, the rest to the old one
  mirror,          ///< all requests to the old version, copies of a share to the new one
  promote,         ///< the new version to full size, all requests to it, the old one retired
  roll_back,       ///< the decision to stop: all requests to the old version, the new one retired
};

enum class WhichVersion { new_one, old_one };

struct ManualAction {
  Duration at{};  ///< since the release began; later if the action before takes longer
  ManualVerb verb = ManualVerb::deploy_new;
  std::optional<int> replicas;        ///< deployNew (empty: as many as the service has), scale
  std::optional<WhichVersion> of;     ///< scale; empty: the new version
  std::optional<double> share;        ///< route, mirror: [0, 1]
  std::optional<std::string> header;  ///< routeMatching
  std::optional<std::string> value;   ///< routeMatching; empty: the header with any value
};

struct ManualPlan {
  std::vector<ManualAction> actions;  ///< in order of time
  Duration ready_within{};            ///< limit of waitReady, and of promote's wait for pods
};

Section<ManualPlan> manual_table();

/// What in the rest of the scenario makes an action pointless.
void check_manual(const ManualPlan& plan,
                  const Scenario& scenario,
                  const SectionView& at,
                  Diagnostics& problems);

/// As the scenario and the timeline say it: "route share: 10%".
std::string say(const ManualAction& action);

}  // namespace coalmine
