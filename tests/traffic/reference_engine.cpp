#include "tests/traffic/reference_engine.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <tuple>

#include "sim/kernel/assert.h"

namespace coalmine::testing {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

enum class EventClass { completion, cancellation, arrival, control };

struct Event {
  enum class Kind {
    own_work_done,    // FIFO, LIFO: request `index`
    shared_work_due,  // PS: the next job of pod `index` is due, if `stamp` is still current
    caller_goes_on,   // request `index`, whose call has ended
    sender_gives_up,  // of request `index`
    arrives,          // request `index`
    control,          // action `index`
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
  // resuming: its call has ended and the event that lets it go on is due at this very instant.
  enum class State { travelling, waiting, working, calling, resuming, gone };
  std::uint64_t id = 0;
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
  double remaining_ns = 0;  // PS: own work still to do
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
  bool accepting = false;
  Time listening_since = Time::min();
  bool warm = true;
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
      pods_[i].accepting = config.pods[i].listening;
      deployments = std::max(deployments, config.pods[i].deployment + 1);
    }
    counters_.pods.resize(pods_.size());
    counters_.routers.resize(deployments);
    for (const auto& arrival : config.arrivals) {
      Request request;
      request.id = arrival.id;
      request.backend = arrival.backend;
      request.arrival = arrival.time;
      request.patience = config.client_timeout;
      requests_.push_back(request);
      schedule(arrival.time, EventClass::arrival, Event::Kind::arrives, requests_.size() - 1);
    }
    for (std::size_t i = 0; i < config.actions.size(); ++i)
      schedule(config.actions[i].time, EventClass::control, Event::Kind::control, i);
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
      auto& results = i < config_.arrivals.size() ? run_.results : run_.calls;
      results.push_back({r.id,
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
        if (requests_[event.index].state == Request::State::working) own_work_done(event.index);
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
    }
  }

  // ---- arrival: routing and admission

  void arrive(std::size_t r) {
    Request& request = requests_[r];
    if (request.caller == kNone) ++counters_.sent;
    if (request.patience.count() > 0)
      schedule(now_ + request.patience, EventClass::cancellation, Event::Kind::sender_gives_up, r);
    if (endpoints_[request.backend].empty()) return end(r, Outcome::no_endpoint);
    request.pod = pick(request);
    ++counters_.pods[request.pod].sent;
    Pod& pod = pods_[request.pod];
    const RefService& service = service_of(request.pod);
    if (!pod.accepting) return end(r, Outcome::refused);
    if (pod.serving.size() < service.workers) return start(r);
    if (pod.waiting.size() >= service.queue) return end(r, Outcome::rejected);
    request.state = Request::State::waiting;
    pod.waiting.push_back(r);
  }

  std::size_t pick(const Request& request) {
    const RefBackend& backend = config_.backends[request.backend];
    const auto& endpoints = endpoints_[request.backend];
    const std::uint64_t n = endpoints.size();
    if (n == 1) return endpoints[0];  // no choice, no turn taken
    const std::uint64_t bits = draw_bits(backend.pick_key, request.id);
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
    const std::int64_t work = work_at_start(request);
    request.fails = fails_at_start(request);
    request.start = now_;
    request.state = Request::State::working;
    if (service_of(request.pod).discipline == RefDiscipline::ps) {
      progress(request.pod);
      request.remaining_ns = static_cast<double>(work);
      pod.serving.push_back(r);
      schedule_due(request.pod);
    } else {
      pod.serving.push_back(r);
      schedule(now_ + Duration(work), EventClass::completion, Event::Kind::own_work_done, r);
    }
  }

  std::int64_t work_at_start(const Request& request) const {
    const RefService& service = service_of(request.pod);
    const Pod& pod = pods_[request.pod];
    const std::int64_t demand = service.demand(draw_bits(service.demand_key, request.id));
    double work = static_cast<double>(demand);
    if (!pod.warm && now_ - pod.listening_since < service.warmup_for) {
      const double left = 1.0 - static_cast<double>((now_ - pod.listening_since).count()) /
                                    static_cast<double>(service.warmup_for.count());
      work = std::floor(work * (1.0 + (service.warmup_slowdown - 1.0) * left) + 0.5);
    }
    for (const auto& effect : config_.pods[request.pod].effects.latencies) {
      const double level = effect.when.level(now_);
      const double shift = static_cast<double>(effect.shift.count()) * level;
      work = std::floor(work * (1.0 + (effect.factor - 1.0) * level) + shift + 0.5);
    }
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(work));
  }

  bool fails_at_start(const Request& request) const {
    const RefService& service = service_of(request.pod);
    if (draw(service.error_coin, request.id) < service.error_rate) return true;
    const auto& effects = config_.pods[request.pod].effects;
    for (const auto& error : effects.errors)
      if (draw(error.coin, request.id) < error.p * error.when.level(now_)) return true;
    const Pod& pod = pods_[request.pod];
    for (const auto& lie : effects.lies)
      if (!pod.warm && now_ - pod.listening_since < lie.lasts && lie.when.level(now_) > 0)
        return true;
    return false;
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
    own_work_done(least_remaining(p));
  }

  // ---- calls, made while the worker is held

  void next_call(std::size_t r) {
    const RefService& service = service_of(requests_[r].pod);
    while (requests_[r].site < service.calls.size()) {
      const RefCall& call = service.calls[requests_[r].site];
      if (requests_[r].repeat < calls_here(call, requests_[r].id)) return make_call(r, call);
      ++requests_[r].site;
      requests_[r].repeat = 0;
    }
    depart(r, Outcome::ok);
  }

  static std::uint32_t calls_here(const RefCall& call, std::uint64_t id) {
    const bool one_more = call.fraction > 0 && draw(call.fraction_coin, id) < call.fraction;
    return call.repeats + (one_more ? 1 : 0);
  }

  void make_call(std::size_t r, const RefCall& call) {
    Request child;
    Request& caller = requests_[r];
    const bool was_working = caller.state == Request::State::working;
    caller.state = Request::State::calling;
    if (was_working) stopped_working(caller.pod);
    ++caller.calls_made;
    child.id =
        child_id(caller.id, static_cast<std::uint32_t>(caller.site), caller.repeat, /*attempt=*/0);
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
    if (request.answered) return;
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
    ++pod.process.requests[static_cast<std::size_t>(request.outcome)];
    if (!served) return;
    const Duration latency = request.departure - request.arrival;
    pod.process.latency_sum_ns += latency.count();
    pod.process.busy_ns += (request.departure - request.start).count();
    std::size_t bucket = 0;
    while (bucket < kLatencyBounds.size() && latency > from_seconds(kLatencyBounds[bucket]))
      ++bucket;
    ++pod.process.bucket[bucket];
  }

  // ---- control

  void act(const RefAction& action) {
    switch (action.kind) {
      case RefAction::Kind::listen:
      case RefAction::Kind::listen_warm: {
        Pod& pod = pods_[action.pod];
        pod.accepting = true;
        counters_.pods[action.pod].process = {};
        pod.listening_since = now_;
        pod.warm = action.kind == RefAction::Kind::listen_warm;
        break;
      }
      case RefAction::Kind::stop_accepting:
        pods_[action.pod].accepting = false;
        break;
      case RefAction::Kind::kill:
        kill(action.pod);
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
    pod.accepting = false;
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

  const RefConfig& config_;
  Time now_ = Time::min();
  std::uint64_t next_order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Request> requests_;  // the users' first, in the order of RefConfig::arrivals
  std::vector<Pod> pods_;
  std::vector<std::vector<std::size_t>> endpoints_;
  std::vector<std::uint64_t> cursors_;
  RefCounters counters_;
  RefRun run_;
};

}  // namespace

RefRun play_reference(const RefConfig& config) {
  return Engine(config).run();
}

}  // namespace coalmine::testing
