#include "sim/traffic/data_plane.h"

#include <algorithm>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

/// Sets a copy's id apart from the ids of its original's calls.
constexpr std::uint32_t kCopySite = 0xffffff;

bool by_segment(const VersionModel& version) {
  const auto picks = [](const auto& effect) { return effect.segments != kEverySegment; };
  const VersionEffects& e = version.effects;
  return std::any_of(e.errors.begin(), e.errors.end(), picks) ||
         std::any_of(e.poisons.begin(), e.poisons.end(), picks);
}

}  // namespace

DataPlane::DataPlane(TrafficModel model, Users users, Arrivals arrivals, EdgeSettings edge)
    : TrafficState(std::move(edge)),
      model_(std::move(model)),
      users_(std::move(users)),
      arrivals_(std::move(arrivals)),
      routes_(model_.services.size()),
      nothing_(model_.bounds.buckets()) {
  CM_ASSERT(users_.count() == edge_.settings().users);
  for (VersionModel& version : model_.versions)
    version.plain = version.effects.none() && version.effects.writes.empty();
  segments_matter_ =
      model_.by_segment || std::any_of(model_.versions.begin(), model_.versions.end(), by_segment);
}

void DataPlane::go_on_from(const TrafficState& state) {
  CM_ASSERT(asleep_ && sent_ == 0 && state.now_ == now_);
  static_cast<TrafficState&>(*this) = state;
  for (std::uint64_t i = 0; i < sent_; ++i) arrivals_.advance();
  asleep_ = false;
}

void DataPlane::run_until(Time t) {
  std::int64_t until = t.time_since_epoch().count();
  if (asleep_) {
    now_ = until;
    return;
  }
  for (;;) {
    const std::int64_t arrival = arrivals_.next().time.time_since_epoch().count();
    if (!heap_.empty() && heap_.top_time_ns() <= arrival) {
      const HotHeap::Entry entry = heap_.top();
      if (entry.time_ns > until) break;
      if ((entry.payload & kTag) == kDoomTag) {
        heap_.pop();
        const Doom doom = dooms_[entry.payload & ~kTag];
        const Pod& pod = pods_[doom.pod.index()];
        if (!pod.listening || pod.starts != doom.start) continue;  // it died before
        until = entry.time_ns;  // the rest of this instant still comes before the death
        on_death_(doom.pod, as_time(until), doom.cause);
        continue;
      }
      top_played_ = true;
      play_wake(entry.payload, entry.sequence, entry.time_ns);
      if (top_played_) heap_.pop();
      top_played_ = false;
    } else {
      if (arrival > until) break;
      Request request;
      request.session = arrivals_.next().session;
      arrivals_.advance();
      request.id = request.demand_id = next_request_++;
      request.now = arrival;
      request.user = request.person = users_.of_session(request.session);
      request.deadline =
          model_.client_timeout.count() > 0 ? arrival + model_.client_timeout.count() : kNoDeadline;
      if (segments_matter_) request.segment = users_.segment_of(request.user);
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
      if (request.person == kNone) continue;
      const std::uint8_t segment =
          segments_matter_ ? request.segment : users_.segment_of(request.person);
      if (segment == Users::kNoSegment || ((rule.segments >> segment) & 1) == 0) continue;
    }
    chosen = &rule;
    break;
  }
  if (chosen == nullptr) return turn_away(request, service, PodId{}, Outcome::no_endpoint);
  BackendId backend = chosen->rule.backends.front().backend;
  if (chosen->rule.backends.size() > 1) {
    const std::uint64_t who = chosen->rule.sticky == Stickiness::user      ? request.person
                              : chosen->rule.sticky == Stickiness::session ? request.session
                                                                           : request.id;
    backend = pick_backend(chosen->rule, draw_bits(model_.route_key, who));
  }
  const PodId id = balance(model, backend, request.id, request.now);
  if (!id.valid()) {
    const PodId last = backends_[backend.index()].last;
    return turn_away(request, service, last, Outcome::no_endpoint);
  }
  if (!chosen->rule.mirror || request.copy) return enter(id, request);
  const Mirror mirror = *chosen->rule.mirror;
  const Sent sent = enter(id, request);
  if (draw(model_.mirror_key, request.id) < mirror.share)
    send_copy(service, mirror.backend, request);
  return sent;
}

/// The copy needs the same work and acts for the same person; where it goes and how it fares there
/// is its own luck. Nobody waits for it.
void DataPlane::send_copy(ServiceId service, BackendId backend, const Request& original) {
  ++hops_;
  Request copy = original;
  copy.id = child_id(original.id, kCopySite, 0, 0);
  copy.user = copy.parent = kNone;
  copy.ticket = 0;
  copy.copy = true;
  const PodId id = balance(model_.services[service.index()], backend, copy.id, copy.now);
  if (id.valid()) enter(id, copy);
}

DataPlane::Sent DataPlane::enter(PodId id, const Request& request) {
  Pod& pod = pods_[id.index()];
  const VersionModel& version = version_model(pod);
  if (version.is_new && !first_exposure_ && !version.faults.empty() &&
      faulty(id, request.now, request.now))
    first_exposure_ = as_time(request.now);
  if (!pod.accepting) return turn_away(request, pod.service, id, Outcome::refused);
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

DataPlane::Sent DataPlane::turn_away(const Request& request,
                                     ServiceId service,
                                     PodId pod,
                                     Outcome outcome) {
  if (outcome == Outcome::rejected) pods_[pod.index()].counters.count(outcome);
  if (request.copy) return {false, false, request.now};
  Flight flight;
  flight.id = request.id;
  flight.arrival = request.now;
  flight.user = request.user;
  flight.segment = request.segment;
  // Nobody answered: the proxy counts it against the last known destination, the user against none.
  if (outcome == Outcome::no_endpoint) {
    if (pod.valid()) routers_[pods_[pod.index()].deployment.index()].count(outcome);
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

/// A pod takes the request: what is known of its service now, and what the version's writes do to
/// the user's data.
void DataPlane::take_up(PodId id, const Request& request, ServiceStart& start) {
  Pod& pod = pods_[id.index()];
  const VersionModel& version = version_model(pod);
  const VersionEffects& effects = version.effects;
  start.id = request.id;
  start.demand_id = request.demand_id;
  start.segment = request.segment;
  start.nth = ++pod.process.taken;
  start.pod = id.value;
  if (version.plain) return;
  if (!effects.loads.empty()) start.rate = pod.process.rate_before(request.now);
  if (request.person != kNone) {
    for (const WriteEffect& e : effects.writes) {
      if (e.when.level(as_time(request.now)) <= 0) continue;
      marked_.set(request.person);
      all_marked_ |= e.all;
    }
    if (!effects.unreadable.empty()) start.marked = reads_new_data(request);
  }
}

/// Whether the new version wrote what an old pod needs for this request, which then has met a fault
/// of the release.
bool DataPlane::reads_new_data(const Request& request) {
  const bool marked = all_marked_ || marked_.test(request.person);
  if (marked && !first_exposure_) first_exposure_ = as_time(request.now);
  return marked;
}

/// Whether a fault of the pod's version acts in its process, which may have ended, at `t` on a
/// request sent at `sent`.
bool DataPlane::faulty(PodId id, std::int64_t t, std::int64_t sent) const {
  const Pod& pod = pods_[id.index()];
  const std::uint32_t nth = pod.starts > 0 ? pod.starts - 1 : 0;
  const ProcessRef process{id.value, start_address(id.value, nth), pod.process.listening_since};
  return version_model(pod).faulty(as_time(t), as_time(sent), process);
}

// ---- counting

void DataPlane::count_departure(Pod& pod, PodId id, const Flight& flight, std::int64_t departure) {
  Instruments& c = pod.counters;
  const std::int64_t latency = departure - flight.arrival;
  const std::size_t bucket = model_.bounds.bucket_of(latency);
  c.observe(flight.outcome, bucket, latency);
  c.busy_ns += departure - flight.start;
  if (!pod.longest.empty()) pod.longest.front().observe(flight.outcome, departure, latency);
  if (flight.counted) return;
  if (departure > flight.deadline)
    count_sender(flight, id, flight.deadline, Outcome::timed_out);
  else
    count_sender(flight, id, departure, flight.outcome, latency, bucket);
}

void DataPlane::count_sender(const Flight& flight, PodId id, std::int64_t at, Outcome outcome) {
  const std::int64_t latency = at - flight.arrival;
  count_sender(flight, id, at, outcome, latency, model_.bounds.bucket_of(latency));
}

void DataPlane::count_sender(const Flight& flight,
                             PodId id,
                             std::int64_t at,
                             Outcome outcome,
                             std::int64_t latency,
                             std::size_t bucket) {
  const Pod& pod = pods_[id.index()];
  Instruments& router = routers_[pod.deployment.index()];
  router.observe(outcome, bucket, latency);
  if (flight.user != kNone) {
    if (model_.by_segment)
      segment_routers_[segment_place(pod.deployment, flight.segment)].observe(
          outcome, bucket, latency);
    ++finished_;
    served_ += outcome == Outcome::ok ? 1U : 0U;
    const VersionModel& version = version_model(pod);
    const bool met = version.is_new ? !version.faults.empty() && faulty(id, at, flight.arrival)
                                    : flight.marked();
    edge_.add(as_time(at), latency, pod.version, flight.user, outcome, version.is_new, met);
    if (counting_users_)
      count_user(router, flight, pod.version, outcome == Outcome::ok, as_time(at));
  }
  if (records_ != nullptr)
    records_->push_back({flight.id, pod.service, id, flight.arrival, flight.start, at, outcome});
}

/// A user converts at the first answer that is ok, or never: one coin a user, held against the rate
/// of the version that answered.
void DataPlane::count_user(
    Instruments& router, const Flight& flight, VersionId version, bool ok, Time at) {
  if (!seen_.test(flight.user)) {
    seen_.set(flight.user);
    ++router.users;
  }
  if (!ok || converted_.test(flight.user)) return;
  const VersionModel& v = model_.versions[version.index()];
  double rate = v.conversion;
  for (const ConversionEffect& e : v.effects.conversions)
    rate *= 1 + (e.factor - 1) * e.when.level(at);
  if (draw(model_.conversion_coin, flight.user) >= rate) return;
  converted_.set(flight.user);
  ++router.conversions;
}

void DataPlane::count_expired(Flight& flight, PodId pod, std::int64_t now) {
  if (flight.counted || flight.deadline > now) return;
  flight.counted = true;
  count_sender(flight, pod, flight.deadline, Outcome::timed_out);
}

void DataPlane::count_users_from_now() {
  broke_away_ |= left_;
  settle();
  counting_users_ = true;
  seen_ = BitSet(users_.count());
  converted_ = BitSet(users_.count());
  for (Instruments& router : routers_) router.users = router.conversions = 0;
}

void DataPlane::stop_counting_users() {
  if (!counting_users_) return;
  settle();
  counting_users_ = false;
}

// ---- what waits

std::uint32_t DataPlane::wake_at(std::int64_t when, std::uint32_t payload) {
  if (++sequence_ == 0) ++sequence_;  // 0 means "none"
  if (top_played_) {
    top_played_ = false;
    heap_.replace_top({when, sequence_, payload});
  } else {
    heap_.push({when, sequence_, payload});
  }
  return sequence_;
}

void DataPlane::dies_at(PodId pod, std::int64_t when, Death cause) {
  dooms_.push_back({pod, pods_[pod.index()].starts, cause});
  wake_at(when, kDoomTag | static_cast<std::uint32_t>(dooms_.size() - 1));
}

/// The call died with its pod: if its sender still waits, it learns so now.
void DataPlane::fail_caller(const Flight& flight, std::int64_t now) {
  if (flight.parent == kNone) return;
  Stepped& parent = stepped_[flight.parent];
  if (!parent.in_use || parent.ticket != flight.ticket) return;
  if (parent.leaving) {
    if (parent.flight.departure <= now) return;  // gone already, only not yet counted out
    stay(flight.parent);
  }
  parent.call_failed = true;
  parent.wake = wake_at(now, flight.parent);
}

// ---- what the control plane says

void DataPlane::pod_created(PodId pod,
                            ServiceId service,
                            DeploymentId deployment,
                            VersionId version) {
  broke_away_ |= left_;
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
  const Instruments fresh(model_.bounds.buckets());
  p.counters = p.earlier = fresh;
  if (routers_.size() <= deployment.index()) routers_.resize(deployment.index() + 1, fresh);
  if (model_.by_segment && segment_routers_.size() < routers_.size() * kSegmentsOfADeployment)
    segment_routers_.resize(routers_.size() * kSegmentsOfADeployment, fresh);
}

std::optional<Duration> DataPlane::process_started(PodId pod, bool warm) {
  broke_away_ |= left_;
  Pod& p = pods_[pod.index()];
  p.listening = true;
  p.accepting = true;
  const Time now = as_time(now_);
  p.process = {};
  p.process.listening_since = warm ? Time::min() : now;
  p.earlier += p.counters;
  p.counters = Instruments(model_.bounds.buckets());
  if (model_.longest) p.longest.assign(1, {});
  const std::uint64_t start = start_address(pod.value, p.starts++);
  const VersionEffects& effects = version_model(p).effects;
  for (const WriteEffect& e : effects.writes)
    if (e.all && e.when.level(now) > 0) all_marked_ = true;
  if (const Time full = leaked_to_death_at(effects, p.process.listening_since); full != kNever)
    dies_at(pod, std::max(full, now).time_since_epoch().count(), Death::out_of_memory);
  std::optional<Duration> soonest;
  for (const CrashEffect& e : effects.crashes) {
    if (e.when.level(now) > 0 && draw(e.coin, start) < e.p)
      soonest = std::min(soonest.value_or(e.after), e.after);
  }
  return soonest;
}

void DataPlane::stops_accepting(PodId pod) {
  broke_away_ |= left_;
  pods_[pod.index()].accepting = false;
}

bool DataPlane::idle(PodId pod) {
  return in_flight(pod) == 0;
}

double DataPlane::longest_latency(PodId pod, std::size_t outcome) const {
  const Pod& p = pods_[pod.index()];
  if (p.longest.empty()) return 0;
  return static_cast<double>(p.longest.front().longest(outcome, now_)) * 1e-9;
}

double DataPlane::leaked_memory(PodId pod) const {
  const Pod& p = pods_[pod.index()];
  return p.listening ? memory_with_leaks(version_model(p).effects, p.process, as_time(now_)) : 0;
}

std::uint32_t DataPlane::in_flight(PodId pod) {
  return load(pod, now_);
}

void DataPlane::process_ended(PodId id) {
  broke_away_ |= left_;
  Pod& pod = pods_[id.index()];
  pod.listening = false;
  pod.accepting = false;
  if (pod.closed)
    end_closed(id);
  else
    end_stepped(id);
}

void DataPlane::endpoints_applied(BackendId backend, std::span<const PodId> pods) {
  broke_away_ |= left_;
  if (backends_.size() <= backend.index()) backends_.resize(backend.index() + 1);
  Backend& b = backends_[backend.index()];
  b.endpoints.assign(pods.begin(), pods.end());
  if (!b.endpoints.empty()) b.last = b.endpoints.front();
}

bool DataPlane::answers_probe(PodId pod, bool /*liveness*/) {
  return pods_[pod.index()].listening;
}

void DataPlane::set_routes(ServiceId service, const RouteTable& table) {
  broke_away_ |= left_;
  std::vector<Rule> rules;
  const auto know = [this](BackendId backend) {
    if (backends_.size() <= backend.index()) backends_.resize(backend.index() + 1);
  };
  for (const RouteRule& rule : table.rules) {
    CM_ASSERT(!rule.backends.empty());
    for (const WeightedBackend& b : rule.backends) know(b.backend);
    if (rule.mirror) know(rule.mirror->backend);
    const bool everyone = rule.match.header.empty();
    rules.push_back(
        {rule, everyone ? 0 : users_.segments_with(rule.match.header, rule.match.value), everyone});
  }
  routes_[service.index()] = std::move(rules);
  if (on_routes_) on_routes_();
}

RouteTable DataPlane::routes(ServiceId service) const {
  RouteTable table;
  for (const Rule& rule : routes_[service.index()]) table.rules.push_back(rule.rule);
  return table;
}

// ---- looking in

void DataPlane::settle(PodId pod) {
  if (pods_[pod.index()].closed)
    bring_up_to_date(pod, now_);
  else
    see_leaving(pods_[pod.index()], now_);
}

void DataPlane::settle() {
  for (std::uint32_t i = 0; i < pods_.size(); ++i) settle(PodId{i});
  for (Stepped& s : stepped_)
    if (s.in_use) count_expired(s.flight, s.pod, now_);
}

std::uint64_t DataPlane::unanswered() {
  settle();
  std::uint64_t n = 0;
  const auto waits = [](const Flight& f) { return f.user != kNone && !f.counted; };
  for (const Flight& f : slots_) n += f.present() && waits(f) ? 1U : 0U;
  for (const Pod& p : pods_) {
    if (!p.closed) continue;
    for (std::uint32_t i = 0; i < p.waiting; ++i)
      n += waits(p.queue[(p.head + i) & (p.queue.size() - 1)].flight) ? 1U : 0U;
  }
  for (const Stepped& s : stepped_) n += s.in_use && waits(s.flight) ? 1U : 0U;
  return n;
}

const Instruments& DataPlane::router_instruments(DeploymentId deployment) const {
  return deployment.index() < routers_.size() ? routers_[deployment.index()] : nothing_;
}

const Instruments& DataPlane::router_instruments(DeploymentId deployment,
                                                 std::uint8_t segment) const {
  const Instruments* counted = segment_router(segment_routers_, deployment, segment);
  return counted != nullptr ? *counted : nothing_;
}

}  // namespace coalmine
