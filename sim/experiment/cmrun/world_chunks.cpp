#include <algorithm>

#include "sim/experiment/cmrun/contents.h"

namespace coalmine::cmrun {
namespace {

static_assert(static_cast<int>(PodPhase::pending) == 0 &&
                  static_cast<int>(PodPhase::starting) == 1 &&
                  static_cast<int>(PodPhase::running) == 2 &&
                  static_cast<int>(PodPhase::ready) == 3 &&
                  static_cast<int>(PodPhase::crashed) == 4 &&
                  static_cast<int>(PodPhase::terminating) == 5 &&
                  static_cast<int>(PodPhase::gone) == 6,
              "the numbers of the format");
static_assert(static_cast<int>(Stickiness::none) == 0 &&
                  static_cast<int>(Stickiness::session) == 1 &&
                  static_cast<int>(Stickiness::user) == 2,
              "the numbers of the format");

// A pod's byte in a key-frame: the phase in its three lowest bits, and
constexpr std::uint8_t kPhase = 7;
constexpr std::uint8_t kReady = 8;
constexpr std::uint8_t kEndpoint = 16;
constexpr std::uint8_t kHasRestarts = 32;

// A Deployment's.
constexpr std::uint8_t kObserved = 1;
constexpr std::uint8_t kComplete = 2;
constexpr std::uint8_t kTimedOut = 4;

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
  out.varint(texts.size());
  for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> read_texts(ByteReader& in, const char* what) {
  std::vector<std::string> texts(in.count(what));
  for (std::string& text : texts) text = in.text();
  return texts;
}

void write_route(ByteWriter& out, const RouteTable& table) {
  out.varint(table.rules.size());
  for (const RouteRule& rule : table.rules) {
    out.text(rule.match.header);
    out.text(rule.match.value);
    out.u8(static_cast<std::uint8_t>(rule.sticky));
    out.varint(rule.backends.size());
    for (const WeightedBackend& b : rule.backends) {
      out.varint(b.backend.value);
      out.varint(b.weight);
    }
    out.u8(rule.mirror ? 1 : 0);
    if (!rule.mirror) continue;
    out.varint(rule.mirror->backend.value);
    out.number(rule.mirror->share);
  }
}

RouteTable read_route(ByteReader& in, std::size_t backends) {
  RouteTable table;
  for (std::size_t rules = in.count("rules", 5); rules > 0; --rules) {
    RouteRule& rule = table.rules.emplace_back();
    rule.match.header = in.text();
    rule.match.value = in.text();
    rule.sticky = static_cast<Stickiness>(
        in.at_most(static_cast<std::uint64_t>(Stickiness::user), "stickiness"));
    for (std::size_t n = in.count("backends", 2); n > 0; --n) {
      const BackendId backend{in.place(backends, "Service")};
      rule.backends.push_back({backend, in.whole<std::uint32_t>("weight")});
    }
    if (!in.flag()) continue;
    const BackendId backend{in.place(backends, "Service")};
    rule.mirror = Mirror{backend, in.number()};
  }
  return table;
}

void write_status(ByteWriter& out, const DeploymentStatus& s) {
  for (const int n : {s.desired,
                      s.replicas,
                      s.updated,
                      s.ready,
                      s.available,
                      s.unavailable,
                      s.terminating,
                      s.revision})
    out.signed_varint(n);
  out.u8(static_cast<std::uint8_t>((s.observed ? kObserved : 0) | (s.complete ? kComplete : 0) |
                                   (s.timed_out ? kTimedOut : 0)));
}

DeploymentStatus read_status(ByteReader& in) {
  DeploymentStatus s;
  for (int* n : {&s.desired,
                 &s.replicas,
                 &s.updated,
                 &s.ready,
                 &s.available,
                 &s.unavailable,
                 &s.terminating,
                 &s.revision}) {
    const std::int64_t value = in.signed_varint();
    *n = static_cast<int>(value);
    if (*n != value) in.fail("has a number of pods that is none");
  }
  const std::uint64_t flags =
      in.at_most(kObserved | kComplete | kTimedOut, "state of a Deployment");
  s.observed = (flags & kObserved) != 0;
  s.complete = (flags & kComplete) != 0;
  s.timed_out = (flags & kTimedOut) != 0;
  return s;
}

void write_frame(ByteWriter& out, const KeyFrame& frame) {
  out.varint(frame.pods.size());
  std::uint32_t next = 0;  // ids ascend: mostly each is the one after the last
  for (const PodState& pod : frame.pods) {
    out.varint(pod.pod.value - next);
    next = pod.pod.value + 1;
    out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(pod.phase) | (pod.ready ? kReady : 0U) |
                                     (pod.endpoint ? kEndpoint : 0U) |
                                     (pod.restarts != 0 ? kHasRestarts : 0U)));
    out.varint(pod.in_flight);
    if (pod.restarts != 0) out.varint(static_cast<std::uint64_t>(pod.restarts));
  }
  out.varint(frame.deployments.size());
  for (const DeploymentStatus& status : frame.deployments) write_status(out, status);
  out.varint(frame.routes.size());
  for (const std::uint32_t route : frame.routes) out.varint(route);
}

KeyFrame read_frame_at(ByteReader& in, const Cast& cast, Time time) {
  KeyFrame frame;
  frame.time = time;
  frame.pods.resize(in.count("pods", 3));
  std::size_t next = 0;
  for (PodState& pod : frame.pods) {
    pod.pod = PodId{static_cast<std::uint32_t>(next) + in.place(cast.pods.size() - next, "pod")};
    next = pod.pod.index() + 1;
    const std::uint64_t state =
        in.at_most(kPhase | kReady | kEndpoint | kHasRestarts, "state of a pod");
    if ((state & kPhase) > static_cast<std::uint64_t>(PodPhase::gone))
      in.fail("has a pod in a phase that there is not");
    pod.phase = static_cast<PodPhase>(state & kPhase);
    pod.ready = (state & kReady) != 0;
    pod.endpoint = (state & kEndpoint) != 0;
    pod.in_flight = in.whole<std::uint32_t>("requests in flight");
    if ((state & kHasRestarts) != 0) pod.restarts = in.whole<int>("restarts");
  }
  frame.deployments.resize(in.count("Deployments", 9));
  if (frame.deployments.size() > cast.deployments.size())
    in.fail("has more Deployments than there are");
  for (DeploymentStatus& status : frame.deployments) status = read_status(in);
  frame.routes.resize(in.count("routes"));
  if (frame.routes.size() != cast.services.size()) in.fail("has not one route for each service");
  for (std::uint32_t& route : frame.routes) route = in.place(cast.routes.size(), "route");
  return frame;
}

/// When a frame of a block is, and how long.
struct FramePlace {
  Time time{};
  std::uint64_t bytes = 0;
};

std::vector<FramePlace> read_places(ByteReader& in) {
  std::vector<FramePlace> places(in.count("key-frames", 2));
  Time last{};
  for (FramePlace& place : places) {
    place.time = in.time_after(last);
    if (&place != &places.front() && place.time <= last)
      in.fail("has key-frames that are not in the order of time");
    last = place.time;
    place.bytes = in.varint();
  }
  return places;
}

KeyFrame read_whole_frame(ByteReader& in, const Cast& cast, const FramePlace& place) {
  const std::size_t begin = in.at();
  KeyFrame frame = read_frame_at(in, cast, place.time);
  if (in.at() - begin != place.bytes) in.fail("has a key-frame of another length than it says");
  return frame;
}

}  // namespace

void write_cast(ByteWriter& out, const Cast& cast) {
  write_texts(out, cast.services);
  out.varint(cast.versions.size());
  for (const RecordedVersion& version : cast.versions) {
    out.varint(version.service.value);
    out.text(version.name);
  }
  write_texts(out, cast.deployments);
  write_texts(out, cast.backends);
  write_texts(out, cast.segments);
  out.varint(cast.pods.size());
  for (const RecordedPod& pod : cast.pods) {
    out.text(pod.name);
    out.varint(pod.service.value);
    out.varint(pod.deployment.value);
    out.varint(pod.replica_set.value);
    out.varint(pod.version.value);
    out.time(pod.created);
    out.u8(pod.gone_at == kNever ? 0 : 1);
    if (pod.gone_at != kNever) out.time(pod.gone_at);
  }
  out.varint(cast.routes.size());
  for (const RouteTable& table : cast.routes) write_route(out, table);
}

Cast read_cast(ByteReader& in) {
  Cast cast;
  cast.services = read_texts(in, "services");
  cast.versions.resize(in.count("versions", 2));
  for (RecordedVersion& version : cast.versions) {
    version.service = ServiceId{in.place(cast.services.size(), "service")};
    version.name = in.text();
  }
  cast.deployments = read_texts(in, "Deployments");
  cast.backends = read_texts(in, "Services");
  cast.segments = read_texts(in, "segments");
  cast.pods.resize(in.count("pods", 7));
  for (RecordedPod& pod : cast.pods) {
    pod.name = in.text();
    pod.service = ServiceId{in.place(cast.services.size(), "service")};
    pod.deployment = DeploymentId{in.place(cast.deployments.size(), "Deployment")};
    pod.replica_set = ReplicaSetId{in.whole<std::uint32_t>("ReplicaSet")};
    pod.version = VersionId{in.place(cast.versions.size(), "version")};
    pod.created = in.time();
    if (in.flag()) pod.gone_at = in.time();
  }
  for (std::size_t n = in.count("routes"); n > 0; --n)
    cast.routes.push_back(read_route(in, cast.backends.size()));
  return cast;
}

void write_frames(ByteWriter& out, std::span<const KeyFrame> frames) {
  out.varint(frames.size());
  ByteWriter list;
  Time last{};
  for (const KeyFrame& frame : frames) {
    const std::size_t begin = list.size();
    write_frame(list, frame);
    out.time_after(frame.time, last);
    out.varint(list.size() - begin);
    last = frame.time;
  }
  out.raw(list.bytes());
}

std::vector<KeyFrame> read_frames(ByteReader& in, const Cast& cast) {
  std::vector<KeyFrame> frames;
  for (const FramePlace& place : read_places(in))
    frames.push_back(read_whole_frame(in, cast, place));
  return frames;
}

std::optional<KeyFrame> read_frame(ByteReader& in, const Cast& cast, Time t) {
  const std::vector<FramePlace> places = read_places(in);
  const auto later = std::find_if(
      places.begin(), places.end(), [t](const FramePlace& place) { return place.time > t; });
  std::optional<KeyFrame> frame;
  for (auto place = places.begin(); place != places.end(); ++place) {
    if (place + 1 == later)
      frame = read_whole_frame(in, cast, *place);
    else
      in.raw(place->bytes);
  }
  return frame;
}

}  // namespace coalmine::cmrun
