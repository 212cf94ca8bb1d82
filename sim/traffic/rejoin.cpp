// When a run's requests go on as those of another run of the same world do: the release is over,
// all that it touched has left, and on the same draws nothing can come out differently any more.
// DataPlane's part of it: telling that it is so, and taking over what the other counts from there
// on.
//
// Only counters, and places in tables that no request can see, may differ. What is compared is
// therefore put in terms of requests: each by its id, with all that decides how it goes on.

#include <algorithm>
#include <compare>
#include <map>
#include <span>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {
namespace {

using Flight = TrafficState::Flight;
using Stepped = TrafficState::Stepped;
using Waiting = TrafficState::Waiting;

/// A request in a pod, and what will become of it.
struct Fate {
  std::uint64_t id = 0;
  std::uint32_t seat = 0;
  std::uint64_t place = 0;  ///< its worker (closed form), or how many wait before it
  std::int64_t arrival = 0;
  std::int64_t start = 0;
  std::int64_t departure = 0;  ///< 0: not known
  std::int64_t deadline = 0;
  std::uint32_t user = 0;
  bool called = false;       ///< a caller waits for the answer
  std::uint64_t caller = 0;  ///< its id
  Outcome outcome = Outcome::ok;
  std::uint8_t segment = 0;
  bool counted = false;
  bool marked = false;
  // Stepped: where it is in its handler, and when it moves on by itself (0: it waits).
  std::uint32_t call = 0;
  std::uint32_t left = 0;
  std::uint32_t repeat = 0;
  bool working = false;
  bool call_failed = false;
  std::int64_t wakes_at = 0;
  friend auto operator<=>(const Fate&, const Fate&) = default;
};

constexpr std::uint64_t kInLine = std::uint64_t{1} << 32;

/// What decides how the requests of a state go on, once its pods are steady. Pods are told apart by
/// their seats: what balancers draw is a place among the endpoints, not a pod.
struct Fates {
  std::vector<Fate> requests;              ///< ascending
  std::vector<std::int64_t> workers_free;  ///< closed: by seat and worker, now at the earliest
  bool all_seated = true;                  ///< no request is in another pod

  Fates(const TrafficState& state,
        std::span<const PodId> seats,
        std::span<const ServiceModel> services)
      : all(state), seat_of(state.pods_.size(), kNoSeat) {
    for (std::uint32_t seat = 0; seat < seats.size(); ++seat) seat_of[seats[seat].index()] = seat;
    for (const PodId pod : seats)
      if (all.pods_[pod.index()].closed) add_closed(pod, services);
    add_stepped();
    std::sort(requests.begin(), requests.end());
  }
  bool operator==(const Fates& other) const {
    return all_seated && other.all_seated && requests == other.requests &&
           workers_free == other.workers_free;
  }

 private:
  Fate fate_of(PodId pod, std::uint64_t place, const Flight& flight) const {
    Fate fate;
    fate.id = flight.id;
    fate.seat = seat_of[pod.index()];
    fate.place = place;
    fate.arrival = flight.arrival;
    fate.start = flight.start;
    fate.departure = flight.departure;
    fate.deadline = flight.deadline;
    fate.user = flight.user;
    if (flight.parent != TrafficState::kNone) {
      const Stepped& caller = all.stepped_[flight.parent];
      fate.called = caller.in_use && caller.ticket == flight.ticket;
      if (fate.called) fate.caller = caller.flight.id;
    }
    fate.outcome = flight.outcome;
    fate.segment = flight.segment;
    fate.counted = flight.counted;
    fate.marked = flight.marked();
    return fate;
  }

  void add_closed(PodId id, std::span<const ServiceModel> services) {
    const TrafficState::Pod& pod = all.pods_[id.index()];
    const std::uint32_t workers = services[pod.service.index()].workers;
    for (std::uint32_t i = 0; i < workers; ++i) {
      const std::uint32_t slot = pod.first_slot + i;
      workers_free.push_back(std::max(all.free_at_[slot], all.now_));
      if (all.slots_[slot].present()) requests.push_back(fate_of(id, i, all.slots_[slot]));
    }
    for (std::uint32_t i = 0; i < pod.waiting; ++i) {
      const Waiting& waiting = pod.queue[(pod.head + i) & (pod.queue.size() - 1)];
      requests.push_back(fate_of(id, kInLine + i, waiting.flight));
    }
  }

  void add_stepped() {
    std::map<std::uint32_t, std::int64_t> wakes;  ///< by place in stepped_
    for (const HotHeap::Entry& entry : all.heap_.entries())
      if (entry.payload < all.stepped_.size() && all.stepped_[entry.payload].in_use &&
          all.stepped_[entry.payload].wake == entry.sequence)
        wakes[entry.payload] = entry.time_ns;
    std::map<std::uint32_t, std::uint64_t> in_line;
    for (const TrafficState::Pod& pod : all.pods_)
      if (!pod.closed)
        for (std::uint32_t i = 0; i < pod.waiting; ++i)
          in_line[pod.line[(pod.head + i) & (pod.line.size() - 1)]] = kInLine + i;
    for (std::uint32_t i = 0; i < all.stepped_.size(); ++i) {
      const Stepped& s = all.stepped_[i];
      if (!s.in_use) continue;
      all_seated &= seat_of[s.pod.index()] != kNoSeat;
      const auto waits = in_line.find(i);
      Fate fate = fate_of(s.pod, waits == in_line.end() ? 0 : waits->second, s.flight);
      if (!s.leaving) fate.departure = 0;
      fate.call = s.call;
      fate.left = s.left;
      fate.repeat = s.repeat;
      fate.working = s.working;
      fate.call_failed = s.call_failed;
      const auto wake = wakes.find(i);
      fate.wakes_at = wake == wakes.end() ? 0 : wake->second;
      requests.push_back(fate);
    }
  }

  static constexpr std::uint32_t kNoSeat = 0xffffffffU;

  const TrafficState& all;
  std::vector<std::uint32_t> seat_of;  ///< by pod
};

}  // namespace

/// Serves as it always will: nothing that happened to it, or in it, makes a difference.
bool DataPlane::steady(const Pod& pod) const {
  const ServiceModel& service = service_model(pod);
  const Time since = pod.process.listening_since;
  const bool cached = std::any_of(service.calls.begin(), service.calls.end(), [](const auto& call) {
    return call.cache_hit_ratio > 0;
  });
  const bool warm =
      since == Time::min() || (!cached && as_time(now_) - since >= service.warmup_for);
  return pod.listening && pod.accepting && warm && service.discipline != Discipline::ps &&
         version_model(pod).plain;
}

std::optional<DataPlane::Seats> DataPlane::seats() const {
  Seats seats;
  for (std::size_t service = 0; service < routes_.size(); ++service) {
    const std::vector<Rule>& rules = routes_[service];
    if (rules.size() != 1 || !rules.front().everyone) return std::nullopt;
    const RouteRule& rule = rules.front().rule;
    if (rule.backends.size() != 1 || rule.mirror) return std::nullopt;
    const Backend& backend = backends_[rule.backends.front().backend.index()];
    seats.pods.insert(seats.pods.end(), backend.endpoints.begin(), backend.endpoints.end());
    const bool in_turn = model_.services[service].balancer == Balancer::roundRobin;
    seats.turns.push_back(
        in_turn ? backend.cursor % std::max<std::size_t>(1, backend.endpoints.size()) : 0);
  }
  return seats;
}

bool DataPlane::goes_on_as(const TrafficState& other, const Seats& theirs) const {
  if (asleep_ || now_ != other.now_ || next_request_ != other.next_request_) return false;
  if (counting_users_ || !dooms_.empty() || !other.dooms_.empty()) return false;
  const std::optional<Seats> mine = seats();
  if (!mine || mine->pods.size() != theirs.pods.size() || mine->turns != theirs.turns) return false;
  for (std::size_t i = 0; i < theirs.pods.size(); ++i) {
    const Pod& a = pods_[mine->pods[i].index()];
    const Pod& b = other.pods_[theirs.pods[i].index()];
    if (!steady(a) || !steady(b) || a.deployment != b.deployment || a.version != b.version)
      return false;
  }
  const auto listening = [](const Pod& pod) { return pod.listening; };
  if (static_cast<std::size_t>(std::count_if(pods_.begin(), pods_.end(), listening)) !=
      theirs.pods.size())
    return false;
  return Fates(*this, mine->pods, model_.services) == Fates(other, theirs.pods, model_.services);
}

void DataPlane::leave_requests_to_another() {
  for (Pod& pod : pods_) {
    pod.busy = pod.waiting = pod.head = 0;
    if (!pod.closed) forget_all_leaving(pod);
  }
  for (Flight& flight : slots_) flight.held = Held::nothing;
  for (std::int64_t& free : free_at_) free = std::min(free, now_);
  stepped_.clear();
  free_stepped_.clear();
  heap_.clear();
  asleep_ = true;
}

void DataPlane::add_counts(const TrafficState& from, const TrafficState& to) {
  const auto add = [&](auto member) { this->*member += to.*member - from.*member; };
  add(&TrafficState::sent_);
  add(&TrafficState::finished_);
  add(&TrafficState::served_);
  add(&TrafficState::hops_);
  edge_.add_since(from.edge_, to.edge_);
  const auto add_all = [](auto& mine, const auto& since, const auto& until) {
    for (std::size_t i = 0; i < since.size(); ++i) (mine[i] += until[i]) -= since[i];
  };
  add_all(routers_, from.routers_, to.routers_);
  add_all(segment_routers_, from.segment_routers_, to.segment_routers_);
}

}  // namespace coalmine
