#include "sim/traffic/data_plane.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();
constexpr std::uint32_t kSharingBit =
    0x80000000U;  // a heap payload that names a pod, not a request

constexpr Time as_time(std::int64_t ns) {
  return Time(Duration(ns));
}

}  // namespace

DataPlane::DataPlane(TrafficModel model, Users users, Arrivals arrivals, EdgeSettings edge)
    : model_(std::move(model)),
      users_(std::move(users)),
      arrivals_(std::move(arrivals)),
      edge_(std::move(edge)),
      routes_(model_.services.size()) {}

void DataPlane::run_until(Time t) {
  const std::int64_t until = t.time_since_epoch().count();
  for (;;) {
    const std::int64_t arrival = arrivals_.next().time.time_since_epoch().count();
    if (!heap_.empty() && heap_.top().time_ns <= arrival) {
      const auto entry = heap_.top();
      if (entry.time_ns > until) break;
      heap_.pop();
      play_wake(entry.payload, entry.sequence, entry.time_ns);
    } else {
      if (arrival > until) break;
      Request request;
      request.session = arrivals_.next().session;
      arrivals_.advance();
      request.id = next_request_++;
      request.now = arrival;
      request.user = users_.of_session(request.session);
      request.deadline =
          model_.client_timeout.count() > 0 ? arrival + model_.client_timeout.count() : kNoDeadline;
      ++sent_;
      send(ServiceId{0}, request);
    }
  }
  now_ = until;
}

// ---- routing and balancing

DataPlane::Sent DataPlane::send(ServiceId service, const Request& request) {
  ++hops_;
  const ServiceModel& model = model_.services[service.index()];
  const Rule* chosen = nullptr;
  for (const Rule& rule : routes_[service.index()]) {
    if (!rule.everyone) {
      if (request.user == kNone) continue;
      const std::uint8_t segment = users_.segment_of(request.user);
      if (segment == Users::kNoSegment || ((rule.segments >> segment) & 1) == 0) continue;
    }
    chosen = &rule;
    break;
  }
  if (chosen == nullptr) return turn_away(request, service, PodId{}, Outcome::no_endpoint);
  BackendId backend = chosen->rule.backends.front().backend;
  if (chosen->rule.backends.size() > 1) {
    const std::uint64_t who = chosen->rule.sticky == Stickiness::user      ? request.user
                              : chosen->rule.sticky == Stickiness::session ? request.session
                                                                           : request.id;
    backend = pick_backend(chosen->rule, draw_bits(model_.route_key, who));
  }
  const PodId id = balance(model, backend, request.id, request.now);
  if (!id.valid()) {
    const auto& known = backends_[backend.index()];
    return turn_away(request, service, known.last, Outcome::no_endpoint);
  }
  const Pod& pod = pods_[id.index()];
  const VersionModel& version = model_.versions[pod.version.index()];
  if (version.is_new && !first_exposure_ && version.faulty(as_time(request.now)))
    first_exposure_ = as_time(request.now);
  if (!pod.accepting) return turn_away(request, service, id, Outcome::refused);
  return pod.closed ? enter_closed(id, request) : enter_stepped(id, request);
}

PodId DataPlane::balance(const ServiceModel& service,
                         BackendId backend,
                         std::uint64_t id,
                         std::int64_t now) {
  Backend& b = backends_[backend.index()];
  const std::uint64_t n = b.endpoints.size();
  if (n <= 1) return n == 0 ? PodId{} : b.endpoints.front();
  const std::uint64_t bits = draw_bits(service.pick_key, id);
  switch (service.balancer) {
    case Balancer::roundRobin:
      return b.endpoints[b.cursor++ % n];
    case Balancer::random:
      return b.endpoints[((bits >> 32) * n) >> 32];
    case Balancer::leastRequest:
      break;
  }
  const PodId first = b.endpoints[((bits >> 32) * n) >> 32];
  const PodId second = b.endpoints[((bits & 0xffffffffU) * n) >> 32];
  const std::uint32_t first_load = load(first, now);
  const std::uint32_t second_load = load(second, now);
  return second_load < first_load ? second : first;
}

std::uint32_t DataPlane::load(PodId id, std::int64_t now) {
  Pod& pod = pods_[id.index()];
  if (!pod.closed) return pod.busy + pod.waiting;
  const std::uint32_t workers = model_.services[pod.service.index()].workers;
  const std::int64_t* free_at = &free_at_[pod.first_slot];
  std::uint32_t busy = 0;
  for (std::uint32_t i = 0; i < workers; ++i) busy += free_at[i] > now ? 1U : 0U;
  if (busy < workers) return busy;
  promote(pod, now);
  return busy + pod.waiting;
}

DataPlane::Sent DataPlane::turn_away(const Request& request,
                                     ServiceId service,
                                     PodId pod,
                                     Outcome outcome) {
  Flight flight;
  flight.id = request.id;
  flight.arrival = request.now;
  flight.user = request.user;
  if (outcome == Outcome::rejected)
    ++pods_[pod.index()].counters.requests[static_cast<std::size_t>(outcome)];
  // Nobody answered: the proxy counts it against the last known destination, the user against none.
  if (outcome == Outcome::no_endpoint) {
    if (pod.valid())
      ++routers_[pods_[pod.index()].deployment.index()].requests[static_cast<std::size_t>(outcome)];
    if (request.user != kNone) {
      ++finished_;
      edge_.add(as_time(request.now), 0, VersionId{}, request.user, outcome, false, false);
    }
    if (records_ != nullptr)
      records_->push_back({request.id, service, PodId{}, request.now, 0, request.now, outcome});
  } else {
    count_sender(flight, pod, request.now, outcome);
  }
  return {false, false, request.now};
}

// ---- counting

void DataPlane::count_at_pod(Pod& pod, const Flight& flight, std::int64_t departure) {
  Instruments& c = pod.counters;
  const std::int64_t latency = departure - flight.arrival;
  ++c.requests[static_cast<std::size_t>(flight.outcome)];
  ++c.bucket[latency_bucket(latency)];
  c.latency_sum_ns += latency;
  c.busy_ns += departure - flight.start;
}

void DataPlane::count_sender(const Flight& flight, PodId id, std::int64_t at, Outcome outcome) {
  const Pod& pod = pods_[id.index()];
  const std::int64_t latency = at - flight.arrival;
  Instruments& router = routers_[pod.deployment.index()];
  ++router.requests[static_cast<std::size_t>(outcome)];
  ++router.bucket[latency_bucket(latency)];
  router.latency_sum_ns += latency;
  if (flight.user != kNone) {
    ++finished_;
    served_ += outcome == Outcome::ok ? 1U : 0U;
    const VersionModel& version = model_.versions[pod.version.index()];
    const bool faulty = version.is_new && version.faulty(as_time(at));
    edge_.add(as_time(at), latency, pod.version, flight.user, outcome, version.is_new, faulty);
  }
  if (records_ != nullptr)
    records_->push_back({flight.id, pod.service, id, flight.arrival, flight.start, at, outcome});
}

void DataPlane::count_expired(Flight& flight, PodId pod, std::int64_t now) {
  if (flight.counted || flight.deadline > now) return;
  flight.counted = true;
  count_sender(flight, pod, flight.deadline, Outcome::timed_out);
}

// ---- closed pods

DataPlane::Sent DataPlane::enter_closed(PodId id, const Request& request) {
  Pod& pod = pods_[id.index()];
  const ServiceModel& service = model_.services[pod.service.index()];
  const std::uint32_t workers = service.workers;
  std::int64_t* free_at = &free_at_[pod.first_slot];
  std::uint32_t slot = 0;
  for (std::uint32_t i = 1; i < workers; ++i) slot = free_at[i] < free_at[slot] ? i : slot;
  const bool starts_now = free_at[slot] <= request.now;
  if (pod.waiting > 0) promote(pod, request.now);
  if (!starts_now && pod.waiting >= service.queue)
    return turn_away(request, pod.service, id, Outcome::rejected);

  Flight flight;
  flight.id = request.id;
  flight.arrival = request.now;
  flight.start = starts_now ? request.now : free_at[slot];
  const Cost cost = cost_at(service,
                            model_.versions[pod.version.index()],
                            request.id,
                            as_time(flight.start),
                            pod.listening_since);
  flight.departure = flight.start + cost.work_ns;
  flight.deadline = request.deadline;
  flight.user = request.user;
  flight.parent = request.parent;
  flight.ticket = request.ticket;
  flight.outcome = cost.fails ? Outcome::error : Outcome::ok;
  flight.present = true;
  free_at[slot] = flight.departure;

  if (starts_now) {
    Flight& place = slots_[pod.first_slot + slot];
    if (place.present) finish_closed(pod, id, place);
    place = flight;
  } else {
    if (pod.waiting == pod.queue.size()) {  // full ring: straighten into one twice as large
      std::vector<Waiting> larger(std::max<std::size_t>(16, pod.queue.size() * 2));
      for (std::uint32_t i = 0; i < pod.waiting; ++i)
        larger[i] = pod.queue[(pod.head + i) & (pod.queue.size() - 1)];
      pod.queue.swap(larger);
      pod.head = 0;
    }
    pod.queue[(pod.head + pod.waiting) & (pod.queue.size() - 1)] = {flight, slot};
    ++pod.waiting;
  }
  const bool in_time = flight.departure <= flight.deadline;
  return {false, in_time && !cost.fails, in_time ? flight.departure : flight.deadline};
}

/// Moves waiting requests whose service has begun into their slots, counting those they follow.
void DataPlane::promote(Pod& pod, std::int64_t now) {
  const PodId id{static_cast<std::uint32_t>(&pod - pods_.data())};
  while (pod.waiting > 0) {
    const Waiting& next = pod.queue[pod.head & (pod.queue.size() - 1)];
    if (next.flight.start > now) return;
    Flight& place = slots_[pod.first_slot + next.slot];
    if (place.present) finish_closed(pod, id, place);
    place = next.flight;
    ++pod.head;
    --pod.waiting;
  }
}

void DataPlane::finish_closed(Pod& pod, PodId id, Flight& flight) {
  count_at_pod(pod, flight, flight.departure);
  if (!flight.counted) {
    if (flight.departure > flight.deadline)
      count_sender(flight, id, flight.deadline, Outcome::timed_out);
    else
      count_sender(flight, id, flight.departure, flight.outcome);
  }
  flight.present = false;
}

void DataPlane::bring_up_to_date(PodId id, std::int64_t now) {
  Pod& pod = pods_[id.index()];
  promote(pod, now);
  const std::uint32_t workers = model_.services[pod.service.index()].workers;
  for (std::uint32_t i = 0; i < workers; ++i) {
    Flight& flight = slots_[pod.first_slot + i];
    if (!flight.present) continue;
    if (flight.departure <= now)
      finish_closed(pod, id, flight);
    else
      count_expired(flight, id, now);
  }
  for (std::uint32_t i = 0; i < pod.waiting; ++i)
    count_expired(pod.queue[(pod.head + i) & (pod.queue.size() - 1)].flight, id, now);
}

// ---- stepped pods

std::uint32_t DataPlane::wake_at(std::int64_t when, std::uint32_t payload) {
  if (++sequence_ == 0) ++sequence_;  // 0 means "none"
  heap_.push({when, sequence_, payload});
  return sequence_;
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
  const ServiceModel& service = model_.services[pod.service.index()];
  const bool starts_now = pod.busy < service.workers;
  if (!starts_now && pod.waiting >= service.queue)
    return turn_away(request, pod.service, id, Outcome::rejected);
  const std::uint32_t index = new_stepped();
  Stepped& s = stepped_[index];
  s = {};
  s.in_use = true;
  s.pod = id;
  s.flight.id = request.id;
  s.flight.arrival = request.now;
  s.flight.deadline = request.deadline;
  s.flight.user = request.user;
  s.flight.parent = request.parent;
  s.flight.ticket = request.ticket;
  if (starts_now) {
    ++pod.busy;
    begin_service(index, request.now);
  } else {
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
  const ServiceModel& service = model_.services[pod.service.index()];
  s.in_service = true;
  s.working = true;
  s.flight.start = now;
  const Cost cost = cost_at(service,
                            model_.versions[pod.version.index()],
                            s.flight.id,
                            as_time(now),
                            pod.listening_since);
  if (cost.fails) s.flight.outcome = Outcome::error;
  if (service.discipline != Discipline::ps) {
    s.wake = wake_at(now + cost.work_ns, index);
    return;
  }
  share(s.pod, now);
  s.finish_at = pod.virtual_time + static_cast<double>(cost.work_ns);
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
    const double rate = std::min(
        1.0, model_.services[pod.service.index()].cores / static_cast<double>(pod.sharing.size()));
    pod.virtual_time += static_cast<double>(now - pod.virtual_at) * rate;
  }
  pod.virtual_at = now;
}

void DataPlane::schedule_sharing(PodId id, std::int64_t now) {
  Pod& pod = pods_[id.index()];
  pod.ps_wake = 0;
  if (pod.sharing.empty()) return;
  const double rate = std::min(
      1.0, model_.services[pod.service.index()].cores / static_cast<double>(pod.sharing.size()));
  const double left = std::max(0.0, (pod.sharing.front().first - pod.virtual_time) / rate);
  auto delay = static_cast<std::int64_t>(left);
  if (static_cast<double>(delay) < left) ++delay;
  pod.ps_wake = wake_at(now + delay, kSharingBit | id.value);
}

void DataPlane::play_wake(std::uint32_t payload, std::uint32_t sequence, std::int64_t now) {
  if ((payload & kSharingBit) != 0) {
    const PodId id{payload & ~kSharingBit};
    if (pods_[id.index()].ps_wake != sequence) return;
    share(id, now);
    Pod& pod = pods_[id.index()];
    pod.virtual_time = std::max(pod.virtual_time, pod.sharing.front().first);
    const std::uint32_t index = pod.sharing.front().second;
    std::pop_heap(pod.sharing.begin(), pod.sharing.end(), std::greater<>{});
    pod.sharing.pop_back();
    schedule_sharing(id, now);
    continue_handler(index, now, false);
    return;
  }
  Stepped& s = stepped_[payload];
  if (s.wake != sequence) return;  // overtaken by a return, a loss or a new life of this place
  s.wake = 0;
  s.ticket = 0;
  continue_handler(payload, now, !s.working && s.call_failed);
}

/// Own work is done or a call has come back: make the next call, or leave.
void DataPlane::continue_handler(std::uint32_t index, std::int64_t now, bool call_failed) {
  Stepped* s = &stepped_[index];
  const ServiceId service_id = pods_[s->pod.index()].service;
  const std::vector<CallModel>& calls = model_.services[service_id.index()].calls;
  const auto repeats = [&](std::uint32_t place) {
    const CallModel& c = calls[place];
    return c.whole + (c.fraction > 0 && draw(c.coin, s->flight.id) < c.fraction ? 1U : 0U);
  };
  if (s->working) {
    s->working = false;
    if (!calls.empty()) s->left = repeats(0);
  }
  if (call_failed) s->flight.outcome = Outcome::error;
  while (s->flight.outcome == Outcome::ok && s->call < calls.size()) {
    if (s->left == 0) {
      s->repeat = 0;
      if (++s->call < calls.size()) s->left = repeats(s->call);
      continue;
    }
    --s->left;
    const CallModel& call = calls[s->call];
    if (++sequence_ == 0) ++sequence_;
    const std::uint32_t ticket = sequence_;
    Request request;
    request.id = child_id(s->flight.id, s->call, s->repeat++, 0);
    request.now = now;
    request.parent = index;
    request.ticket = ticket;
    request.deadline = call.timeout.count() > 0 ? now + call.timeout.count() : kNoDeadline;
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
      s->wake = wake_at(sent.answered, index);
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
  const Flight flight = stepped_[index].flight;
  const PodId id = stepped_[index].pod;
  Pod& pod = pods_[id.index()];
  count_at_pod(pod, flight, now);
  if (!flight.counted) {
    if (now > flight.deadline)
      count_sender(flight, id, flight.deadline, Outcome::timed_out);
    else
      count_sender(flight, id, now, flight.outcome);
  }
  stepped_[index].in_use = false;
  free_stepped_.push_back(index);
  --pod.busy;
  if (pod.waiting > 0) {
    const bool newest = model_.services[pod.service.index()].discipline == Discipline::lifo;
    const std::uint32_t place = newest ? pod.head + pod.waiting - 1 : pod.head;
    const std::uint32_t next = pod.line[place & (pod.line.size() - 1)];
    if (!newest) ++pod.head;
    --pod.waiting;
    ++pod.busy;
    begin_service(next, now);
  }
  if (flight.parent != kNone) {
    const Stepped& parent = stepped_[flight.parent];
    if (parent.in_use && parent.ticket == flight.ticket)
      call_returned(flight.parent, now, flight.outcome != Outcome::ok || now > flight.deadline);
  }
}

/// The call died with its pod: if its sender still waits, it learns so now.
void DataPlane::fail_caller(const Flight& flight, std::int64_t now) {
  if (flight.parent == kNone) return;
  Stepped& parent = stepped_[flight.parent];
  if (!parent.in_use || parent.ticket != flight.ticket) return;
  parent.call_failed = true;
  parent.wake = wake_at(now, flight.parent);
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

// ---- what the control plane says

void DataPlane::pod_created(PodId pod,
                            ServiceId service,
                            DeploymentId deployment,
                            VersionId version) {
  CM_ASSERT(pod.index() == pods_.size());
  const ServiceModel& model = model_.services[service.index()];
  Pod& p = pods_.emplace_back();
  p.service = service;
  p.deployment = deployment;
  p.version = version;
  p.closed = model.closed_form();
  if (p.closed) {
    p.first_slot = static_cast<std::uint32_t>(free_at_.size());
    free_at_.resize(free_at_.size() + model.workers, kLongAgo);
    slots_.resize(slots_.size() + model.workers);
  }
  if (routers_.size() <= deployment.index()) routers_.resize(deployment.index() + 1);
}

std::optional<Duration> DataPlane::process_started(PodId pod, bool warm) {
  Pod& p = pods_[pod.index()];
  p.listening = true;
  p.accepting = true;
  const Time now = as_time(now_);
  p.listening_since = warm ? Time::min() : now;
  p.counters = {};
  const std::uint64_t start = (std::uint64_t{pod.value} << 20) + p.starts++;
  for (const CrashEffect& e : model_.versions[p.version.index()].effects.crashes) {
    if (e.when.level(now) > 0 && draw(e.coin, start) < e.p) return e.after;
  }
  return std::nullopt;
}

void DataPlane::stops_accepting(PodId pod) {
  pods_[pod.index()].accepting = false;
}

bool DataPlane::idle(PodId pod) {
  return in_flight(pod) == 0;
}

std::uint32_t DataPlane::in_flight(PodId pod) {
  return load(pod, now_);
}

void DataPlane::process_ended(PodId id) {
  Pod& pod = pods_[id.index()];
  pod.listening = false;
  pod.accepting = false;
  const auto lost = [&](Flight& flight) {
    if (!flight.counted) count_sender(flight, id, now_, Outcome::reset);
    flight.present = false;
    fail_caller(flight, now_);
  };
  if (pod.closed) {
    bring_up_to_date(id, now_);
    const std::uint32_t workers = model_.services[pod.service.index()].workers;
    for (std::uint32_t i = 0; i < workers; ++i) {
      Flight& flight = slots_[pod.first_slot + i];
      if (flight.present) lost(flight);
      free_at_[pod.first_slot + i] = kLongAgo;
    }
    for (; pod.waiting > 0; --pod.waiting, ++pod.head)
      lost(pod.queue[pod.head & (pod.queue.size() - 1)].flight);
    return;
  }
  for (std::uint32_t i = 0; i < stepped_.size(); ++i)
    if (stepped_[i].in_use && stepped_[i].pod == id) lose(i, now_);
  pod.busy = 0;
  pod.waiting = 0;
  pod.head = 0;
  pod.sharing.clear();
  pod.ps_wake = 0;
}

void DataPlane::endpoints_applied(BackendId backend, std::span<const PodId> pods) {
  if (backends_.size() <= backend.index()) backends_.resize(backend.index() + 1);
  Backend& b = backends_[backend.index()];
  b.endpoints.assign(pods.begin(), pods.end());
  if (!b.endpoints.empty()) b.last = b.endpoints.front();
}

bool DataPlane::answers_probe(PodId pod, bool /*liveness*/) {
  return pods_[pod.index()].listening;
}

void DataPlane::set_routes(ServiceId service, const RouteTable& table) {
  std::vector<Rule> rules;
  for (const RouteRule& rule : table.rules) {
    CM_ASSERT(!rule.backends.empty());
    for (const WeightedBackend& b : rule.backends)
      if (backends_.size() <= b.backend.index()) backends_.resize(b.backend.index() + 1);
    const bool everyone = rule.match.header.empty();
    rules.push_back(
        {rule, everyone ? 0 : users_.segments_with(rule.match.header, rule.match.value), everyone});
  }
  routes_[service.index()] = std::move(rules);
}

// ---- looking in

void DataPlane::settle() {
  for (std::uint32_t i = 0; i < pods_.size(); ++i)
    if (pods_[i].closed) bring_up_to_date(PodId{i}, now_);
  for (Stepped& s : stepped_)
    if (s.in_use) count_expired(s.flight, s.pod, now_);
}

std::uint64_t DataPlane::unanswered() {
  settle();
  std::uint64_t n = 0;
  const auto waits = [](const Flight& f) { return f.user != kNone && !f.counted; };
  for (const Flight& f : slots_) n += f.present && waits(f) ? 1U : 0U;
  for (const Pod& p : pods_) {
    if (!p.closed) continue;
    for (std::uint32_t i = 0; i < p.waiting; ++i)
      n += waits(p.queue[(p.head + i) & (p.queue.size() - 1)].flight) ? 1U : 0U;
  }
  for (const Stepped& s : stepped_) n += s.in_use && waits(s.flight) ? 1U : 0U;
  return n;
}

const Instruments& DataPlane::router_instruments(DeploymentId deployment) const {
  static const Instruments kNothing{};
  return deployment.index() < routers_.size() ? routers_[deployment.index()] : kNothing;
}

}  // namespace coalmine
