/// Everything that requests change, as one value: what is in flight, what waits, what was counted.
/// A run's DataPlane is this and the rules by which it moves on.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "sim/cluster/pod_host.h"
#include "sim/kernel/hot_heap.h"
#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"
#include "sim/service/cost.h"
#include "sim/service/instruments.h"
#include "sim/service/longest_latency.h"
#include "sim/traffic/edge_tally.h"
#include "sim/traffic/users.h"

namespace coalmine {

/// Where in TrafficState::segment_routers_ the router counts for one segment of a Deployment's
/// users.
inline constexpr std::size_t kSegmentsOfADeployment = 64;
constexpr std::size_t segment_place(DeploymentId deployment, std::uint8_t segment) {
  return deployment.index() * kSegmentsOfADeployment + segment % kSegmentsOfADeployment;
}
/// What it has counted there; null: nothing yet.
inline const Instruments* segment_router(const std::vector<Instruments>& all,
                                         DeploymentId deployment,
                                         std::uint8_t segment) {
  const std::size_t place = segment_place(deployment, segment);
  return place < all.size() ? &all[place] : nullptr;
}

/// Copyable. The members are DataPlane's own, hence their names.
struct TrafficState {
  explicit TrafficState(EdgeSettings edge)
      : edge_(std::move(edge)),
        marked_(edge_.settings().users),
        seen_(edge_.settings().users),
        converted_(edge_.settings().users) {}

  static constexpr std::uint32_t kNone = 0xffffffffU;

  /// What the slot of a closed pod holds, and about any flight whether its pod is an old one that
  /// took it for data which the new version wrote. One byte for both: flights are the hot memory.
  enum class Held : std::uint8_t { nothing, request, marked_request };
  static constexpr Held held_request(bool marked) {
    return static_cast<Held>(static_cast<int>(Held::request) + (marked ? 1 : 0));
  }

  /// A request inside a pod.
  struct Flight {
    bool present() const { return held != Held::nothing; }
    bool marked() const { return held == Held::marked_request; }

    std::uint64_t id = 0;
    std::int64_t arrival = 0;
    std::int64_t start = 0;
    std::int64_t departure = 0;    ///< closed form: known at arrival
    std::int64_t deadline = 0;     ///< when the sender gives up
    std::uint32_t user = kNone;    ///< kNone: a call from another service, or a copy
    std::uint32_t parent = kNone;  ///< the waiting caller in stepped_
    std::uint32_t ticket = 0;      ///< the caller still waits while its ticket equals this
    Outcome outcome = Outcome::ok;
    std::uint8_t segment = Users::kNoSegment;
    bool counted = false;  ///< the sender's view is already recorded (a copy has none)
    Held held = Held::nothing;
  };
  struct Waiting {
    Flight flight;
    std::uint32_t slot = 0;  ///< closed form: the worker it will get
  };
  /// A request in a stepped pod and where it is in its handler.
  struct Stepped {
    Flight flight;
    ServiceStart start;
    PodId pod;
    std::uint32_t wake = 0;    ///< sequence of the heap entry that moves it on; 0: none
    std::uint32_t ticket = 0;  ///< handed to the call it waits for; 0: no call
    std::uint32_t call = 0;    ///< place in the handler's list of calls
    std::uint32_t left = 0;    ///< repeats left there
    std::uint32_t repeat = 0;
    double finish_at = 0;      ///< ps: virtual time at which its work on a core is done
    std::int64_t idle_ns = 0;  ///< ps: own work that follows without a core
    bool in_use = false;
    bool call_failed = false;  ///< what the pending wake-up will report
    bool working = false;      ///< own work not yet done
    bool leaving = false;      ///< its departure is known: it is in Pod::leaving, not in the heap
  };
  struct Pod {
    ServiceId service;
    DeploymentId deployment;
    VersionId version;
    Process process;
    bool listening = false;  ///< a process runs
    bool accepting = false;
    bool closed = true;
    std::uint32_t starts = 0;      ///< processes so far
    std::uint32_t first_slot = 0;  ///< closed: its workers in free_at_ and slots_
    std::uint32_t busy = 0;        ///< stepped: workers taken
    // Closed: waiting requests in order of start. Stepped: ring of indices into stepped_.
    std::vector<Waiting> queue;
    std::vector<std::uint32_t> line;
    std::uint32_t head = 0;
    std::uint32_t waiting = 0;
    // Stepped: those with Stepped::leaving and when they go; empty while any waits.
    std::vector<std::uint32_t> leaving;
    std::vector<std::int64_t> leaving_at;  ///< filled up with the far future to a multiple of eight
    // Processor sharing.
    double virtual_time = 0;
    std::int64_t virtual_at = 0;
    std::uint32_t ps_wake = 0;
    std::vector<std::pair<double, std::uint32_t>> sharing;  ///< min-heap of (finish_at, index)
    Instruments counters{0};                                ///< of the present process
    Instruments earlier{0};                                 ///< of those before it
    std::vector<LongestLatency> longest;  ///< one, of the present process, if it is kept
  };
  struct Backend {
    std::vector<PodId> endpoints;
    PodId last;  ///< the endpoint known last, when there is none now
    std::uint64_t cursor = 0;
  };
  /// A process that will die of itself.
  struct Doom {
    PodId pod;
    std::uint32_t start = 0;  ///< the pod's how-manieth process
    Death cause = Death::none;
  };

  EdgeTally edge_;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t next_request_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t served_ = 0;
  std::uint64_t hops_ = 0;
  std::optional<Time> first_exposure_;

  // What the new version wrote and the old one cannot read.
  BitSet marked_;  ///< by user
  bool all_marked_ = false;
  // The experiment.
  bool counting_users_ = false;
  BitSet seen_;       ///< by user
  BitSet converted_;  ///< by user

  std::vector<Pod> pods_;
  std::vector<std::int64_t> free_at_;  ///< closed: when each worker is free again
  std::vector<Flight> slots_;          ///< closed: what each worker is busy with
  std::vector<Stepped> stepped_;
  std::vector<std::uint32_t> free_stepped_;
  std::vector<Backend> backends_;
  std::vector<Instruments> routers_;
  std::vector<Instruments> segment_routers_;  ///< see segment_place()
  std::vector<Doom> dooms_;
  HotHeap heap_;
  bool top_played_ = false;  ///< the heap's top is being played: the next entry replaces it
  std::uint32_t sequence_ = 0;
};

}  // namespace coalmine
