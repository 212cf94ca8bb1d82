// When a run's requests go on as those of another run of the same world do: the release is over,
// all that it touched has left, and with common luck nothing can come out differently any more.
// DataPlane's part of it: where its requests stand, and what it counts once they are the other's.

#include <algorithm>
#include <map>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {
namespace {

constexpr std::uint32_t kNoSeat = 0xffffffffU;

}  // namespace

/// Serves on as it does: what happened to its process, or in it, makes no difference to requests.
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

std::vector<PodId> DataPlane::seated() const {
  std::vector<PodId> pods;
  for (const std::vector<Rule>& rules : routes_) {
    if (rules.size() != 1 || !rules.front().everyone) return {};
    const RouteRule& rule = rules.front().rule;
    if (rule.backends.size() != 1 || rule.mirror) return {};
    const Backend& backend = backends_[rule.backends.front().backend.index()];
    pods.insert(pods.end(), backend.endpoints.begin(), backend.endpoints.end());
  }
  return pods;
}

std::optional<Standing> DataPlane::standing() const {
  if (asleep_ || counting_users_ || !dooms_.empty()) return std::nullopt;
  const std::vector<PodId> pods = seated();
  const auto listening =
      std::count_if(pods_.begin(), pods_.end(), [](const Pod& pod) { return pod.listening; });
  if (pods.empty() || static_cast<std::size_t>(listening) != pods.size()) return std::nullopt;

  Standing standing;
  standing.next_request = next_request_;
  std::vector<std::uint32_t> seat_of(pods_.size(), kNoSeat);
  for (const PodId id : pods) {
    const Pod& pod = pods_[id.index()];
    if (!steady(pod)) return std::nullopt;
    seat_of[id.index()] = static_cast<std::uint32_t>(standing.seats.size());
    standing.seats.push_back({pod.service, pod.deployment, pod.version});
  }
  for (std::size_t s = 0; s < routes_.size(); ++s) {
    const Backend& backend = backends_[routes_[s].front().rule.backends.front().backend.index()];
    const bool in_turn = model_.services[s].balancer == Balancer::roundRobin;
    standing.turns.push_back(
        in_turn ? backend.cursor % std::max<std::size_t>(1, backend.endpoints.size()) : 0);
  }

  const auto add = [&](PodId pod, const Flight& flight) -> Fate& {
    Fate& fate = standing.fates.emplace_back();
    fate.id = flight.id;
    fate.seat = seat_of[pod.index()];
    fate.arrival = flight.arrival;
    fate.start = flight.start;
    fate.departure = flight.departure;
    fate.deadline = flight.deadline;
    fate.user = flight.user;
    if (flight.parent != kNone) {
      const Stepped& caller = stepped_[flight.parent];
      fate.called = caller.in_use && caller.ticket == flight.ticket;
      if (fate.called) fate.caller = caller.flight.id;
    }
    fate.outcome = flight.outcome;
    fate.segment = flight.segment;
    fate.counted = flight.counted;
    fate.marked = flight.marked();
    return fate;
  };
  std::map<std::uint32_t, std::uint64_t> in_line;  ///< by place in stepped_
  for (std::uint32_t p = 0; p < pods_.size(); ++p) {
    const Pod& pod = pods_[p];
    for (std::uint32_t i = 0; i < pod.waiting; ++i) {
      if (!pod.closed) {
        in_line[pod.line[(pod.head + i) & (pod.line.size() - 1)]] = i + 1;
        continue;
      }
      const Waiting& waiting = pod.queue[(pod.head + i) & (pod.queue.size() - 1)];
      Fate& fate = add(PodId{p}, waiting.flight);
      fate.place = i + 1;
      fate.worker = waiting.slot;
    }
    for (std::uint32_t i = 0; pod.closed && i < service_model(pod).workers; ++i)
      if (slots_[pod.first_slot + i].present())
        add(PodId{p}, slots_[pod.first_slot + i]).worker = i;
  }
  std::map<std::uint32_t, std::int64_t> wakes;  ///< by place in stepped_
  for (const HotHeap::Entry& entry : heap_.entries())
    if (entry.payload < stepped_.size() && stepped_[entry.payload].in_use &&
        stepped_[entry.payload].wake == entry.sequence)
      wakes[entry.payload] = entry.time_ns;
  for (std::uint32_t i = 0; i < stepped_.size(); ++i) {
    const Stepped& s = stepped_[i];
    if (!s.in_use) continue;
    Fate& fate = add(s.pod, s.flight);
    if (const auto waits = in_line.find(i); waits != in_line.end()) fate.place = waits->second;
    if (!s.leaving) fate.departure = 0;
    fate.call = s.call;
    fate.left = s.left;
    fate.repeat = s.repeat;
    fate.working = s.working;
    fate.call_failed = s.call_failed;
    if (const auto wake = wakes.find(i); wake != wakes.end()) fate.wakes_at = wake->second;
  }
  std::sort(standing.fates.begin(), standing.fates.end());
  const bool all_seated = std::all_of(standing.fates.begin(),
                                      standing.fates.end(),
                                      [](const Fate& fate) { return fate.seat != kNoSeat; });
  return all_seated ? std::optional(std::move(standing)) : std::nullopt;
}

TrafficCounts DataPlane::counts(bool of_pods) {
  TrafficCounts counts{
      sent_, finished_, served_, hops_, unanswered(), routers_, segment_routers_, {}};
  if (of_pods)
    for (const Pod& pod : pods_) counts.pods.push_back(pod.counters);
  return counts;
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
  asleep_ = left_ = true;
}

void DataPlane::add_counts(const TrafficCounts& from,
                           const TrafficCounts& to,
                           const EdgeTally& edge,
                           Time since) {
  CM_ASSERT(left_ && sent_ + (to.sent - from.sent) ==
                         finished_ + (to.finished - from.finished) + to.unanswered);
  sent_ += to.sent - from.sent;
  finished_ += to.finished - from.finished;
  served_ += to.served - from.served;
  hops_ += to.hops - from.hops;
  edge_.add_since(edge, since);
  const auto add_all = [](auto& mine, const auto& before, const auto& after) {
    for (std::size_t i = 0; i < before.size(); ++i) (mine[i] += after[i]) -= before[i];
  };
  add_all(routers_, from.routers, to.routers);
  add_all(segment_routers_, from.segment_routers, to.segment_routers);
}

}  // namespace coalmine
