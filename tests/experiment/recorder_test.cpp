// What a recording holds of a run, and that nobody is disturbed by its being made.
#include "sim/experiment/recorder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

/// What a player shows at `t`.
const KeyFrame& frame_at(const Recording& recording, Time t) {
  const auto later = std::find_if(recording.frames.begin(),
                                  recording.frames.end(),
                                  [t](const KeyFrame& f) { return f.time > t; });
  REQUIRE(later != recording.frames.begin());
  return *std::prev(later);
}

bool same_events(const std::vector<Event>& a, const std::vector<Event>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Event& x, const Event& y) {
    return x.time == y.time && x.object == y.object && x.reason == y.reason &&
           x.message == y.message;
  });
}

/// The store that a query over the recording looks at.
SeriesStore store_of(const Recording& recording) {
  SeriesStore store;
  for (const RecordedSeries& series : recording.series) {
    const SeriesId id = store.series(series.labels);
    for (std::size_t i = 0; i < series.times.size(); ++i)
      CHECK(store.append(id, series.times[i], series.values[i]));
  }
  return store;
}

}  // namespace

TEST_CASE("a run is the same whether anybody records it or not", "[experiment][recorder]") {
  // Both pod forms, and the human.
  for (const std::string discipline : {"fifo", "ps"}) {
    const auto scenario = short_scenario({"service.pod.discipline=" + discipline});
    std::vector<std::string> strategies{"control"};
    for (const StrategyChoice& choice : scenario->strategies) strategies.push_back(choice.name);
    for (const std::string& strategy : strategies) {
      INFO(discipline << " " << strategy);
      const RunResult alone = play(spec_of(scenario, strategy));
      const RunResult recorded = record(spec_of(scenario, strategy)).result;
      CHECK(recorded.fingerprint == alone.fingerprint);
      CHECK(recorded.outcomes == alone.outcomes);
      CHECK(recorded.verdict == alone.verdict);
      CHECK(recorded.harmed == alone.harmed);
      CHECK(recorded.requests == alone.requests);
      CHECK(same_events(recorded.events, alone.events));
    }
  }
}

TEST_CASE("a recording says what was played", "[experiment][recorder]") {
  RunSpec spec = spec_of(short_scenario({"release.version=v7"}), "canary", "good", 11);
  spec.replication = 3;
  const Recording recording = record(spec);
  CHECK(recording.result.scenario == "short");
  CHECK(recording.result.strategy == "canary");
  CHECK(recording.result.release == "good");
  CHECK(recording.result.seed == 11);
  CHECK(recording.result.replication == 3);
  CHECK(recording.duration == Duration(10min));
  CHECK(recording.release_at == Duration(2min));
  CHECK(recording.source.text.find("metadata: {name: short}") != std::string::npos);
  CHECK(recording.source.overrides == std::vector<std::string>{"release.version=v7"});
  CHECK(recording.cast.services == std::vector<std::string>{"shop"});
  REQUIRE(recording.cast.versions.size() == 2);
  CHECK(recording.cast.versions[0].name == "v1");
  CHECK(recording.cast.versions[1].name == "v7");
}

TEST_CASE("an interrupted run leaves no recording, and says so", "[experiment][recorder]") {
  std::stop_source stop;
  stop.request_stop();
  const Recording recording = record(spec_of(short_scenario(), "rolling"), stop.get_token());
  CHECK(recording.result.interrupted);
  CHECK(recording.frames.empty());
}

// ---- key-frames

TEST_CASE("a key-frame shows what there was at that instant and until the next change",
          "[experiment][recorder][frames]") {
  const auto scenario = short_scenario();
  for (const StrategyChoice& choice : scenario->strategies) {
    const std::string& strategy = choice.name;
    INFO(strategy);
    const Recording recording = record(spec_of(scenario, strategy));
    Stage stage(scenario);
    stage.play_strategy(strategy);
    std::size_t other_pods = 0, other_statuses = 0, other_routes = 0;
    for (Duration t = 0s; t <= scenario->duration; t += 1237ms) {
      stage.advance_to(t);
      const KeyFrame& frame = frame_at(recording, kTimeZero + t);
      std::vector<PodState> pods;
      for (const PodInfo& p : stage.world.cluster->pods())
        if (p.present()) pods.push_back({p.id, p.phase, p.ready, false, p.restarts, 0});
      std::vector<PodState> shown = frame.pods;
      for (PodState& p : shown) {
        p.endpoint = false;
        p.in_flight = 0;  // moves on between frames
      }
      other_pods += shown != pods;
      for (std::size_t d = 0; d < frame.deployments.size(); ++d) {
        const auto id = DeploymentId{static_cast<std::uint32_t>(d)};
        const DeploymentStatus now = stage.world.cluster->status(id);
        const DeploymentStatus& then = frame.deployments[d];
        other_statuses += then.desired != now.desired || then.available != now.available ||
                          then.updated != now.updated || then.complete != now.complete;
      }
      other_routes += recording.cast.routes[frame.routes[0]] !=
                      stage.world.data_plane->routes(World::kReleased);
    }
    CHECK(other_pods == 0);
    CHECK(other_statuses == 0);
    CHECK(other_routes == 0);
    CHECK(recording.frames.size() > 600);
  }
}

TEST_CASE("a key-frame tells how many requests each pod has and who gets traffic",
          "[experiment][recorder][frames]") {
  // 60 requests/s of 30 ms mean on 4 pods: 1.9 in flight, and always somebody.
  const Recording recording = record(spec_of(short_scenario(), "control"));
  double in_flight = 0;
  for (const KeyFrame& frame : recording.frames) {
    REQUIRE(frame.pods.size() == 4);
    for (const PodState& pod : frame.pods) {
      CHECK(pod.endpoint);
      CHECK(pod.ready);
      in_flight += pod.in_flight;
    }
  }
  in_flight /= static_cast<double>(recording.frames.size());
  CHECK(in_flight > 1);
  CHECK(in_flight < 3);
}

TEST_CASE("however long a run is it has at most 2000 key-frames from its begin to its end",
          "[experiment][recorder][frames]") {
  for (const char* duration : {"4m30500ms", "45m", "9h"}) {
    INFO(duration);
    const auto scenario =
        short_scenario({std::string("duration=") + duration, "traffic.rate=1/s", "onCall=none"});
    const Recording recording = record(spec_of(scenario, "canary"));
    CHECK(recording.frames.size() <= kMostKeyFrames);
    CHECK(recording.frames.front().time == kTimeZero);
    CHECK(recording.frames.back().time == kTimeZero + scenario->duration);
    Duration widest{};
    for (const KeyFrame& frame : recording.frames) REQUIRE(frame.pods.size() >= 4);
    for (std::size_t i = 1; i < recording.frames.size(); ++i) {
      REQUIRE(recording.frames[i].time > recording.frames[i - 1].time);
      widest = std::max(widest, recording.frames[i].time - recording.frames[i - 1].time);
    }
    // Thinned by halves: 1, 4 and 64 s.
    CHECK(widest <= 2 * scenario->duration / 998 + Duration(1s));
  }
}

TEST_CASE("beyond a thousand pods there are fewer key-frames", "[experiment][recorder][frames]") {
  CHECK(most_key_frames(0) == 2000);
  CHECK(most_key_frames(1000) == 2000);
  CHECK(most_key_frames(4000) == 500);
  CHECK(most_key_frames(1'000'000) == 100);
}

// ---- telemetry

TEST_CASE("a query over the recording gives what a strategy was told during the run",
          "[experiment][recorder][telemetry]") {
  const auto scenario = short_scenario({"telemetry.scrapeLoss=5%"});
  const Recording recording = record(spec_of(scenario, "canary"));
  const SeriesStore store = store_of(recording);
  Stage stage(scenario);
  stage.play_strategy("canary");
  std::size_t different = 0, compared = 0;
  for (const Duration t : {Duration(30s), Duration(2min), Duration(251s), Duration(10min)}) {
    stage.advance_to(t);
    const PromqlReader then(stage.world.simulation, store, [&](DeploymentId d) {
      return recording.cast.deployments.at(d.index());
    });
    for (const DeploymentId d : stage.world.released_deployments())
      for (const Vantage vantage : {Vantage::router, Vantage::pod}) {
        const MetricTarget target{{d}, vantage, {}};
        // The recording reaches further: only windows are compared, for they end with t.
        for (const Duration window : {Duration(1min), Duration(1h)}) {
          const Reading now = stage.world.metrics->error_ratio(target, window);
          const Reading later = then.error_ratio(target, window);
          different += now.value != later.value || now.samples != later.samples;
          CHECK(now.query == later.query);
          const Reading p99 = stage.world.metrics->latency_quantile(target, 0.99, window);
          different += p99.value != then.latency_quantile(target, 0.99, window).value;
          ++compared;
        }
      }
  }
  CHECK(compared > 20);
  CHECK(different == 0);
}

TEST_CASE("the recording has every target with its scrapes, and only series that came to be",
          "[experiment][recorder][telemetry]") {
  const Recording recording = record(spec_of(short_scenario(), "recreate"));
  std::set<std::string> instances, pods;
  std::size_t gone = 0, past = 0;
  for (const RecordedSeries& s : recording.series) {
    REQUIRE(s.values.size() == s.times.size());
    REQUIRE(!s.times.empty());
    CHECK(std::is_sorted(s.times.begin(), s.times.end()));
    if (s.labels.metric_name().substr(0, 6) == "ALERTS") continue;  // made by rules
    CHECK(s.labels.has("job"));
    CHECK(s.labels.has("instance"));
    CHECK(s.labels.metric_name().substr(0, 10) != "experiment");  // there is none
    if (s.labels.metric_name() != "up") continue;
    instances.emplace(s.labels.get("job"));
    if (s.labels.get("job") == "shop") pods.emplace(s.labels.get("instance"));
    gone += is_stale_marker(s.values.back());
    past += to_time(s.times.front()) < kTimeZero;
  }
  CHECK(instances == std::set<std::string>{"istio-proxy", "shop"});
  std::set<std::string> ever;
  for (const RecordedPod& pod : recording.cast.pods) ever.insert(pod.name);
  CHECK(pods == ever);
  CHECK(pods.size() >= 8);
  CHECK(gone >= 8);  // sidecars and processes of the old pods at least
  CHECK(past == 9);  // the router, and four pods twice
}

TEST_CASE("the recording keeps what no strategy reads", "[experiment][recorder][telemetry]") {
  const auto scenario = short_scenario();
  const Recording recording = record(spec_of(scenario, "canary"));
  Stage stage(scenario);
  stage.play_strategy("canary");
  stage.advance_to_end();
  std::set<Labels> read;
  for (std::uint32_t i = 0; i < stage.world.store.size(); ++i)
    read.insert(*stage.world.store.at(SeriesId{i}).labels);
  std::size_t shared = 0;
  std::set<std::string> names;
  for (const RecordedSeries& s : recording.series) {
    shared += read.contains(s.labels);
    names.emplace(s.labels.metric_name());
  }
  CHECK(shared == read.size());
  CHECK(recording.series.size() > shared);
  for (const char* name : {"up", "worker_busy_seconds_total", "requests_in_flight", "workers"})
    CHECK(names.contains(name));
}

// ---- the truth

TEST_CASE("the edge in the recording adds up to the outcomes", "[experiment][recorder][edge]") {
  const Recording recording = record(spec_of(short_scenario(), "rolling"));
  double requests = 0, failed = 0;
  LogHistogram latency;
  for (const RecordedEdgeVersion& v : recording.edge.versions) {
    requests += static_cast<double>(v.requests);
    failed += static_cast<double>(v.failed);
    latency.merge(histogram_of(v.latency));
    std::uint64_t in_bins = 0;
    for (std::size_t i = 0; i < v.bins.size(); ++i) {
      const Time from =
          recording.edge.bins_from + static_cast<std::int64_t>(i) * recording.edge.bin;
      if (from >= kTimeZero + recording.release_at) in_bins += v.bins[i].requests;
    }
    CHECK(in_bins == v.requests);
  }
  CHECK(requests == outcome(recording.result, "requests"));
  CHECK(failed == outcome(recording.result, "failed_requests"));
  CHECK(to_seconds(*latency.quantile(0.99)) == outcome(recording.result, "latency_p99"));
  double worst = 0;
  for (const LatencyCounts& minute : recording.edge.minutes)
    worst = std::max(worst, to_seconds(*histogram_of(minute).quantile(0.99)));
  CHECK(worst == outcome(recording.result, "worst_minute_p99"));
  // Two versions answered; nobody was without one.
  CHECK(recording.edge.versions[0].requests > 0);
  CHECK(recording.edge.versions[1].requests > 0);
}
