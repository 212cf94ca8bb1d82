#include "tests/experiment/small_recording.h"

#include <stdlib.h>

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>

#include "sim/kernel/diagnostics.h"

namespace coalmine::test {
namespace {

using namespace std::chrono_literals;

RunResult small_result() {
  RunResult r;
  r.scenario = "small";
  r.seed = 0xfedcba9876543210U;
  r.replication = 4'000'000'000U;
  r.strategy = "canary";
  r.name = "timid";
  r.release = "mix";
  r.played = "bad";
  r.on_call = false;
  r.stopped_by = "canary";
  r.verdict = Verdict::rolled_back;
  r.fingerprint = 0x0123456789abcdefU;
  r.requests = 123'456'789'012U;
  r.harmed = true;
  r.outcomes = {{"availability", 0.1}, {"time_to_detect", std::nullopt}, {"latency_p99", 1e-300}};
  r.events.push_back({kTimeZero, "deployment/a", "ScaledUp", "to 3", {}});
  r.events.push_back({kTimeZero + 1s, "pod/a-1", "Ready", "", {}});
  r.events.push_back({kTimeZero + 1s,
                      "canary",
                      "Stopped",
                      "größer, \"viel\"\n",
                      {{"error_ratio", 60s, 441, 0.0845, 0.01}, {"p99", 30s, 0, 0.2, {}}}});
  r.events.push_back({kTimeZero + 9min,
                      "canary",
                      "Checked",
                      "to 3",
                      {{"none", 60s, 0, {}, {}, "3 series where one is needed"}}});
  return r;
}

Cast small_cast() {
  Cast cast;
  cast.services = {"a", "b"};
  cast.versions = {{ServiceId{0}, "v1"}, {ServiceId{1}, ""}, {ServiceId{0}, "v2"}};
  cast.deployments = {"a", "b", "a-canary"};
  cast.backends = {"a", "b", "a-canary"};
  cast.segments = {"staff"};
  cast.pods.push_back({"a-1",
                       ServiceId{0},
                       DeploymentId{0},
                       ReplicaSetId{0},
                       VersionId{0},
                       kTimeZero - 1h,
                       kNever});
  cast.pods.push_back({"b-1",
                       ServiceId{1},
                       DeploymentId{1},
                       ReplicaSetId{1},
                       VersionId{1},
                       kTimeZero - 1h,
                       kTimeZero + 3s});
  cast.pods.push_back({"a-canary-1",
                       ServiceId{0},
                       DeploymentId{2},
                       ReplicaSetId{2},
                       VersionId{2},
                       kTimeZero + 1s,
                       kNever});
  RouteTable split;
  split.rules.push_back({{"x-user", "staff"}, {{BackendId{2}, 1}}, Stickiness::user, {}});
  split.rules.push_back({{},
                         {{BackendId{0}, 950'000}, {BackendId{2}, 50'000}},
                         Stickiness::session,
                         Mirror{BackendId{2}, 0.25}});
  cast.routes = {RouteTable::to(BackendId{0}), RouteTable::to(BackendId{1}), split};
  return cast;
}

std::vector<RecordedSeries> small_series() {
  const auto at = [](auto... since_start) {
    return std::vector<Timestamp>{Timestamp(since_start)...};
  };
  const auto regular = at(-5s, 10s, 25s, 41'007ms);
  const double nan = kOrdinaryNan;
  return {{{{"__name__", "requests_total"}, {"code", "200"}}, regular, {1e15, 1e15 + 6000, 3, 9}},
          {{{"__name__", "requests_total"}, {"code", "500"}}, at(25s, 41'007ms), {1, kStaleMarker}},
          {{{"__name__", "seconds_sum"}, {"pod", "größer \"viel\"\n"}},
           regular,
           {kStaleMarker, 25 * 1e-9, 123'456'789 * 1e-9, 1e6}},
          {{{"__name__", "in_flight"}}, regular, {-0.0, nan, 1.0 / 3, 1e308}},
          {{{"__name__", "up"}}, at(-21'600'000ms, 0s, 1ms), {kStaleMarker, kStaleMarker, 1}},
          {{{"__name__", "nothing"}}, {}, {}},
          {{}, at(0s), {0}}};
}

RecordedEdge small_edge() {
  RecordedEdge edge;
  edge.bins_from = kTimeZero - 5s;
  edge.bin = 10s;
  edge.bad_above = {kForever, 300ms};
  for (std::uint32_t v = 0; v < 4; ++v) {
    RecordedEdgeVersion version;
    version.requests = v * 100'000'000'000U;
    version.failed = v;
    if (v > 0) version.latency = {{std::uint16_t{0}, 1}, {std::uint16_t{961}, 4'000'000'000U}};
    version.bins = {{v, 1, {2, 3}}, {300, 200, {200, 0}}};
    edge.versions.push_back(version);
  }
  edge.minutes = {{}, {{std::uint16_t{500}, 7}}};
  return edge;
}

KeyFrame frame(Duration at, std::uint32_t in_flight) {
  KeyFrame frame;
  frame.time = kTimeZero + at;
  frame.pods.push_back({PodId{0}, PodPhase::ready, true, true, 0, in_flight});
  frame.pods.push_back({PodId{2}, PodPhase::crashed, false, false, 300, 0});
  frame.deployments.push_back({3, 2, 1, 2, 2, 1, 1, true, false, true, 7});
  frame.deployments.push_back({});
  frame.routes = {2, 1};
  return frame;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](T x, T y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

bool same(const std::vector<Evidence>& a, const std::vector<Evidence>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const Evidence& x, const Evidence& y) {
        return x.query == y.query && x.window == y.window && x.samples == y.samples &&
               x.value == y.value && x.limit == y.limit && x.problem == y.problem;
      });
}

void check_same_result(const RunResult& a, const RunResult& b) {
  CHECK(a.scenario == b.scenario);
  CHECK(a.seed == b.seed);
  CHECK(a.replication == b.replication);
  CHECK(a.strategy == b.strategy);
  CHECK(a.name == b.name);
  CHECK(a.release == b.release);
  CHECK(a.played == b.played);
  CHECK(a.on_call == b.on_call);
  CHECK(a.stopped_by == b.stopped_by);
  CHECK(a.verdict == b.verdict);
  CHECK(a.outcomes == b.outcomes);
  CHECK(a.fingerprint == b.fingerprint);
  CHECK(a.requests == b.requests);
  CHECK(a.harmed == b.harmed);
  REQUIRE(a.events.size() == b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    const Event& x = a.events[i];
    const Event& y = b.events[i];
    const bool equal = x.time == y.time && x.object == y.object && x.reason == y.reason &&
                       x.message == y.message && same(x.evidence, y.evidence);
    if (!equal) FAIL("event " << i << ": " << x.message << " is not " << y.message);
  }
}

void check_same_cast(const Cast& a, const Cast& b) {
  CHECK(a.services == b.services);
  CHECK(a.deployments == b.deployments);
  CHECK(a.backends == b.backends);
  CHECK(a.segments == b.segments);
  CHECK(a.routes == b.routes);
  REQUIRE(a.versions.size() == b.versions.size());
  for (std::size_t i = 0; i < a.versions.size(); ++i) {
    CHECK(a.versions[i].service == b.versions[i].service);
    CHECK(a.versions[i].name == b.versions[i].name);
  }
  REQUIRE(a.pods.size() == b.pods.size());
  for (std::size_t i = 0; i < a.pods.size(); ++i) {
    const RecordedPod& x = a.pods[i];
    const RecordedPod& y = b.pods[i];
    const bool equal = x.name == y.name && x.service == y.service && x.deployment == y.deployment &&
                       x.replica_set == y.replica_set && x.version == y.version &&
                       x.created == y.created && x.gone_at == y.gone_at;
    if (!equal) FAIL("pod " << x.name << " is not " << y.name);
  }
}

void check_same_series(const std::vector<RecordedSeries>& a, const std::vector<RecordedSeries>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool equal = a[i].labels == b[i].labels && a[i].times == b[i].times &&
                       same_bits(a[i].values, b[i].values);
    if (!equal) FAIL("series " << i << ": " << a[i].labels.text() << " differs");
  }
}

bool same(const EdgeBin& a, const EdgeBin& b) {
  return a.requests == b.requests && a.failed == b.failed &&
         std::equal(std::begin(a.bad), std::end(a.bad), std::begin(b.bad));
}

void check_same_edge(const RecordedEdge& a, const RecordedEdge& b) {
  CHECK(a.bins_from == b.bins_from);
  CHECK(a.bin == b.bin);
  CHECK(a.bad_above == b.bad_above);
  CHECK(a.minutes == b.minutes);
  REQUIRE(a.versions.size() == b.versions.size());
  for (std::size_t v = 0; v < a.versions.size(); ++v) {
    const RecordedEdgeVersion& x = a.versions[v];
    const RecordedEdgeVersion& y = b.versions[v];
    CHECK(x.requests == y.requests);
    CHECK(x.failed == y.failed);
    CHECK(x.latency == y.latency);
    CHECK(std::equal(x.bins.begin(),
                     x.bins.end(),
                     y.bins.begin(),
                     y.bins.end(),
                     [](const EdgeBin& p, const EdgeBin& q) { return same(p, q); }));
  }
}

bool same(const DeploymentStatus& a, const DeploymentStatus& b) {
  return a.desired == b.desired && a.replicas == b.replicas && a.updated == b.updated &&
         a.ready == b.ready && a.available == b.available && a.unavailable == b.unavailable &&
         a.terminating == b.terminating && a.observed == b.observed && a.complete == b.complete &&
         a.timed_out == b.timed_out && a.revision == b.revision;
}

void check_same_frames(const std::vector<KeyFrame>& a, const std::vector<KeyFrame>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const KeyFrame& x = a[i];
    const KeyFrame& y = b[i];
    const bool equal = x.time == y.time && x.pods == y.pods && x.routes == y.routes &&
                       std::equal(x.deployments.begin(),
                                  x.deployments.end(),
                                  y.deployments.begin(),
                                  y.deployments.end(),
                                  [](const auto& p, const auto& q) { return same(p, q); });
    if (!equal) FAIL("key-frame " << i << " at " << to_seconds(x.time) << " s differs");
  }
}

}  // namespace

Recording small_recording() {
  Recording recording;
  recording.result = small_result();
  recording.source = {"kind: Scenario\n", {"seed=8"}, {{"deploy/a.yaml", "kind: Deployment\n"}}};
  recording.duration = 10min;
  recording.release_at = 1s;
  recording.prometheus = PromDialect::v2_51;
  recording.evaluation_interval = 45s;
  recording.cast = small_cast();
  recording.series = small_series();
  recording.edge = small_edge();
  recording.frames = {frame(0s, 0), frame(1s, 1), frame(1s + 1ns, 200), frame(10min, 3)};
  return recording;
}

std::string bytes_of(const Recording& recording) {
  const TemporaryFolder folder;
  write_recording(recording, folder / "x.cmrun");
  return read_bytes(folder / "x.cmrun");
}

RecordingFile file_of(const std::string& bytes) {
  return RecordingFile(std::make_unique<std::istringstream>(bytes), "x.cmrun");
}

Recording recording_of(const std::string& bytes) {
  return file_of(bytes).read_all();
}

std::string complaint_about(const std::string& bytes) {
  try {
    recording_of(bytes);
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "";
}

void check_same(const Recording& a, const Recording& b) {
  check_same_result(a.result, b.result);
  CHECK(a.source.text == b.source.text);
  CHECK(a.source.overrides == b.source.overrides);
  REQUIRE(a.source.files.size() == b.source.files.size());
  for (std::size_t i = 0; i < a.source.files.size(); ++i) {
    CHECK(a.source.files[i].name == b.source.files[i].name);
    CHECK(a.source.files[i].text == b.source.files[i].text);
  }
  CHECK(a.duration == b.duration);
  CHECK(a.release_at == b.release_at);
  CHECK(a.prometheus == b.prometheus);
  CHECK(a.evaluation_interval == b.evaluation_interval);
  check_same_cast(a.cast, b.cast);
  check_same_series(a.series, b.series);
  check_same_edge(a.edge, b.edge);
  check_same_frames(a.frames, b.frames);
}

TemporaryFolder::TemporaryFolder() {
  std::string name =
      (std::filesystem::temp_directory_path() / "coalmine-recording-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryFolder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace coalmine::test
