/// A recording: everything one run leaves behind that a person or a program may want to look at
/// afterwards. Reports, queries and the player read recordings, never a running engine. Plain data;
/// recorder.h makes it from a running world, recording_file.h keeps it on disk.
///
/// Two kinds of things stand side by side and never mix: telemetry (`series`: what was scraped,
/// all that a strategy could know) and the truth (`edge`, `frames`, the outcomes).
///
/// Ids are those of the run; they index the lists of `Cast`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/experiment/run.h"
#include "sim/kernel/ids.h"
#include "sim/kernel/log_histogram.h"
#include "sim/kernel/time.h"
#include "sim/scenario/scenario.h"
#include "sim/telemetry/labels.h"
#include "sim/telemetry/sample.h"
#include "sim/traffic/edge_tally.h"
#include "sim/traffic/routing.h"

namespace coalmine {

struct RecordedVersion {
  ServiceId service;
  std::string name;  ///< "v2"; empty for the only version of a service that is not released
};

struct RecordedPod {
  std::string name;
  ServiceId service;
  DeploymentId deployment;
  ReplicaSetId replica_set;
  VersionId version;
  Time created{};  ///< before time zero for those that were there
  Time gone_at = kNever;
};

/// Who plays, by id.
struct Cast {
  std::vector<std::string> services;  ///< [0] is the one being released
  std::vector<RecordedVersion> versions;
  std::vector<std::string> deployments;
  std::vector<std::string> backends;  ///< Kubernetes Services: what a route can name
  std::vector<std::string> segments;  ///< of the users
  std::vector<RecordedPod> pods;      ///< all that ever were
  std::vector<RouteTable> routes;     ///< all that were ever in force in a key-frame
};

// ---- telemetry

/// One series as stored, staleness markers among its values; times ascend strictly and have one
/// value each. The steady past before the run is part of it.
struct RecordedSeries {
  Labels labels;
  std::vector<Timestamp> times;
  std::vector<double> values;
};

// ---- the truth at the edge

/// Latencies by bucket of a LogHistogram: those that counted something, ascending.
using LatencyCounts = std::vector<std::pair<std::uint16_t, std::uint32_t>>;
LatencyCounts counts_of(const LogHistogram& histogram);
LogHistogram histogram_of(const LatencyCounts& counts);

struct RecordedEdgeVersion {
  std::vector<EdgeBin> bins;   ///< of the whole run
  std::uint64_t requests = 0;  ///< from the release on, as the next two
  std::uint64_t failed = 0;
  LatencyCounts latency;
};

/// EdgeTally, without the users.
struct RecordedEdge {
  Time bins_from{};  ///< at most a bin before time zero: one begins with the release
  Duration bin{};
  std::vector<Duration> bad_above;  ///< by objective, as in EdgeSettings
  /// By version; the last place: requests that reached no pod.
  std::vector<RecordedEdgeVersion> versions;
  std::vector<LatencyCounts> minutes;  ///< of all versions, by minute from the release on
};

// ---- the state of things

struct PodState {
  PodId pod;
  PodPhase phase = PodPhase::pending;
  bool ready = false;
  bool endpoint = false;  ///< the proxies know it as an endpoint of some Service
  int restarts = 0;
  std::uint32_t in_flight = 0;  ///< requests waiting and in service

  friend bool operator==(const PodState&, const PodState&) = default;
};

/// All that can be seen at one instant: what a player shows from here until the next one.
struct KeyFrame {
  Time time{};
  std::vector<PodState> pods;                 ///< those that exist, ascending
  std::vector<DeploymentStatus> deployments;  ///< by id, as many as there are by now
  std::vector<std::uint32_t> routes;          ///< in force, by service: place in Cast::routes
};

/// However long a run is.
inline constexpr std::size_t kMostKeyFrames = 2000;

struct Recording {
  RunResult result;       ///< what was played, and how it ended, with the events
  ScenarioSource source;  ///< what it was played from
  Duration duration{};
  Duration release_at{};
  PromDialect prometheus = PromDialect::v3;  ///< of the server that the run was seen through
  Duration evaluation_interval = std::chrono::minutes(1);  ///< of it, a millisecond at least
  Cast cast;
  std::vector<RecordedSeries> series;  ///< in the order in which they came to be
  RecordedEdge edge;
  std::vector<KeyFrame> frames;  ///< ascending, the first at time zero
};

}  // namespace coalmine
