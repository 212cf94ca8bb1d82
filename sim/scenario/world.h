/// The running world of one replication, built from a Scenario: data plane, cluster, telemetry and
/// the rules, the page among them, on one Simulation. It starts settled: the old version long since
/// ready and warm; a settling period before time zero, played at the mean rate of the traffic's
/// past, fills the queues and shows the scraper the steady state that stands in for all the time
/// before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/kernel/event_log.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/task.h"
#include "sim/scenario/course.h"
#include "sim/scenario/scenario.h"
#include "sim/telemetry/promql_reader.h"
#include "sim/telemetry/rules/rule_runner.h"
#include "sim/telemetry/scraper.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {

/// What has happened in the control plane, as far as requests can have a say in it.
struct ControlPlaneCounts {
  std::size_t events = 0;
  std::size_t pods = 0;
  friend bool operator==(const ControlPlaneCounts&, const ControlPlaneCounts&) = default;
};

/// How far a world came before its release: what the requests left behind, and what was scraped.
/// Until then all releases and all strategies of one (seed, replication) are the same world, so one
/// of their runs plays it and the others go on from there.
struct WorldPast {
  TrafficState traffic;
  SeriesStore store;
  Scraper::Memory scraped;
  bool segments = false;  ///< DataPlane::knows_segments()
  bool sidecars = false;  ///< WorldSpec::sidecars
  ControlPlaneCounts control_plane;
};

/// Which world: everything random hangs on seed and replication alone.
struct WorldSpec {
  std::uint64_t seed = 7;
  std::uint32_t replication = 0;
  std::string release = "bad";  ///< which of Scenario::release_faults()
  /// record_arrivals() of this world, if it was called; else the world draws its own.
  std::shared_ptr<const ArrivalTape> arrivals{};
  /// Stores all that is exposed, for charts, queries and exports; else only what decisions read.
  bool keeps_everything = false;
  bool sidecars = true;                ///< ...of what pods' sidecars show as well
  std::vector<std::string> queries{};  ///< PromQL whose series are stored too
};

class WorldInstruments;

class World {
 public:
  static constexpr ServiceId kReleased{0};  ///< the service being released

  /// `scenario` outlives the world. After construction the clock stands before time zero, at the
  /// start of the settling period.
  World(const Scenario& scenario, const WorldSpec& spec);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const Scenario& scenario() const { return scenario_; }
  RandomKey key(std::string_view purpose) const;
  EventSink events();  ///< appends to the log
  const std::vector<Event>& log() const { return log_; }

  Simulation simulation;
  std::unique_ptr<DataPlane> data_plane;
  std::unique_ptr<Cluster> cluster;
  SeriesStore store;
  std::unique_ptr<PromqlReader> metrics;
  std::unique_ptr<Condition> paged;  ///< notified when a page begins to fire
  std::unique_ptr<rules::RuleRunner> page;

  DeploymentId stable;
  BackendId service_backend;
  VersionId old_version;
  VersionId new_version;
  WorkloadSpec workload;  ///< of `stable`

  /// The last instant that all runs of this world have in common.
  Time past_ends() const { return kTimeZero + scenario_.release.at - Duration(1); }
  /// What other runs of this world may go on from; the clock stands at past_ends(). Nothing, if the
  /// requests have had a say in what else happened: a page fired, a process died of one.
  std::optional<WorldPast> past() const;
  /// Of a world at its start: goes to past_ends() with only the control plane playing, and on from
  /// there with what the requests of `past` left behind. If its requests know more or less of their
  /// users than those, or it wants more series, it does nothing, and the world plays its past
  /// itself. False, and the world is of no use any more, if something went another way than in
  /// `past`.
  bool go_on_from(const WorldPast& past);

  // How the control goes on, for runs that come back to it (course.h). Landmarks stand
  // landmark_step() apart, the first as long after the release.
  Duration landmark_step() const;
  Time first_landmark() const;
  /// Of the control; the clock stands at a landmark, and they are told in order.
  void pass_landmark();
  /// Of the control at its end. Nothing, if its pods changed meanwhile or it would be too large.
  std::shared_ptr<const Course> course();
  /// At a landmark: whether this world's requests go on as in `course`. Then they are not played
  /// any more; whoever would act on pods or routes after that makes catch_up() fail.
  bool join(std::shared_ptr<const Course> course);
  bool joined() const { return joined_ != nullptr; }
  /// At the end of a world that joined: counts what it would have counted. False, and the world is
  /// of no use any more, if it should not have joined.
  bool catch_up();

  /// Deployments that have served the released service, ascending.
  std::vector<DeploymentId> released_deployments() const;
  int other_pods() const { return other_pods_; }  ///< pods of the services it calls

 private:
  TrafficModel traffic_model(const WorldSpec& spec);
  ControlPlaneCounts control_plane_so_far() const;
  bool keeps_sidecars() const { return spec_.sidecars || spec_.keeps_everything; }
  void make_dialects();
  void start_services();
  void start_telemetry();
  void start_rules();
  void forget_old_samples();

  const Scenario& scenario_;
  WorldSpec spec_;
  std::vector<Event> log_;
  std::vector<std::string> segments_;  ///< names
  /// By service, those it lists.
  std::vector<std::vector<std::unique_ptr<const MetricDialect>>> dialects_;
  std::unique_ptr<WorldInstruments> instruments_;
  std::unique_ptr<Scraper> scraper_;
  int other_pods_ = 0;
  std::shared_ptr<Course> passed_;        ///< the control's so far
  std::shared_ptr<const Course> joined_;  ///< null: it plays its own requests
  std::size_t joined_at_ = 0;             ///< landmark
};

}  // namespace coalmine
