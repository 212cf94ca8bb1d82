// The closed form of DataPlane's pods: leaf services whose FIFO workers run at constant speed. A
// request's start and departure are fixed when it arrives; the pod is brought up to date when
// somebody looks.

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {
namespace {

/// Workers still busy at `now`. Without a branch per worker: which are free is as good as random.
std::uint32_t busy_workers(const std::int64_t* free_at, std::uint32_t workers, std::int64_t now) {
  std::uint64_t busy = 0;
  for (std::uint32_t i = 0; i < workers; ++i)
    busy += static_cast<std::uint64_t>(now - free_at[i]) >> 63U;
  return static_cast<std::uint32_t>(busy);
}

/// A worker that is free at `now`; `workers` if none is.
std::uint32_t free_worker(const std::int64_t* free_at, std::uint32_t workers, std::int64_t now) {
  for (std::uint32_t first = 0; first < workers; first += 64) {
    const std::uint32_t here = std::min(workers - first, 64U);
    std::uint64_t free = 0;
    for (std::uint32_t i = 0; i < here; ++i)
      free |= (~static_cast<std::uint64_t>(now - free_at[first + i]) >> 63U) << i;
    if (free != 0) return first + static_cast<std::uint32_t>(std::countr_zero(free));
  }
  return workers;
}

}  // namespace

std::uint32_t DataPlane::load_closed(Pod& pod, std::int64_t now) {
  const std::uint32_t workers = service_model(pod).workers;
  const std::uint32_t busy = busy_workers(&free_at_[pod.first_slot], workers, now);
  if (busy < workers) return busy;
  promote(pod, now);
  return busy + pod.waiting;
}

DataPlane::Sent DataPlane::enter_closed(PodId id, const Request& request) {
  Pod& pod = pods_[id.index()];
  const ServiceModel& service = service_model(pod);
  const std::uint32_t workers = service.workers;
  std::int64_t* const free_at = &free_at_[pod.first_slot];
  if (pod.waiting > 0) promote(pod, request.now);
  std::uint32_t slot = free_worker(free_at, workers, request.now);
  const bool starts_now = slot < workers;
  if (!starts_now) {
    if (pod.waiting >= service.queue) return turn_away(request, pod.service, id, Outcome::rejected);
    slot = static_cast<std::uint32_t>(std::min_element(free_at, free_at + workers) - free_at);
  }

  Flight* flight = nullptr;
  if (starts_now) {
    flight = &slots_[pod.first_slot + slot];
    if (flight->present()) finish_closed(pod, id, *flight);
  } else {
    if (pod.waiting == pod.queue.size()) {  // full ring: straighten into one twice as large
      std::vector<Waiting> larger(std::max<std::size_t>(16, pod.queue.size() * 2));
      for (std::uint32_t i = 0; i < pod.waiting; ++i)
        larger[i] = pod.queue[(pod.head + i) & (pod.queue.size() - 1)];
      pod.queue.swap(larger);
      pod.head = 0;
    }
    Waiting& place = pod.queue[(pod.head + pod.waiting) & (pod.queue.size() - 1)];
    place.slot = slot;
    flight = &place.flight;
    ++pod.waiting;
  }

  const VersionModel& version = version_model(pod);
  ServiceStart start;
  take_up(id, request, start);
  const std::int64_t begins = starts_now ? request.now : free_at[slot];
  start.at = as_time(begins);
  // Who had to wait begins when another leaves: all workers are busy then.
  if (!version.plain && !version.effects.loads.empty())
    start.concurrency = starts_now ? busy_workers(free_at, workers, request.now) + 1 : workers;
  const Cost cost = cost_at(service, version, start, pod.process);
  if (cost.death != Death::none) dies_at(id, begins, cost.death);
  const std::int64_t departure = begins + cost.work_ns;
  free_at[slot] = departure;
  *flight = {request.id,
             request.now,
             begins,
             departure,
             request.deadline,
             request.user,
             request.parent,
             request.ticket,
             cost.fails ? Outcome::error : Outcome::ok,
             request.segment,
             request.copy,
             held_request(start.marked)};
  const bool in_time = departure <= request.deadline;
  return {false, in_time && !cost.fails, in_time ? departure : request.deadline};
}

/// Moves waiting requests whose service has begun into their slots, counting those they follow.
void DataPlane::promote(Pod& pod, std::int64_t now) {
  const PodId id{static_cast<std::uint32_t>(&pod - pods_.data())};
  while (pod.waiting > 0) {
    const Waiting& next = pod.queue[pod.head & (pod.queue.size() - 1)];
    if (next.flight.start > now) return;
    Flight& place = slots_[pod.first_slot + next.slot];
    if (place.present()) finish_closed(pod, id, place);
    place = next.flight;
    ++pod.head;
    --pod.waiting;
  }
}

void DataPlane::finish_closed(Pod& pod, PodId id, Flight& flight) {
  count_departure(pod, id, flight, flight.departure);
  flight.held = Held::nothing;
}

void DataPlane::bring_up_to_date(PodId id, std::int64_t now) {
  Pod& pod = pods_[id.index()];
  promote(pod, now);
  const std::uint32_t workers = service_model(pod).workers;
  for (std::uint32_t i = 0; i < workers; ++i) {
    Flight& flight = slots_[pod.first_slot + i];
    if (!flight.present()) continue;
    if (flight.departure <= now)
      finish_closed(pod, id, flight);
    else
      count_expired(flight, id, now);
  }
  for (std::uint32_t i = 0; i < pod.waiting; ++i)
    count_expired(pod.queue[(pod.head + i) & (pod.queue.size() - 1)].flight, id, now);
}

void DataPlane::end_closed(PodId id) {
  Pod& pod = pods_[id.index()];
  const auto lost = [&](Flight& flight) {
    if (!flight.counted) count_sender(flight, id, now_, Outcome::reset);
    flight.held = Held::nothing;
    fail_caller(flight, now_);
  };
  bring_up_to_date(id, now_);
  const std::uint32_t workers = service_model(pod).workers;
  for (std::uint32_t i = 0; i < workers; ++i) {
    Flight& flight = slots_[pod.first_slot + i];
    if (flight.present()) lost(flight);
    free_at_[pod.first_slot + i] = kLongAgo;
  }
  for (; pod.waiting > 0; --pod.waiting, ++pod.head)
    lost(pod.queue[pod.head & (pod.queue.size() - 1)].flight);
}

}  // namespace coalmine
