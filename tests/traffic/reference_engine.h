/// The request engine once more, as plainly as it can be written: one queue of events, one
/// container per pod, nothing known ahead of time. Slow on purpose; the production engine has to
/// agree with it request for request on the same addressed draws.
///
/// Events are played by (time, class, order of scheduling); the classes at one instant are
/// completion, cancellation, arrival, control. Whatever an event causes at its own instant is an
/// event again, so it takes its place by class: a call is an arrival, a caller that goes on is a
/// completion. User arrivals are scheduled before everything else.
///
/// A request's life: routed over its backend's endpoint list, refused or rejected at once or let
/// in, waits, starts (its work and its error coin are settled here), works, makes its calls one
/// after another while it holds the worker, departs. A failed call of any kind makes the caller
/// fail at once. An error of its own lets it finish its own work and skips the calls. Its copy, if
/// it has one, sets out with it and is nobody's: no sender counts it.
///
/// Where an effect kills a process, that is a control event of the same instant; after
/// `restart_after` it listens again, cold. Whatever the control plane wants of a process that is
/// not there, or starts where one is, is void.
///
/// Times are int64 nanoseconds (`Time`, `Duration`). Impossible input (indices out of range, no
/// worker) is the test's own mistake. Source of the semantics: specs/service-models.md section 1,
/// specs/engine.md section 2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "sim/kernel/random.h"
#include "sim/kernel/time.h"
#include "sim/service/effects.h"
#include "sim/service/instruments.h"

namespace coalmine::testing {

enum class RefDiscipline { fifo, lifo, ps };

/// join_shortest looks at every endpoint and takes the first of those with the fewest requests
/// inside; the textbook's policy, kept to check row 22.
enum class RefBalancer { round_robin, least_request, random, join_shortest };

/// The calls of one place in the handler: `repeats` of them one after another, and one more with
/// probability `fraction` (decided by the coin of the calling request).
struct RefCall {
  std::size_t backend = 0;
  std::uint32_t repeats = 1;
  double fraction = 0;
  RandomKey fraction_coin{};
  Duration timeout{};          ///< 0: waits for ever
  double cache_hit_ratio = 0;  ///< of a warm process
  double cache_keys = 1;
  RandomKey cache_coin{};
};

struct RefService {
  std::size_t workers = 1;
  std::size_t queue = std::numeric_limits<std::size_t>::max();  ///< further requests that may wait
  RefDiscipline discipline = RefDiscipline::fifo;
  double cores = 1;      ///< ps: each of n working jobs progresses at min(1, cores/n)
  double cpu_share = 1;  ///< part of the work that needs a core; ps: the rest follows without one
  RandomKey demand_key{};
  /// Nanoseconds of own work. Warm-up and each effect in turn scale it and round to the nearest
  /// nanosecond; what comes out is at least one.
  std::function<std::int64_t(std::uint64_t bits)> demand;
  double error_rate = 0;  ///< failures of a good day, on top of the pods' effects
  RandomKey error_coin{};
  Duration warmup_for{};
  double warmup_slowdown = 1;
  std::vector<RefCall> calls;
};

struct RefBackend {
  RefBalancer balancer = RefBalancer::round_robin;
  RandomKey pick_key{};
  std::vector<std::size_t> endpoints;  ///< at the start; ascending pod numbers
};

struct RefPod {
  std::size_t service = 0;
  std::size_t deployment = 0;
  VersionEffects effects;
  bool listening = true;  ///< at the start, and then long since warm
};

/// What the control plane does, and when. Actions of one instant play in the order given.
struct RefAction {
  enum class Kind {
    listen,          ///< the process of `pod` starts, cold
    listen_warm,     ///< the same, long since warm
    stop_accepting,  ///< new requests are refused, what is inside goes on
    kill,            ///< everything inside is lost, new requests are refused
    set_endpoints,   ///< `endpoints` of `backend` from now on
    snapshot,        ///< notes the counters
  };
  Time time{};
  Kind kind = Kind::snapshot;
  std::size_t pod = 0;
  std::size_t backend = 0;
  std::vector<std::size_t> endpoints;
};

struct RefArrival {
  Time time{};
  std::uint64_t id = 0;
  std::uint64_t user = 0;
  std::size_t backend = 0;
  std::optional<std::size_t> segment{};  ///< of the user
  std::optional<std::size_t> copy_to{};  ///< backend that gets a copy
};

struct RefConfig {
  std::vector<RefService> services;
  std::vector<RefBackend> backends;
  std::vector<RefPod> pods;
  std::vector<RefAction> actions;
  std::vector<RefArrival> arrivals;
  Duration client_timeout{};     ///< of user requests; 0: never gives up
  Duration restart_after{};      ///< from a death to the next start of that process; 0: none
  std::vector<Duration> bounds;  ///< of the latency buckets, ascending
  Time end = kNever;             ///< events up to and including this instant are played
};

inline constexpr std::size_t kNoPod = std::numeric_limits<std::size_t>::max();

/// One request, of a user or of another service. kNever stands for what has not happened by the
/// end.
struct RefResult {
  std::uint64_t id = 0;
  std::size_t backend = 0;
  Time arrival{};
  std::size_t pod = kNoPod;       ///< where it was routed, even if refused there
  Time start = kNever;            ///< service begins
  Time departure = kNever;        ///< leaves the pod, or the instant of refusal or loss
  Outcome outcome = Outcome::ok;  ///< at the pod; means nothing while departure is kNever
  Time edge_time = kNever;        ///< its sender (the user, the caller) has an answer or gives up
  Outcome edge_outcome = Outcome::ok;
};

/// Counters at one instant.
struct RefCounters {
  struct PodCounters {
    Instruments process{0};     ///< of the process that listens since its last start: answers only
                                ///< (ok, error, rejected), as a scraper would find them
    Instruments sidecar{0};     ///< the same of all its processes together
    std::uint64_t sent = 0;     ///< requests routed to the pod, over all its processes
    std::uint64_t ended = 0;    ///< of those, gone in whatever way
    std::uint64_t waiting = 0;  ///< of those, in the queue
    std::uint64_t serving = 0;  ///< of those, holding a worker
  };
  using ByOutcome = std::array<std::uint64_t, kOutcomes>;

  Time time{};
  std::uint64_t sent = 0;            ///< user requests
  ByOutcome edge{};                  ///< user requests by what the user saw
  std::uint64_t edge_in_flight = 0;  ///< users still waiting, counted one by one
  std::vector<PodCounters> pods;
  std::vector<ByOutcome> routers;  ///< by deployment: requests that were routed to one of its pods,
                                   ///< by what their sender saw

  std::uint64_t edge_finished() const {
    std::uint64_t n = 0;
    for (const auto count : edge) n += count;
    return n;
  }
};

struct RefRun {
  std::vector<RefResult> results;      ///< user requests in the order of RefConfig::arrivals
  std::vector<RefResult> calls;        ///< those between services, in the order they were made
  std::vector<RefCounters> snapshots;  ///< one per snapshot action, then one at the end
};

RefRun play_reference(const RefConfig& config);

}  // namespace coalmine::testing
