#include "tests/traffic/reference_engine.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <set>
#include <tuple>

#include "sim/kernel/assert.h"
#include "tests/traffic/reference_cost.h"

namespace coalmine::testing {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr std::uint32_t kSiteOfCopies = 0xffffff;

enum class EventClass { completion, cancellation, arrival, control };

struct Event {
  enum class Kind {
    own_work_done,    // FIFO, LIFO: request `index`
    shared_work_due,  // PS: the next job of pod `index` is due, if `stamp` is still current
    caller_goes_on,   // request `index`, whose call has ended
    sender_gives_up,  // of request `index`
    arrives,          // request `index`
    control,          // action `index`
    dies,             // the process of pod `index`, if it is still its start number `stamp`
    restarts,         // pod `index`, if `stamp` was its last start
  };
  Time time;
  EventClass event_class;
  std::uint64_t order;
  Kind kind;
  std::size_t index;
  std::uint64_t stamp;

  bool operator>(const Event& other) const {
    return std::tie(time, event_class, order) >
           std::tie(other.time, other.event_class, other.order);
  }
};

struct Request {
  // off_core: the part of its work that needs no core. resuming: its call has ended and the event
  // that lets it go on is due at this very instant.
  enum class State { travelling, waiting, working, off_core, calling, resuming, gone };
  RefStart circumstances;               // id and demand_id from the beginning
  std::optional<std::uint64_t> person;  // on whose behalf; calls have none
  bool is_copy = false;
  std::size_t backend = 0;
  Duration patience{};             // its sender gives up after this; 0: never
  std::size_t caller = kNone;      // the request that made this call; kNone: a user
  std::uint64_t callers_call = 0;  // which of the caller's calls this is
  std::size_t pod = kNoPod;
  State state = State::travelling;
  Time arrival{};
  Time start = kNever;
  Time departure = kNever;
  Outcome outcome = Outcome::ok;
  bool fails = false;       // its own error coin
  double remaining_ns = 0;  // PS: own work still to do on a core
  Duration off_core{};      // PS: and then without
  // Where it stands in its calls.
  std::size_t site = 0;
  std::uint32_t repeat = 0;
  std::uint64_t calls_made = 0;
  bool call_failed = false;
  // What its sender, the user or the caller, has seen.
  bool answered = false;
  Time edge_time = kNever;
  Outcome edge_outcome = Outcome::ok;
};

struct Pod {
  bool running = false;
  bool accepting = false;
  std::uint64_t starts = 0;
  RefProcess process;
  std::deque<std::size_t> waiting;   // oldest first
  std::vector<std::size_t> serving;  // hold a worker, in order of start
  Time progressed_to{};              // PS: remaining_ns is as of this instant
  std::uint64_t due_stamp = 0;       // PS: makes older due events stale
  std::size_t inside() const { return waiting.size() + serving.size(); }
};

class Engine {
 public:
  explicit Engine(const RefConfig& config)
      : config_(config), pods_(config.pods.size()), cursors_(config.backends.size(), 0) {
    for (const auto& backend : config.backends) endpoints_.push_back(backend.endpoints);
    std::size_t deployments = 0;
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      CM_ASSERT(config.pods[i].service < config.services.size());
      deployments = std::max(deployments, config.pods[i].deployment + 1);
    }
    counters_.pods.resize(pods_.size());
    for (auto& pod : counters_.pods)
      pod.process = pod.sidecar = Instruments(config.bounds.size() + 1);
    counters_.routers.resize(deployments);
    for (const auto& arrival : config.arrivals) {
      Request request;
      request.circumstances.id = request.circumstances.demand_id = arrival.id;
      request.person = arrival.user;
      request.circumstances.segment = arrival.segment;
      request.backend = arrival.backend;
      request.arrival = arrival.time;
      request.patience = config.client_timeout;
      requests_.push_back(request);
      schedule(arrival.time, EventClass::arrival, Event::Kind::arrives, requests_.size() - 1);
    }
    for (std::size_t i = 0; i < config.actions.size(); ++i)
      schedule(config.actions[i].time, EventClass::control, Event::Kind::control, i);
    for (std::size_t i = 0; i < pods_.size(); ++i)
      if (config.pods[i].listening) begin_process(i, /*warm=*/true);
  }

  RefRun run() {
    while (!events_.empty() && events_.top().time <= config_.end) {
      const Event event = events_.top();
      events_.pop();
      CM_ASSERT(event.time >= now_);
      now_ = event.time;
      play(event);
    }
    if (config_.end != kNever) now_ = config_.end;
    note_counters();
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const Request& r = requests_[i];
      if (r.is_copy) continue;
      auto& results = i < config_.arrivals.size() ? run_.results : run_.calls;
      results.push_back({r.circumstances.id,
                         r.backend,
                         r.arrival,
                         r.pod,
                         r.start,
                         r.departure,
                         r.outcome,
                         r.edge_time,
                         r.edge_outcome});
    }
    return std::move(run_);
  }

 private:
  void schedule(Time time,
                EventClass event_class,
                Event::Kind kind,
                std::size_t index,
                std::uint64_t stamp = 0) {
    events_.push({time, event_class, next_order_++, kind, index, stamp});
  }

  void play(const Event& event) {
    switch (event.kind) {
      case Event::Kind::own_work_done:
        if (requests_[event.index].state == Request::State::working ||
            requests_[event.index].state == Request::State::off_core)
          own_work_done(event.index);
        break;
      case Event::Kind::shared_work_due:
        if (pods_[event.index].due_stamp == event.stamp) shared_work_due(event.index);
        break;
      case Event::Kind::caller_goes_on:
        go_on(event.index);
        break;
      case Event::Kind::sender_gives_up:
        answer(event.index, Outcome::timed_out);
        break;
      case Event::Kind::arrives:
        arrive(event.index);
        break;
      case Event::Kind::control:
        act(config_.actions[event.index]);
        break;
      case Event::Kind::dies:
        if (pods_[event.index].running && pods_[event.index].starts == event.stamp)
          die(event.index);
        break;
      case Event::Kind::restarts:
        if (!pods_[event.index].running && pods_[event.index].starts == event.stamp)
          begin_process(event.index, /*warm=*/false);
        break;
    }
  }

  // ---- arrival: routing and admission

  void arrive(std::size_t r) {
    if (requests_[r].caller == kNone && !requests_[r].is_copy) ++counters_.sent;
    if (requests_[r].patience.count() > 0)
      schedule(
          now_ + requests_[r].patience, EventClass::cancellation, Event::Kind::sender_gives_up, r);
    if (endpoints_[requests_[r].backend].empty()) return end(r, Outcome::no_endpoint);
    enter(r);
    if (r < config_.arrivals.size() && config_.arrivals[r].copy_to)
      send_copy(r, *config_.arrivals[r].copy_to);
  }

  void send_copy(std::size_t r, std::size_t backend) {
    if (endpoints_[backend].empty()) return;
    Request copy;
    copy.circumstances.id = child_id(requests_[r].circumstances.id, kSiteOfCopies, 0, 0);
    copy.circumstances.demand_id = requests_[r].circumstances.demand_id;
    copy.person = requests_[r].person;
    copy.circumstances.segment = requests_[r].circumstances.segment;
    copy.backend = backend;
    copy.arrival = now_;
    copy.is_copy = true;
    requests_.push_back(copy);
    enter(requests_.size() - 1);
  }

  void enter(std::size_t r) {
    Request& request = requests_[r];
    request.pod = pick(request);
    ++counters_.pods[request.pod].sent;
    Pod& pod = pods_[request.pod];
    const RefService& service = service_of(request.pod);
    if (!pod.accepting) return end(r, Outcome::refused);
    const bool free = pod.serving.size() < service.workers;
    if (!free && pod.waiting.size() >= service.queue) return end(r, Outcome::rejected);
    let_in(request, pod);
    if (free) return start(r);
    request.state = Request::State::waiting;
    pod.waiting.push_back(r);
  }

  void let_in(Request& request, Pod& pod) {
    RefStart& start = request.circumstances;
    start.pod = request.pod;
    start.nth = ++pod.process.let_in;
    const std::int64_t second = now_.time_since_epoch() / std::chrono::seconds(1);
    ++pod.process.seconds[second];
    const auto before = pod.process.seconds.find(second - 1);
    start.rate = before == pod.process.seconds.end() ? 0 : before->second;
    if (!request.person) return;
    for (const auto& effect : effects_of(request.pod).writes) {
      if (effect.when.level(now_) <= 0) continue;
      written_.insert(*request.person);
      if (effect.all) all_written_ = true;
    }
    start.unreadable = all_written_ || written_.count(*request.person) > 0;
  }

  std::size_t pick(const Request& request) {
    const RefBackend& backend = config_.backends[request.backend];
    const auto& endpoints = endpoints_[request.backend];
    const std::uint64_t n = endpoints.size();
    if (n == 1) return endpoints[0];  // no choice, no turn taken
    const std::uint64_t bits = draw_bits(backend.pick_key, request.circumstances.id);
    const auto scaled = [n](std::uint64_t half) { return (half * n) >> 32; };
    const std::size_t first = endpoints[scaled(bits >> 32)];
    const std::size_t second = endpoints[scaled(bits & 0xffffffffU)];
    switch (backend.balancer) {
      case RefBalancer::round_robin:
        return endpoints[cursors_[request.backend]++ % n];
      case RefBalancer::random:
        return first;
      case RefBalancer::least_request:
        return pods_[second].inside() < pods_[first].inside() ? second : first;
      case RefBalancer::join_shortest:
        return *std::min_element(endpoints.begin(), endpoints.end(), [&](auto a, auto b) {
          return pods_[a].inside() < pods_[b].inside();
        });
    }
    CM_ASSERT(false);
  }

  // ---- service

  void start(std::size_t r) {
    Request& request = requests_[r];
    Pod& pod = pods_[request.pod];
    request.circumstances.at = now_;
    request.circumstances.in_service = pod.serving.size() + 1;
    const RefCost cost = settle_cost(
        service_of(request.pod), effects_of(request.pod), request.circumstances, pod.process);
    request.fails = cost.fails;
    if (cost.kills) schedule_death(request.pod, now_);
    request.start = now_;
    request.state = Request::State::working;
    if (service_of(request.pod).discipline == RefDiscipline::ps) {
      progress(request.pod);
      request.remaining_ns = static_cast<double>(cost.work_ns) * cost.cpu_part;
      request.off_core = Duration(cost.work_ns - std::llround(request.remaining_ns));
      pod.serving.push_back(r);
      schedule_due(request.pod);
    } else {
      pod.serving.push_back(r);
      schedule(
          now_ + Duration(cost.work_ns), EventClass::completion, Event::Kind::own_work_done, r);
    }
  }

  // ---- deaths

  void begin_process(std::size_t p, bool warm) {
    Pod& pod = pods_[p];
    pod.running = pod.accepting = true;
    ++pod.starts;
    pod.process = {};
    pod.process.listening_since = now_;
    pod.process.warm = warm;
    counters_.pods[p].process = Instruments(config_.bounds.size() + 1);
    for (const auto& effect : effects_of(p).writes)
      if (effect.all && effect.when.level(now_) > 0) all_written_ = true;
    const Time full = full_by_time(effects_of(p), pod.process);
    if (full != kNever) schedule_death(p, std::max(full, now_));
  }

  void schedule_death(std::size_t p, Time when) {
    schedule(when, EventClass::control, Event::Kind::dies, p, pods_[p].starts);
  }

  void die(std::size_t p) {
    kill(p);
    if (config_.restart_after.count() > 0)
      schedule(now_ + config_.restart_after,
               EventClass::control,
               Event::Kind::restarts,
               p,
               pods_[p].starts);
  }

  void own_work_done(std::size_t r) {
    if (requests_[r].fails) return depart(r, Outcome::error);
    next_call(r);
  }

  // ---- processor sharing: jobs that work share the cores, those in a call use none

  std::size_t working(std::size_t p) const {
    const auto& serving = pods_[p].serving;
    return static_cast<std::size_t>(
        std::count_if(serving.begin(), serving.end(), [this](std::size_t r) {
          return requests_[r].state == Request::State::working;
        }));
  }

  double rate(std::size_t p) const {
    return std::min(1.0, service_of(p).cores / static_cast<double>(working(p)));
  }

  /// Brings every job's remaining work up to now; before the number of working jobs changes. The
  /// caller must not have added the newcomer yet.
  void progress(std::size_t p) {
    Pod& pod = pods_[p];
    if (working(p) > 0) {
      const double done = static_cast<double>((now_ - pod.progressed_to).count()) * rate(p);
      for (const auto r : pod.serving)
        if (requests_[r].state == Request::State::working) requests_[r].remaining_ns -= done;
    }
    pod.progressed_to = now_;
  }

  void schedule_due(std::size_t p) {
    Pod& pod = pods_[p];
    ++pod.due_stamp;
    const std::size_t next = least_remaining(p);
    if (next == kNone) return;
    const double left = std::max(0.0, requests_[next].remaining_ns) / rate(p);
    schedule(now_ + Duration(static_cast<std::int64_t>(std::ceil(left))),
             EventClass::completion,
             Event::Kind::shared_work_due,
             p,
             pod.due_stamp);
  }

  std::size_t least_remaining(std::size_t p) const {
    std::size_t best = kNone;
    for (const auto r : pods_[p].serving) {
      if (requests_[r].state != Request::State::working) continue;
      if (best == kNone || requests_[r].remaining_ns < requests_[best].remaining_ns) best = r;
    }
    return best;
  }

  void shared_work_due(std::size_t p) {
    progress(p);
    const std::size_t r = least_remaining(p);
    if (requests_[r].off_core.count() <= 0) return own_work_done(r);
    requests_[r].state = Request::State::off_core;
    stopped_working(p);
    schedule(now_ + requests_[r].off_core, EventClass::completion, Event::Kind::own_work_done, r);
  }

  // ---- calls, made while the worker is held

  void next_call(std::size_t r) {
    const RefService& service = service_of(requests_[r].pod);
    while (requests_[r].site < service.calls.size()) {
      const RefCall& call = service.calls[requests_[r].site];
      if (requests_[r].repeat < calls_here(call, requests_[r].circumstances.id)) {
        if (!answered_from_cache(requests_[r], call)) return make_call(r, call);
        ++requests_[r].repeat;
        continue;
      }
      ++requests_[r].site;
      requests_[r].repeat = 0;
    }
    depart(r, Outcome::ok);
  }

  static std::uint32_t calls_here(const RefCall& call, std::uint64_t id) {
    const bool one_more = call.fraction > 0 && draw(call.fraction_coin, id) < call.fraction;
    return call.repeats + (one_more ? 1 : 0);
  }

  /// The id of the call that `request`, or whose work it needs, makes next.
  static std::uint64_t id_of_call(std::uint64_t id, const Request& request) {
    return child_id(id, static_cast<std::uint32_t>(request.site), request.repeat, /*attempt=*/0);
  }

  bool answered_from_cache(const Request& request, const RefCall& call) const {
    const RefStart& caller = request.circumstances;
    const double hit_ratio =
        call.cache_hit_ratio * filled(pods_[request.pod].process, caller.nth, call.cache_keys);
    return draw(call.cache_coin, id_of_call(caller.id, request)) < hit_ratio;
  }

  void make_call(std::size_t r, const RefCall& call) {
    Request child;
    Request& caller = requests_[r];
    const bool was_working = caller.state == Request::State::working;
    caller.state = Request::State::calling;
    if (was_working) stopped_working(caller.pod);
    ++caller.calls_made;
    child.circumstances.id = id_of_call(caller.circumstances.id, caller);
    child.circumstances.demand_id = id_of_call(caller.circumstances.demand_id, caller);
    child.circumstances.segment = caller.circumstances.segment;
    ++caller.repeat;
    child.backend = call.backend;
    child.caller = r;
    child.callers_call = caller.calls_made;
    child.arrival = now_;
    child.patience = call.timeout;
    requests_.push_back(child);
    schedule(now_, EventClass::arrival, Event::Kind::arrives, requests_.size() - 1);
  }

  /// A working job went into a call or left: the others share what it used. Its progress has been
  /// brought up to now by shared_work_due.
  void stopped_working(std::size_t p) {
    if (service_of(p).discipline == RefDiscipline::ps) schedule_due(p);
  }

  /// The caller's call number `number` has ended with `outcome`. Ignored if the caller does not
  /// wait for it any more.
  void end_call(std::size_t caller, std::uint64_t number, Outcome outcome) {
    Request& request = requests_[caller];
    if (request.state != Request::State::calling || request.calls_made != number) return;
    request.state = Request::State::resuming;
    request.call_failed = outcome != Outcome::ok;
    schedule(now_, EventClass::completion, Event::Kind::caller_goes_on, caller);
  }

  void go_on(std::size_t r) {
    if (requests_[r].state != Request::State::resuming) return;  // its pod was killed meanwhile
    if (requests_[r].call_failed) return depart(r, Outcome::error);
    next_call(r);
  }

  // ---- ends

  void depart(std::size_t r, Outcome outcome) {
    const std::size_t p = requests_[r].pod;
    Pod& pod = pods_[p];
    const bool was_working = requests_[r].state == Request::State::working;
    pod.serving.erase(std::find(pod.serving.begin(), pod.serving.end(), r));
    end(r, outcome);
    if (was_working) stopped_working(p);
    if (pod.waiting.empty()) return;
    std::size_t next = pod.waiting.front();
    if (service_of(p).discipline == RefDiscipline::lifo) {
      next = pod.waiting.back();
      pod.waiting.pop_back();
    } else {
      pod.waiting.pop_front();
    }
    start(next);
  }

  /// The request is over; tells whoever waits for it.
  void end(std::size_t r, Outcome outcome) {
    Request& request = requests_[r];
    request.state = Request::State::gone;
    request.departure = now_;
    request.outcome = outcome;
    count_at_pod(request);
    answer(r, outcome);
  }

  /// What the sender sees, unless it has given up before.
  void answer(std::size_t r, Outcome outcome) {
    Request& request = requests_[r];
    if (request.answered || request.is_copy) return;
    request.answered = true;
    request.edge_time = now_;
    request.edge_outcome = outcome;
    const auto place = static_cast<std::size_t>(outcome);
    if (request.pod != kNoPod) ++counters_.routers[config_.pods[request.pod].deployment][place];
    if (request.caller == kNone)
      ++counters_.edge[place];
    else
      end_call(request.caller, request.callers_call, outcome);
  }

  void count_at_pod(const Request& request) {
    if (request.pod == kNoPod) return;
    auto& pod = counters_.pods[request.pod];
    ++pod.ended;
    const bool served = request.outcome == Outcome::ok || request.outcome == Outcome::error;
    if (!served && request.outcome != Outcome::rejected) return;  // no process counts those
    const Duration latency = request.departure - request.arrival;
    std::size_t bucket = 0;
    while (bucket < config_.bounds.size() && latency > config_.bounds[bucket]) ++bucket;
    for (Instruments* counters : {&pod.process, &pod.sidecar}) {
      if (!served) {
        counters->count(request.outcome);
        continue;
      }
      counters->observe(request.outcome, bucket, latency.count());
      counters->busy_ns += (request.departure - request.start).count();
    }
  }

  // ---- control

  void act(const RefAction& action) {
    const bool running = pods_[action.pod].running;
    switch (action.kind) {
      case RefAction::Kind::listen:
      case RefAction::Kind::listen_warm:
        if (!running) begin_process(action.pod, action.kind == RefAction::Kind::listen_warm);
        break;
      case RefAction::Kind::stop_accepting:
        if (running) pods_[action.pod].accepting = false;
        break;
      case RefAction::Kind::kill:
        if (running) kill(action.pod);
        break;
      case RefAction::Kind::set_endpoints:
        endpoints_[action.backend] = action.endpoints;
        break;
      case RefAction::Kind::snapshot:
        note_counters();
        break;
    }
  }

  void kill(std::size_t p) {
    Pod& pod = pods_[p];
    pod.running = pod.accepting = false;
    ++pod.due_stamp;
    std::vector<std::size_t> lost = std::move(pod.serving);
    lost.insert(lost.end(), pod.waiting.begin(), pod.waiting.end());
    pod.serving.clear();
    pod.waiting.clear();
    for (const auto r : lost) end(r, Outcome::reset);
  }

  void note_counters() {
    counters_.time = now_;
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      counters_.pods[i].waiting = pods_[i].waiting.size();
      counters_.pods[i].serving = pods_[i].serving.size();
    }
    counters_.edge_in_flight = 0;
    for (std::size_t i = 0; i < config_.arrivals.size(); ++i)
      if (arrived(i) && !requests_[i].answered) ++counters_.edge_in_flight;
    run_.snapshots.push_back(counters_);
  }

  bool arrived(std::size_t r) const { return requests_[r].state != Request::State::travelling; }

  const RefService& service_of(std::size_t p) const {
    return config_.services[config_.pods[p].service];
  }

  const VersionEffects& effects_of(std::size_t p) const { return config_.pods[p].effects; }

  const RefConfig& config_;
  Time now_ = Time::min();
  std::uint64_t next_order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Request> requests_;  // the users' first, in the order of RefConfig::arrivals
  std::vector<Pod> pods_;
  std::vector<std::vector<std::size_t>> endpoints_;
  std::vector<std::uint64_t> cursors_;
  std::set<std::uint64_t> written_;  // users whose data the old version cannot read
  bool all_written_ = false;
  RefCounters counters_;
  RefRun run_;
};

}  // namespace

RefRun play_reference(const RefConfig& config) {
  return Engine(config).run();
}

}  // namespace coalmine::testing
