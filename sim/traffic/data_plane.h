/// The request engine: plays every user request through routing, balancing, queues, workers and
/// calls, and keeps the counters that scrapers read and the truth that outcomes are made from.
///
/// One loop merges the arrivals with one small heap of what must wait (own work ending in a stepped
/// pod, calls returning, call time limits) and runs up to the next control event; at equal times a
/// completion comes before an arrival. Nothing is allocated and nothing virtual is called per
/// request.
///
/// Two pod forms, chosen per service (service_model.h). *Closed* (FIFO leaf): a request's start and
/// departure are known when it arrives; the pod is brought up to date (departed requests counted,
/// waiting ones promoted) only when a balancer, a scrape or the control plane looks. *Stepped*
/// (calls, processor sharing, LIFO): one heap entry per step, save the last where nothing depends
/// on it (stepped_pods.cpp). Both count a request in the instant of its departure, so windows see
/// the same. closed_pods.cpp and stepped_pods.cpp hold the two.
///
/// The user gives up at arrival + client timeout: the edge and the router count a time-out then;
/// the pod works on and counts its own completion. Likewise for a call's timeout.
///
/// A mirrored copy has no sender: neither user nor router count it, the pods it meets do.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sim/cluster/pod_host.h"
#include "sim/kernel/hot_heap.h"
#include "sim/kernel/simulation.h"
#include "sim/service/cost.h"
#include "sim/service/instruments.h"
#include "sim/service/service_model.h"
#include "sim/traffic/arrivals.h"
#include "sim/traffic/edge_tally.h"
#include "sim/traffic/routing.h"
#include "sim/traffic/users.h"

namespace coalmine {

/// Everything fixed about the requests of a run.
struct TrafficModel {
  std::vector<ServiceModel> services;  ///< [0] is where users arrive
  std::vector<VersionModel> versions;
  Duration client_timeout{};  ///< 0: users wait for ever
  RandomKey route_key;        ///< which backend a request (or user, or session) draws
  RandomKey mirror_key;       ///< whether a request is copied
  RandomKey conversion_coin;  ///< by user
  bool by_segment = false;    ///< the router also counts by segment of the user
};

/// One finished request, for tests that compare engines.
struct RequestRecord {
  std::uint64_t id = 0;
  ServiceId service;
  PodId pod;  ///< invalid: it reached none
  std::int64_t arrival = 0;
  std::int64_t start = 0;      ///< of service; 0 if it never began
  std::int64_t edge_time = 0;  ///< when the user, or the caller, had the answer or gave up
  Outcome outcome = Outcome::ok;
};

class DataPlane final : public DataTier, public PodHost {
 public:
  DataPlane(TrafficModel model, Users users, Arrivals arrivals, EdgeSettings edge);

  // DataTier
  void run_until(Time t) override;

  // PodHost
  void pod_created(PodId pod,
                   ServiceId service,
                   DeploymentId deployment,
                   VersionId version) override;
  std::optional<Duration> process_started(PodId pod, bool warm) override;
  void stops_accepting(PodId pod) override;
  bool idle(PodId pod) override;
  void process_ended(PodId pod) override;
  void endpoints_applied(BackendId backend, std::span<const PodId> pods) override;
  bool answers_probe(PodId pod, bool liveness) override;

  /// From now on requests to `service` follow `table`.
  void set_routes(ServiceId service, const RouteTable& table);
  RouteTable routes(ServiceId service) const;  ///< in force now
  /// Called after every set_routes(), which happens at control events only. Null: nobody listens.
  void on_routes(std::function<void()> notice) { on_routes_ = std::move(notice); }

  /// Called in the instant at which a request (or a leak) kills its pod's process: whoever keeps
  /// the pods schedules that, and the requests wait for it.
  using DeathNotice = std::function<void(PodId pod, Time at, Death cause)>;
  void on_death(DeathNotice notice) { on_death_ = std::move(notice); }

  /// An experiment begins: Instruments::users and conversions count from now on, from zero.
  void count_users_from_now();

  /// Brings every pod's counters up to the present; call before reading instruments.
  void settle();
  const Instruments& pod_instruments(PodId pod) const { return pods_[pod.index()].counters; }
  const Instruments& router_instruments(DeploymentId deployment) const;
  /// Of the users in one segment; needs TrafficModel::by_segment.
  const Instruments& router_instruments(DeploymentId deployment, std::uint8_t segment) const;
  std::uint32_t in_flight(PodId pod);  ///< waiting and in service
  ServiceId service_of(PodId pod) const { return pods_[pod.index()].service; }
  const VersionModel& version(VersionId version) const { return model_.versions[version.index()]; }
  bool listening(PodId pod) const { return pods_[pod.index()].listening; }
  std::uint32_t workers(PodId pod) const {
    return model_.services[pods_[pod.index()].service.index()].workers;
  }

  const EdgeTally& edge() const { return edge_; }
  std::uint64_t sent() const { return sent_; }          ///< user requests so far
  std::uint64_t finished() const { return finished_; }  ///< of those, answered or given up
  std::uint64_t served() const { return served_; }      ///< of those, ok
  /// User requests whose user still waits, counted one by one. sent = finished + unanswered,
  /// always.
  std::uint64_t unanswered();
  std::optional<Time> first_exposure() const { return first_exposure_; }
  std::uint64_t hops() const { return hops_; }  ///< requests to any service

  /// Test hook: every finished request is appended.
  void trace_to(std::vector<RequestRecord>* records) { records_ = records; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  static constexpr std::size_t kSegments = 64;  ///< of a Deployment, in segment_routers_
  static constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 62);
  // A heap entry's payload names a stepped request, or by its two highest bits something else.
  static constexpr std::uint32_t kTag = 0xc0000000U;
  static constexpr std::uint32_t kSharingTag = 0x80000000U;  ///< the pod whose sharing moves on
  static constexpr std::uint32_t kDoomTag = 0xc0000000U;     ///< the doom that falls due

  static constexpr Time as_time(std::int64_t ns) { return Time(Duration(ns)); }

  /// A request inside a pod.
  struct Flight {
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
    bool present = false;  ///< closed form: the slot holds a request
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
    std::vector<std::int64_t> leaving_at;
    // Processor sharing.
    double virtual_time = 0;
    std::int64_t virtual_at = 0;
    std::uint32_t ps_wake = 0;
    std::vector<std::pair<double, std::uint32_t>> sharing;  ///< min-heap of (finish_at, index)
    Instruments counters;
  };
  struct Backend {
    std::vector<PodId> endpoints;
    PodId last;  ///< the endpoint known last, when there is none now
    std::uint64_t cursor = 0;
  };
  struct Rule {
    RouteRule rule;
    std::uint64_t segments = ~std::uint64_t{0};  ///< who matches, by segment bit
    bool everyone = true;
  };
  struct Request {
    std::uint64_t id = 0;
    std::uint64_t demand_id = 0;
    std::int64_t now = 0;
    std::uint32_t user = kNone;    ///< who waits for the answer at the edge
    std::uint32_t person = kNone;  ///< on whose behalf, copies included; kNone: a call
    std::uint64_t session = 0;
    std::uint32_t parent = kNone;
    std::uint32_t ticket = 0;
    std::int64_t deadline = 0;
    std::uint8_t segment = Users::kNoSegment;
    bool copy = false;
  };
  /// What is known of a request right after it was sent.
  struct Sent {
    bool pending = false;  ///< stepped: not known yet
    bool ok = false;
    std::int64_t answered = 0;  ///< when the sender knows
  };
  /// A process that will die of itself.
  struct Doom {
    PodId pod;
    std::uint32_t start = 0;  ///< the pod's how-manieth process
    Death cause = Death::none;
  };

  // data_plane.cpp
  Sent send(ServiceId service, const Request& request);
  Sent enter(PodId pod, const Request& request);
  void send_copy(ServiceId service, BackendId backend, const Request& original);
  PodId balance(const ServiceModel& service, BackendId backend, std::uint64_t id, std::int64_t now);
  Sent turn_away(const Request& request, ServiceId service, PodId pod, Outcome outcome);
  void take_up(PodId id, const Request& request, ServiceStart& start);
  void count_sender(const Flight& flight, PodId pod, std::int64_t at, Outcome outcome);
  void count_expired(Flight& flight, PodId pod, std::int64_t now);
  void count_departure(Pod& pod, PodId id, const Flight& flight, std::int64_t departure);
  void count_user(Instruments& router, const Flight& flight, VersionId version, bool ok, Time at);
  void dies_at(PodId pod, std::int64_t when, Death cause);
  std::uint32_t wake_at(std::int64_t when, std::uint32_t payload);
  void fail_caller(const Flight& flight, std::int64_t now);

  // closed_pods.cpp
  Sent enter_closed(PodId pod, const Request& request);
  std::uint32_t load_closed(Pod& pod, std::int64_t now);
  void promote(Pod& pod, std::int64_t now);
  void finish_closed(Pod& pod, PodId id, Flight& flight);
  void bring_up_to_date(PodId pod, std::int64_t now);
  void end_closed(PodId pod);

  // stepped_pods.cpp
  Sent enter_stepped(PodId pod, const Request& request);
  static std::uint32_t load_stepped(const Pod& pod, std::int64_t now);
  void play_wake(std::uint32_t payload, std::uint32_t sequence, std::int64_t now);
  void begin_service(std::uint32_t index, std::int64_t now);
  void continue_handler(std::uint32_t index, std::int64_t now, bool call_failed);
  std::uint32_t calls_to_make(const Stepped& request, std::uint32_t place) const;
  bool answered_from_cache(const CallModel& call, const Stepped& request, std::uint64_t id) const;
  void call_returned(std::uint32_t index, std::int64_t now, bool failed);
  void depart_stepped(std::uint32_t index, std::int64_t now);
  void see_leaving(Pod& pod, std::int64_t now);
  void wake_leaving(Pod& pod);
  void stay(std::uint32_t index);
  void lose(std::uint32_t index, std::int64_t now);
  void end_stepped(PodId pod);
  void share(PodId pod, std::int64_t now);
  void schedule_sharing(PodId pod, std::int64_t now);
  std::uint32_t new_stepped();

  std::uint32_t load(PodId id, std::int64_t now) {
    Pod& pod = pods_[id.index()];
    return pod.closed ? load_closed(pod, now) : load_stepped(pod, now);
  }
  const ServiceModel& service_model(const Pod& pod) const {
    return model_.services[pod.service.index()];
  }
  const VersionModel& version_model(const Pod& pod) const {
    return model_.versions[pod.version.index()];
  }

  TrafficModel model_;
  Users users_;
  Arrivals arrivals_;
  EdgeTally edge_;
  DeathNotice on_death_;
  std::function<void()> on_routes_;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t next_request_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t served_ = 0;
  std::uint64_t hops_ = 0;
  std::optional<Time> first_exposure_;
  bool segments_matter_ = false;  ///< to some effect, or to the router's counters

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
  std::vector<std::vector<Rule>> routes_;
  std::vector<Instruments> routers_;
  std::vector<Instruments> segment_routers_;  ///< by deployment and segment, kNoSegment last
  std::vector<Doom> dooms_;
  HotHeap heap_;
  bool top_played_ = false;  ///< the heap's top is being played: the next entry replaces it
  std::uint32_t sequence_ = 0;
  std::vector<RequestRecord>* records_ = nullptr;
};

}  // namespace coalmine
