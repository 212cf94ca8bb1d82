#include "sim/experiment/recorder.h"

#include <algorithm>
#include <utility>

#include "sim/kernel/task.h"

namespace coalmine {
namespace {

constexpr Duration kSpacing = std::chrono::seconds(1);

/// Half of the frames, an even number, with room for the last one of the run.
std::size_t most_of_a_kind(const World& world) {
  return (most_key_frames(world.cluster->pods().size()) - 1) / 4 * 2;
}

/// Calls `changed` after every notification.
Task<void> watch(Simulation& simulation, Condition& condition, std::function<void()> changed) {
  for (;;) {
    bool notified = false;  // the first look is at the state before
    co_await wait_until(
        simulation, condition, [&notified] { return std::exchange(notified, true); });
    changed();
  }
}

/// By pod: whether any Service's proxies know it.
std::vector<bool> known_endpoints(const Cluster& cluster) {
  std::vector<bool> known(cluster.pods().size());
  for (std::uint32_t b = 0; b < cluster.backend_count(); ++b)
    for (const PodId pod : cluster.endpoints(BackendId{b})) known[pod.index()] = true;
  return known;
}

Cast cast_of(const World& world) {
  const Scenario& scenario = world.scenario();
  const Cluster& cluster = *world.cluster;
  Cast cast;
  cast.services.push_back(scenario.service.name);
  for (const ServiceSettings& s : scenario.services) cast.services.push_back(s.name);
  for (std::uint32_t v = 0; v < world.data_plane->edge().settings().versions; ++v) {
    const VersionId id{v};
    cast.versions.push_back({world.data_plane->version(id).service,
                             id == world.old_version   ? scenario.release.from
                             : id == world.new_version ? scenario.release.version
                                                       : ""});
  }
  for (std::uint32_t d = 0; d < cluster.deployment_count(); ++d)
    cast.deployments.push_back(cluster.spec(DeploymentId{d}).name);
  for (std::uint32_t b = 0; b < cluster.backend_count(); ++b)
    cast.backends.push_back(cluster.backend_name(BackendId{b}));
  for (const UserSegment& s : scenario.traffic.segments) cast.segments.push_back(s.name);
  for (const PodInfo& p : cluster.pods())
    cast.pods.push_back(
        {p.name, p.service, p.deployment, p.replica_set, p.version, p.created, p.gone_at});
  return cast;
}

RecordedSeries series_of(const StoredSeries& stored) {
  return {*stored.labels,
          {stored.times.begin(), stored.times.end()},
          {stored.values.begin(), stored.values.end()}};
}

RecordedEdge edge_of(const EdgeTally& tally) {
  RecordedEdge edge;
  edge.bins_from = tally.bins_from();
  edge.bin = EdgeTally::kBin;
  edge.bad_above = tally.settings().bad_above;
  for (std::size_t v = 0; v < tally.versions().size(); ++v) {
    const EdgeVersion& version = tally.versions()[v];
    edge.versions.push_back(
        {tally.bins_of(v), version.requests, version.failed, counts_of(version.latency)});
  }
  for (const LogHistogram& minute : tally.minutes()) edge.minutes.push_back(counts_of(minute));
  return edge;
}

}  // namespace

std::size_t most_key_frames(std::size_t pods) {
  constexpr std::size_t kFewest = 100;
  constexpr std::size_t kMostPodStates = kMostKeyFrames * 1000;
  return std::clamp(kMostPodStates / std::max<std::size_t>(pods, 1), kFewest, kMostKeyFrames);
}

Recorder::Recorder(World& world)
    : world_(world), regular_(most_of_a_kind(world)), changes_(most_of_a_kind(world)) {
  look_every_second(kTimeZero);
  world_.data_plane->on_routes([this] { look_after_this_instant(); });
  world_.simulation.tasks().spawn(
      watch(world_.simulation, world_.cluster->changed(), [this] { look_after_this_instant(); }));
}

Recorder::~Recorder() {
  world_.data_plane->on_routes(nullptr);
  world_.simulation.cancel(next_look_);
  world_.simulation.cancel(pending_change_);
}

void Recorder::look_every_second(Time at) {
  next_look_ = world_.simulation.at_end_of_instant(at, [this, at] {
    regular_.offer([this] { return frame(); });
    look_every_second(at + kSpacing);
  });
}

void Recorder::look_after_this_instant() {
  if (pending_change_ != 0 || world_.simulation.now() < kTimeZero) return;
  pending_change_ = world_.simulation.at_end_of_instant(world_.simulation.now(), [this] {
    pending_change_ = 0;
    changes_.offer([this] { return frame(); });
  });
}

KeyFrame Recorder::frame() {
  const Cluster& cluster = *world_.cluster;
  KeyFrame frame;
  frame.time = world_.simulation.now();
  const std::vector<bool> endpoint = known_endpoints(cluster);
  for (const PodInfo& p : cluster.pods())
    if (p.present())
      frame.pods.push_back({p.id,
                            p.phase,
                            p.ready,
                            endpoint[p.id.index()],
                            p.restarts,
                            world_.data_plane->in_flight(p.id)});
  for (std::uint32_t d = 0; d < cluster.deployment_count(); ++d)
    frame.deployments.push_back(cluster.status(DeploymentId{d}));
  for (std::uint32_t s = 0; s <= world_.scenario().services.size(); ++s)
    frame.routes.push_back(route_in_force(ServiceId{s}));
  return frame;
}

std::uint32_t Recorder::route_in_force(ServiceId service) {
  RouteTable table = world_.data_plane->routes(service);
  const auto found = std::find(routes_.begin(), routes_.end(), table);
  const auto place = static_cast<std::uint32_t>(found - routes_.begin());
  if (found == routes_.end()) routes_.push_back(std::move(table));
  return place;
}

/// Both kinds in order of time. Of an instant that has several, the one after the last change
/// stays.
std::vector<KeyFrame> Recorder::frames() {
  std::vector<KeyFrame> all = regular_.kept();
  all.insert(all.end(), changes_.kept().begin(), changes_.kept().end());
  const auto earlier = [](const KeyFrame& a, const KeyFrame& b) { return a.time < b.time; };
  const auto same = [](const KeyFrame& a, const KeyFrame& b) { return a.time == b.time; };
  std::stable_sort(all.begin(), all.end(), earlier);
  all.erase(all.begin(), std::unique(all.rbegin(), all.rend(), same).base());
  if (all.empty() || all.back().time < world_.simulation.now()) all.push_back(frame());
  return all;
}

Recording record(const RunSpec& spec, const std::stop_token& stop) {
  Recording recording;
  PlayedRun run = play_alone(spec, stop, &recording);
  add_control(run, spec, stop);
  recording.result = std::move(run.result);
  return recording;
}

Recording Recorder::finish() {
  Recording recording;
  recording.source = world_.scenario().source;
  recording.duration = world_.scenario().duration;
  recording.release_at = world_.scenario().release.at;
  recording.prometheus = world_.scenario().telemetry.prometheus;
  recording.evaluation_interval = world_.scenario().telemetry.evaluation_interval;
  recording.frames = frames();
  recording.cast = cast_of(world_);
  recording.cast.routes = routes_;
  for (std::uint32_t i = 0; i < world_.store.size(); ++i)
    if (const StoredSeries series = world_.store.at(SeriesId{i}); !series.times.empty())
      recording.series.push_back(series_of(series));
  recording.edge = edge_of(world_.data_plane->edge());
  return recording;
}

LatencyCounts counts_of(const LogHistogram& histogram) {
  LatencyCounts counts;
  for (std::size_t b = 0; b < LogHistogram::kBuckets; ++b)
    if (const std::uint32_t n = histogram.bucket_count(b); n > 0)
      counts.emplace_back(static_cast<std::uint16_t>(b), n);
  return counts;
}

LogHistogram histogram_of(const LatencyCounts& counts) {
  LogHistogram histogram;
  for (const auto& [bucket, n] : counts)
    histogram.add(Duration(LogHistogram::lower_edge(bucket)), n);
  return histogram;
}

}  // namespace coalmine
