/// One little world played by both engines: the production DataPlane and the reference, from the
/// same description, so that what they say of every request and counter can be compared.
///
/// The description uses the production types; reference_of() translates it. Times are int64
/// nanoseconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"
#include "sim/service/service_model.h"
#include "sim/traffic/data_plane.h"
#include "sim/traffic/routing.h"
#include "tests/traffic/reference_engine.h"

namespace coalmine::testing {

struct TwinWorld {
  struct Pod {
    ServiceId service;
    DeploymentId deployment;
    VersionId version;
    bool listening = true;  ///< from the start, warm
  };

  TrafficModel model;
  UserModel users{};
  std::vector<RouteTable> routes;  ///< by service; one rule for everybody, users' with a mirror
  std::vector<Pod> pods;
  std::vector<std::vector<PodId>> endpoints;  ///< by backend
  std::vector<RefAction> actions;             ///< in order of time
  Duration restart_after{};                   ///< from a death to the next start; 0: none
  std::vector<Duration> offsets;              ///< user requests, ascending; the i-th has id i
  Duration end{};
};

/// What one request's sender saw, the same for both engines; copies have none. `start` is 0 where
/// service had not begun when the sender stopped waiting.
struct TwinRecord {
  std::uint64_t id = 0;
  std::uint32_t pod = 0;
  std::int64_t arrival = 0;
  std::int64_t start = 0;
  std::int64_t edge_time = 0;
  Outcome outcome = Outcome::ok;

  friend bool operator==(const TwinRecord&, const TwinRecord&) = default;
};

/// The counters both engines keep, at one instant.
struct TwinCounters {
  std::uint64_t sent = 0;
  std::uint64_t finished = 0;
  std::uint64_t served = 0;
  std::uint64_t unanswered = 0;
  std::vector<std::uint64_t> inside;                          ///< by pod
  std::vector<Instruments> pods;                              ///< process counters, by pod
  std::vector<Instruments> sidecars;                          ///< of all processes of a pod
  std::vector<std::array<std::uint64_t, kOutcomes>> routers;  ///< by deployment, as senders saw it,
                                                              ///< without no_endpoint
};

struct TwinRun {
  std::vector<TwinRecord> records;  ///< by id
  std::vector<TwinCounters> snapshots;
};

TwinRun play_twin_reference(const TwinWorld& world);

/// `always_stepped`: leaves with FIFO workers, too, go event by event.
TwinRun play_twin_production(const TwinWorld& world, bool always_stepped);

/// Empty if both tell the same history, else the first difference in words. Times, and sums of
/// times per request, may differ by `tolerance`.
std::string difference(const TwinRun& a, const TwinRun& b, Duration tolerance = Duration(0));

/// The parts of a world that a person needs to follow a failed case.
std::string describe(const TwinWorld& world);

}  // namespace coalmine::testing
