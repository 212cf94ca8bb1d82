// The stepped form of DataPlane's pods: whatever calls other services, shares its processor or
// serves the newest first. One heap entry per step.
//
// Save the last: when a handler waits for its last answer, the instant of that answer is known, and
// nobody stands in line, then the departure is known too. Such a request is *leaving*: it has no
// heap entry, the pod counts it out when somebody looks (as in the closed form). Should its call
// die, or somebody have to wait for its worker, it gets its entry after all.

#include <algorithm>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/kernel/math.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {

/// Those still counted as busy who have left by `now`. Eight at a time, so that the number of them,
/// which no predictor knows, decides no jump.
std::uint32_t DataPlane::gone(const Pod& pod, std::int64_t now) {
  std::uint64_t n = 0;
  for (std::size_t first = 0; first < pod.leaving.size(); first += kLeavingLanes)
    for (std::size_t i = first; i < first + kLeavingLanes; ++i)
      n += static_cast<std::uint64_t>(pod.leaving_at[i] <= now);
  return static_cast<std::uint32_t>(n);
}

/// Who has left by `now` need not be counted out for that.
std::uint32_t DataPlane::load_stepped(const Pod& pod, std::int64_t now) {
  return pod.busy + pod.waiting - gone(pod, now);
}

void DataPlane::let_leave(std::uint32_t index, std::int64_t at) {
  Stepped& s = stepped_[index];
  Pod& pod = pods_[s.pod.index()];
  s.leaving = true;
  s.flight.departure = at;
  if (pod.leaving.size() == pod.leaving_at.size())
    pod.leaving_at.resize(pod.leaving_at.size() + kLeavingLanes, kNoDeadline);
  pod.leaving_at[pod.leaving.size()] = at;
  pod.leaving.push_back(index);
}

void DataPlane::forget_all_leaving(Pod& pod) {
  pod.leaving.clear();
  std::fill(pod.leaving_at.begin(), pod.leaving_at.end(), kNoDeadline);
}

/// The last one takes its place.
void DataPlane::forget_leaving(Pod& pod, std::size_t place) {
  pod.leaving[place] = pod.leaving.back();
  pod.leaving_at[place] = pod.leaving_at[pod.leaving.size() - 1];
  pod.leaving_at[pod.leaving.size() - 1] = kNoDeadline;
  pod.leaving.pop_back();
}

std::uint32_t DataPlane::new_stepped() {
  if (free_stepped_.empty()) {
    stepped_.emplace_back();
    return static_cast<std::uint32_t>(stepped_.size() - 1);
  }
  const std::uint32_t index = free_stepped_.back();
  free_stepped_.pop_back();
  return index;
}

DataPlane::Sent DataPlane::enter_stepped(PodId id, const Request& request) {
  Pod& pod = pods_[id.index()];
  const ServiceModel& service = service_model(pod);
  // Who has left is counted out when that decides something: it makes no worker free that is not.
  if (pod.busy >= service.workers) see_leaving(pod, request.now);
  const bool starts_now = pod.busy < service.workers;
  if (!starts_now && pod.waiting >= service.queue)
    return turn_away(request, pod.service, id, Outcome::rejected);
  const std::uint32_t index = new_stepped();
  Stepped& s = stepped_[index];
  // Field by field: an empty one assigned costs 30 ns in stores that wait for each other.
  s.flight.id = request.id;
  s.flight.arrival = request.now;
  s.flight.start = s.flight.departure = 0;
  s.flight.deadline = request.deadline;
  s.flight.user = request.user;
  s.flight.parent = request.parent;
  s.flight.ticket = request.ticket;
  s.flight.outcome = Outcome::ok;
  s.flight.segment = request.segment;
  s.flight.counted = request.copy;
  s.start.rate = 0;
  s.start.marked = false;
  s.start.concurrency = 1;
  take_up(id, request, s.start);
  s.flight.held = held_request(s.start.marked);
  s.pod = id;
  s.wake = s.ticket = s.call = s.left = s.repeat = 0;
  s.idle_ns = 0;
  s.in_use = true;
  s.call_failed = s.working = s.leaving = false;
  if (starts_now) {
    ++pod.busy;
    begin_service(index, request.now);
  } else {
    wake_leaving(pod);
    if (pod.waiting == pod.line.size()) {
      std::vector<std::uint32_t> larger(std::max<std::size_t>(16, pod.line.size() * 2));
      for (std::uint32_t i = 0; i < pod.waiting; ++i)
        larger[i] = pod.line[(pod.head + i) & (pod.line.size() - 1)];
      pod.line.swap(larger);
      pod.head = 0;
    }
    pod.line[(pod.head + pod.waiting) & (pod.line.size() - 1)] = index;
    ++pod.waiting;
  }
  return {true, false, 0};
}

void DataPlane::begin_service(std::uint32_t index, std::int64_t now) {
  Stepped& s = stepped_[index];
  Pod& pod = pods_[s.pod.index()];
  const ServiceModel& service = service_model(pod);
  const VersionModel& version = version_model(pod);
  s.working = true;
  s.flight.start = now;
  s.start.at = as_time(now);
  if (!version.plain) s.start.concurrency = pod.busy - gone(pod, now);
  const Cost cost = cost_at(service, version, s.start, pod.process);
  if (cost.death != Death::none) dies_at(s.pod, now, cost.death);
  if (cost.fails) s.flight.outcome = Outcome::error;
  if (service.discipline != Discipline::ps) {
    s.wake = wake_at(now + cost.work_ns, index);
    return;
  }
  const double on_core = static_cast<double>(cost.work_ns) * cost.cpu_part;
  s.idle_ns = cost.work_ns - static_cast<std::int64_t>(on_core + 0.5);
  share(s.pod, now);
  s.finish_at = pod.virtual_time + on_core;
  pod.sharing.emplace_back(s.finish_at, index);
  std::push_heap(pod.sharing.begin(), pod.sharing.end(), std::greater<>{});
  schedule_sharing(s.pod, now);
}

/// Brings the virtual time of a processor-sharing pod (work done per job) up to `now`.
void DataPlane::share(PodId id, std::int64_t now) {
  Pod& pod = pods_[id.index()];
  if (pod.sharing.empty()) {
    pod.virtual_time = 0;  // nobody's finish depends on it: keep its digits
  } else {
    const double rate =
        std::min(1.0, service_model(pod).cores / static_cast<double>(pod.sharing.size()));
    pod.virtual_time += static_cast<double>(now - pod.virtual_at) * rate;
  }
  pod.virtual_at = now;
}

void DataPlane::schedule_sharing(PodId id, std::int64_t now) {
  Pod& pod = pods_[id.index()];
  pod.ps_wake = 0;
  if (pod.sharing.empty()) return;
  const double rate =
      std::min(1.0, service_model(pod).cores / static_cast<double>(pod.sharing.size()));
  const double left = std::max(0.0, (pod.sharing.front().first - pod.virtual_time) / rate);
  auto delay = static_cast<std::int64_t>(left);
  if (static_cast<double>(delay) < left) ++delay;
  pod.ps_wake = wake_at(now + delay, kSharingTag | id.value);
}

void DataPlane::play_wake(std::uint32_t payload, std::uint32_t sequence, std::int64_t now) {
  if ((payload & kTag) == kSharingTag) {
    const PodId id{payload & ~kTag};
    if (pods_[id.index()].ps_wake != sequence) return;
    share(id, now);
    Pod& pod = pods_[id.index()];
    pod.virtual_time = std::max(pod.virtual_time, pod.sharing.front().first);
    const std::uint32_t index = pod.sharing.front().second;
    std::pop_heap(pod.sharing.begin(), pod.sharing.end(), std::greater<>{});
    pod.sharing.pop_back();
    schedule_sharing(id, now);
    Stepped& s = stepped_[index];
    if (s.idle_ns > 0)
      s.wake = wake_at(now + s.idle_ns, index);
    else
      continue_handler(index, now, false);
    return;
  }
  Stepped& s = stepped_[payload];
  if (s.wake != sequence) return;  // overtaken by a return, a loss or a new life of this place
  s.wake = 0;
  s.ticket = 0;
  continue_handler(payload, now, !s.working && s.call_failed);
}

std::uint32_t DataPlane::calls_to_make(const Stepped& request, std::uint32_t place) const {
  const CallModel& call = service_model(pods_[request.pod.index()]).calls[place];
  if (call.fraction <= 0) return call.whole;
  return call.whole + (draw(call.coin, request.flight.id) < call.fraction ? 1U : 0U);
}

bool DataPlane::answered_from_cache(const CallModel& call,
                                    const Stepped& request,
                                    std::uint64_t id) const {
  const bool warm = pods_[request.pod.index()].process.listening_since == Time::min();
  const double filled =
      warm ? 1 : 1 - portable_exp(-static_cast<double>(request.start.nth) / call.cache_keys);
  return draw(call.cache_coin, id) < call.cache_hit_ratio * filled;
}

/// Own work is done or a call has come back: make the next call, or leave.
void DataPlane::continue_handler(std::uint32_t index, std::int64_t now, bool call_failed) {
  Stepped* s = &stepped_[index];
  const std::vector<CallModel>& calls = service_model(pods_[s->pod.index()]).calls;
  if (s->working) {
    s->working = false;
    if (!calls.empty()) s->left = calls_to_make(*s, 0);
  }
  if (call_failed) s->flight.outcome = Outcome::error;
  while (s->flight.outcome == Outcome::ok && s->call < calls.size()) {
    if (s->left == 0) {
      s->repeat = 0;
      if (++s->call < calls.size()) s->left = calls_to_make(*s, s->call);
      continue;
    }
    --s->left;
    const CallModel& call = calls[s->call];
    Request request;
    request.id = child_id(s->flight.id, s->call, s->repeat, 0);
    request.demand_id = s->start.demand_id == s->flight.id
                            ? request.id
                            : child_id(s->start.demand_id, s->call, s->repeat, 0);
    ++s->repeat;
    if (call.cache_hit_ratio > 0 && answered_from_cache(call, *s, request.id)) continue;
    if (++sequence_ == 0) ++sequence_;
    const std::uint32_t ticket = sequence_;
    request.now = now;
    request.parent = index;
    request.ticket = ticket;
    request.deadline = call.timeout.count() > 0 ? now + call.timeout.count() : kNoDeadline;
    request.segment = s->start.segment;
    const Sent sent = send(call.callee, request);
    s = &stepped_[index];  // the callee's entry may have moved the table
    if (sent.pending) {
      s->ticket = ticket;
      if (request.deadline != kNoDeadline) {
        s->call_failed = true;
        s->wake = wake_at(request.deadline, index);
      }
      return;
    }
    if (sent.answered > now) {
      s->ticket = ticket;
      s->call_failed = !sent.ok;
      const bool last = !sent.ok || (s->left == 0 && s->call + 1 == calls.size());
      Pod& pod = pods_[s->pod.index()];
      if (last && pod.waiting == 0 && s->flight.parent == kNone) {
        let_leave(index, sent.answered);
      } else {
        s->wake = wake_at(sent.answered, index);
      }
      return;
    }
    if (!sent.ok) s->flight.outcome = Outcome::error;
  }
  depart_stepped(index, now);
}

void DataPlane::call_returned(std::uint32_t index, std::int64_t now, bool failed) {
  Stepped& s = stepped_[index];
  s.wake = 0;
  s.ticket = 0;
  continue_handler(index, now, failed);
}

void DataPlane::depart_stepped(std::uint32_t index, std::int64_t now) {
  Stepped& s = stepped_[index];
  const PodId id = s.pod;
  Pod& pod = pods_[id.index()];
  count_departure(pod, id, s.flight, now);
  const std::uint32_t caller = s.flight.parent;
  const bool caller_waits =
      caller != kNone && stepped_[caller].in_use && stepped_[caller].ticket == s.flight.ticket;
  const bool failed = s.flight.outcome != Outcome::ok || now > s.flight.deadline;
  s.in_use = false;
  free_stepped_.push_back(index);
  --pod.busy;
  if (pod.waiting > 0) {
    const bool newest = service_model(pod).discipline == Discipline::lifo;
    const std::uint32_t place = newest ? pod.head + pod.waiting - 1 : pod.head;
    const std::uint32_t next = pod.line[place & (pod.line.size() - 1)];
    if (!newest) ++pod.head;
    --pod.waiting;
    ++pod.busy;
    begin_service(next, now);
  }
  if (caller_waits) call_returned(caller, now, failed);
}

/// Counts out whoever has left by `now`.
void DataPlane::see_leaving(Pod& pod, std::int64_t now) {
  for (std::size_t i = 0; i < pod.leaving.size();) {
    const std::int64_t at = pod.leaving_at[i];
    if (at > now) {
      ++i;
      continue;
    }
    const std::uint32_t index = pod.leaving[i];
    forget_leaving(pod, i);
    Stepped& s = stepped_[index];
    s.ticket = 0;
    if (s.call_failed) s.flight.outcome = Outcome::error;
    depart_stepped(index, at);
  }
}

/// Somebody is going to wait for a worker: every departure must happen by itself again.
void DataPlane::wake_leaving(Pod& pod) {
  for (std::size_t i = 0; i < pod.leaving.size(); ++i) {
    Stepped& s = stepped_[pod.leaving[i]];
    s.leaving = false;
    s.wake = wake_at(pod.leaving_at[i], pod.leaving[i]);
  }
  forget_all_leaving(pod);
}

/// The request does not leave as was thought.
void DataPlane::stay(std::uint32_t index) {
  Stepped& s = stepped_[index];
  Pod& pod = pods_[s.pod.index()];
  s.leaving = false;
  const auto place = std::find(pod.leaving.begin(), pod.leaving.end(), index);
  forget_leaving(pod, static_cast<std::size_t>(place - pod.leaving.begin()));
}

void DataPlane::lose(std::uint32_t index, std::int64_t now) {
  Stepped& s = stepped_[index];
  count_expired(s.flight, s.pod, now);
  if (!s.flight.counted) count_sender(s.flight, s.pod, now, Outcome::reset);
  s.in_use = false;
  s.wake = 0;
  s.ticket = 0;
  free_stepped_.push_back(index);
  fail_caller(s.flight, now);
}

void DataPlane::end_stepped(PodId id) {
  Pod& pod = pods_[id.index()];
  see_leaving(pod, now_);
  for (std::uint32_t i = 0; i < stepped_.size(); ++i)
    if (stepped_[i].in_use && stepped_[i].pod == id) lose(i, now_);
  pod.busy = 0;
  pod.waiting = 0;
  pod.head = 0;
  forget_all_leaving(pod);
  pod.sharing.clear();
  pod.ps_wake = 0;
}

}  // namespace coalmine
