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
#include "sim/kernel/simulation.h"
#include "sim/service/cost.h"
#include "sim/service/instruments.h"
#include "sim/service/latency_bounds.h"
#include "sim/service/service_model.h"
#include "sim/traffic/arrivals.h"
#include "sim/traffic/edge_tally.h"
#include "sim/traffic/routing.h"
#include "sim/traffic/standing.h"
#include "sim/traffic/traffic_state.h"
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
  LatencyBounds bounds;       ///< of every histogram
  bool by_segment = false;    ///< the router also counts by segment of the user
  bool longest = false;       ///< pods keep the longest latency of the last while
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

class DataPlane final : public DataTier, public PodHost, private TrafficState {
 public:
  DataPlane(TrafficModel model, Users users, Arrivals arrivals, EdgeSettings edge);

  // DataTier
  void run_until(Time t) override;

  /// A common past. Runs of one world are the same until something differs between them, so it is
  /// enough that one of them plays it. `state()` is how far this one came; one that sleeps plays no
  /// request, whatever the clock says, until it goes on where the other stood.
  const TrafficState& state() const { return *this; }
  void fall_asleep() { asleep_ = true; }
  void go_on_from(const TrafficState& state);
  /// Whether requests carry what is known of their user's segment: runs that do not agree in this
  /// have no common past.
  bool knows_segments() const { return segments_matter_; }

  // A common future (rejoin.cpp)
  /// The pods that requests can reach, by service and place among its endpoints; none unless every
  /// service has one backend, for everyone, and no mirror.
  std::vector<PodId> seated() const;
  /// Of a settled one. Nothing where it cannot be told: with processor sharing, versions that have
  /// effects on requests, caches that still fill, processes that will die of a request, an
  /// experiment under way, routes or pods in between.
  std::optional<Standing> standing() const;
  TrafficCounts counts(bool of_pods);
  /// From here on the requests are another run's: those under way are forgotten, no more are
  /// played.
  void leave_requests_to_another();
  /// After that: whether the control plane has touched pods, endpoints or routes all the same, so
  /// that the other run's requests are not these any more.
  bool broke_away() const { return broke_away_; }
  /// Adds what that run counted between two instants; at the edge all that it told of the time from
  /// `since` on.
  void add_counts(const TrafficCounts& from,
                  const TrafficCounts& to,
                  const EdgeTally& edge,
                  Time since);

  // PodHost
  void pod_created(PodId pod,
                   ServiceId service,
                   DeploymentId deployment,
                   VersionId version) override;
  std::optional<Duration> process_started(PodId pod, bool warm) override;
  void stops_accepting(PodId pod) override;
  bool idle(PodId pod) override;
  void process_ended(PodId id) override;
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
  void stop_counting_users();

  /// Brings every counter up to the present; call before reading instruments.
  void settle();
  /// Those of one pod only: what its sender and the router counted may lag behind.
  void settle(PodId pod);
  /// Of the pod's present process.
  const Instruments& pod_instruments(PodId pod) const { return pods_[pod.index()].counters; }
  /// Of its processes before that: what a sidecar has counted as well.
  const Instruments& earlier_instruments(PodId pod) const { return pods_[pod.index()].earlier; }
  const LatencyBounds& bounds() const { return model_.bounds; }
  const Instruments& router_instruments(DeploymentId deployment) const;
  /// Of the users in one segment; needs TrafficModel::by_segment.
  const Instruments& router_instruments(DeploymentId deployment, std::uint8_t segment) const;
  /// In seconds, of the requests of the pod's process with this outcome; 0: there was none, or
  /// TrafficModel::longest is not set.
  double longest_latency(PodId pod, std::size_t outcome) const;
  /// Bytes that the leaks of the pod's process account for.
  double leaked_memory(PodId pod) const;
  std::uint32_t in_flight(PodId pod);  ///< waiting and in service
  const ServiceModel& service(ServiceId service) const { return model_.services[service.index()]; }
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
  /// When a request first met a fault of the new version: at a pod of it, or at an old one that
  /// cannot read what it wrote.
  std::optional<Time> first_exposure() const { return first_exposure_; }
  std::uint64_t hops() const { return hops_; }  ///< requests to any service

  /// Test hook: every finished request is appended.
  void trace_to(std::vector<RequestRecord>* records) { records_ = records; }

 private:
  static constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t kLeavingLanes = 8;
  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 62);
  // A heap entry's payload names a stepped request, or by its two highest bits something else.
  static constexpr std::uint32_t kTag = 0xc0000000U;
  static constexpr std::uint32_t kSharingTag = 0x80000000U;  ///< the pod whose sharing moves on
  static constexpr std::uint32_t kDoomTag = 0xc0000000U;     ///< the doom that falls due

  static constexpr Time as_time(std::int64_t ns) { return Time(Duration(ns)); }

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
  // data_plane.cpp
  Sent send(ServiceId service, const Request& request);
  Sent enter(PodId id, const Request& request);
  void send_copy(ServiceId service, BackendId backend, const Request& original);
  PodId balance(const ServiceModel& service, BackendId backend, std::uint64_t id, std::int64_t now);
  Sent turn_away(const Request& request, ServiceId service, PodId pod, Outcome outcome);
  void take_up(PodId id, const Request& request, ServiceStart& start);
  bool reads_new_data(const Request& request);
  bool faulty(PodId id, std::int64_t t, std::int64_t sent) const;
  void count_sender(const Flight& flight, PodId id, std::int64_t at, Outcome outcome);
  void count_sender(const Flight& flight,
                    PodId id,
                    std::int64_t at,
                    Outcome outcome,
                    std::int64_t latency,
                    std::size_t bucket);
  void count_expired(Flight& flight, PodId pod, std::int64_t now);
  void count_departure(Pod& pod, PodId id, const Flight& flight, std::int64_t departure);
  void count_user(Instruments& router, const Flight& flight, VersionId version, bool ok, Time at);
  void dies_at(PodId pod, std::int64_t when, Death cause);
  std::uint32_t wake_at(std::int64_t when, std::uint32_t payload);
  void fail_caller(const Flight& flight, std::int64_t now);

  // rejoin.cpp
  bool steady(const Pod& pod) const;

  // closed_pods.cpp
  Sent enter_closed(PodId id, const Request& request);
  std::uint32_t load_closed(Pod& pod, std::int64_t now);
  void promote(Pod& pod, std::int64_t now);
  void finish_closed(Pod& pod, PodId id, Flight& flight);
  void bring_up_to_date(PodId id, std::int64_t now);
  void end_closed(PodId id);

  // stepped_pods.cpp
  Sent enter_stepped(PodId id, const Request& request);
  static std::uint32_t gone(const Pod& pod, std::int64_t now);
  void let_leave(std::uint32_t index, std::int64_t at);
  static void forget_leaving(Pod& pod, std::size_t place);
  static void forget_all_leaving(Pod& pod);
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
  void end_stepped(PodId id);
  void share(PodId id, std::int64_t now);
  void schedule_sharing(PodId id, std::int64_t now);
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
  DeathNotice on_death_;
  std::function<void()> on_routes_;
  std::vector<std::vector<Rule>> routes_;
  bool segments_matter_ = false;  ///< to some effect, or to the router's counters
  bool asleep_ = false;
  bool left_ = false;  ///< its requests to another run
  bool broke_away_ = false;
  Instruments nothing_;  ///< of whom nobody has counted yet
  std::vector<RequestRecord>* records_ = nullptr;
};

}  // namespace coalmine
