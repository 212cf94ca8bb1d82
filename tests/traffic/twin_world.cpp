#include "tests/traffic/twin_world.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "sim/kernel/simulation.h"

namespace coalmine::testing {
namespace {

std::int64_t ns(Time t) {
  return t.time_since_epoch().count();
}

RefDiscipline discipline_of(Discipline discipline) {
  switch (discipline) {
    case Discipline::fifo:
      return RefDiscipline::fifo;
    case Discipline::lifo:
      return RefDiscipline::lifo;
    case Discipline::ps:
      return RefDiscipline::ps;
  }
  return RefDiscipline::fifo;
}

RefBalancer balancer_of(Balancer balancer) {
  switch (balancer) {
    case Balancer::leastRequest:
      return RefBalancer::least_request;
    case Balancer::roundRobin:
      return RefBalancer::round_robin;
    case Balancer::random:
      return RefBalancer::random;
  }
  return RefBalancer::random;
}

/// Which backend a request draws, written out once more: cumulative weights over 32 random bits.
std::size_t drawn_backend(const RouteRule& rule, RandomKey key, std::uint64_t id) {
  std::uint64_t total = 0;
  for (const auto& choice : rule.backends) total += choice.weight;
  const std::uint64_t point = ((draw_bits(key, id) >> 32) * total) >> 32;
  std::uint64_t below = 0;
  for (const auto& choice : rule.backends) {
    below += choice.weight;
    if (point < below) return choice.backend.index();
  }
  return rule.backends.back().backend.index();
}

/// Who sends request `id`, and of which segment that is, written out once more.
std::uint64_t user_of(const UserModel& users, std::uint64_t id) {
  return ((draw_bits(users.who, id) >> 32) * users.count) >> 32;
}

std::optional<std::size_t> segment_of(const UserModel& users, std::uint64_t user) {
  const double u = draw(users.segment_key, user);
  double below = 0;
  for (std::size_t i = 0; i < users.segments.size(); ++i) {
    below += users.segments[i].share;
    if (u < below) return i;
  }
  return std::nullopt;
}

RefArrival arrival_of(const TwinWorld& world, std::size_t i) {
  const RouteRule& rule = world.routes[0].rules[0];
  RefArrival arrival;
  arrival.time = kTimeZero + world.offsets[i];
  arrival.id = i;
  arrival.user = user_of(world.users, i);
  arrival.segment = segment_of(world.users, arrival.user);
  arrival.backend = drawn_backend(rule, world.model.route_key, i);
  if (rule.mirror && draw(world.model.mirror_key, i) < rule.mirror->share)
    arrival.copy_to = rule.mirror->backend.index();
  return arrival;
}

RefService service_of(const TwinWorld& world, const ServiceModel& model) {
  RefService service;
  service.workers = model.workers;
  service.queue = model.queue;
  service.discipline = discipline_of(model.discipline);
  service.cores = model.cores;
  service.cpu_share = model.cpu_share;
  service.demand_key = model.demand_key;
  service.demand = [&table = model.demand](std::uint64_t bits) {
    return table.duration(bits).count();
  };
  service.error_rate = model.error_rate;
  service.error_coin = model.error_coin;
  service.warmup_for = model.warmup_for;
  service.warmup_slowdown = model.warmup_slowdown;
  for (const CallModel& call : model.calls) {
    RefCall made;
    made.backend = world.routes[call.callee.index()].rules[0].backends.front().backend.index();
    made.repeats = call.whole;
    made.fraction = call.fraction;
    made.fraction_coin = call.coin;
    made.timeout = call.timeout;
    made.cache_hit_ratio = call.cache_hit_ratio;
    made.cache_keys = call.cache_keys;
    made.cache_coin = call.cache_coin;
    service.calls.push_back(made);
  }
  return service;
}

RefConfig reference_of(const TwinWorld& world) {
  RefConfig config;
  for (const auto& model : world.model.services)
    config.services.push_back(service_of(world, model));
  config.backends.resize(world.endpoints.size());
  for (std::size_t i = 0; i < world.endpoints.size(); ++i)
    for (const PodId pod : world.endpoints[i]) config.backends[i].endpoints.push_back(pod.index());
  for (std::size_t s = 0; s < world.routes.size(); ++s) {
    for (const auto& choice : world.routes[s].rules[0].backends) {
      RefBackend& backend = config.backends[choice.backend.index()];
      backend.balancer = balancer_of(world.model.services[s].balancer);
      backend.pick_key = world.model.services[s].pick_key;
    }
  }
  for (const auto& pod : world.pods) {
    RefPod copy;
    copy.service = pod.service.index();
    copy.deployment = pod.deployment.index();
    copy.effects = world.model.versions[pod.version.index()].effects;
    copy.listening = pod.listening;
    config.pods.push_back(copy);
  }
  config.actions = world.actions;
  for (std::size_t i = 0; i < world.offsets.size(); ++i)
    config.arrivals.push_back(arrival_of(world, i));
  config.client_timeout = world.model.client_timeout;
  config.restart_after = world.restart_after;
  const LatencyBounds& bounds = world.model.bounds;
  for (std::size_t i = 0; i < bounds.size(); ++i) config.bounds.push_back(bounds.bound(i));
  config.end = kTimeZero + world.end;
  return config;
}

void add_record(std::vector<TwinRecord>& records, const RefResult& r) {
  if (r.edge_time == kNever) return;
  TwinRecord record;
  record.id = r.id;
  record.pod = r.pod == kNoPod ? PodId{}.value : static_cast<std::uint32_t>(r.pod);
  record.arrival = ns(r.arrival);
  record.start = r.start <= r.edge_time ? ns(r.start) : 0;
  record.edge_time = ns(r.edge_time);
  record.outcome = r.edge_outcome;
  records.push_back(record);
}

void sort_by_id(std::vector<TwinRecord>& records) {
  std::sort(records.begin(), records.end(), [](const TwinRecord& a, const TwinRecord& b) {
    return a.id < b.id;
  });
}

TwinCounters counters_of(const RefCounters& counters) {
  TwinCounters result;
  result.sent = counters.sent;
  result.finished = counters.edge_finished();
  result.served = counters.edge[static_cast<std::size_t>(Outcome::ok)];
  result.unanswered = counters.edge_in_flight;
  for (const auto& pod : counters.pods) {
    result.inside.push_back(pod.waiting + pod.serving);
    result.pods.push_back(pod.process);
    result.sidecars.push_back(pod.sidecar);
  }
  result.routers = counters.routers;
  return result;
}

/// The DataPlane of a world in a Simulation, with the little of a control plane that the world
/// tells of.
class Driver {
 public:
  Driver(const TwinWorld& world, bool always_stepped)
      : world_(world),
        plane_(model_of(world, always_stepped),
               Users(world.users),
               Arrivals(world.offsets, 1.0, kTimeZero, RandomKey{1}),
               edge_of(world)),
        starts_(world.pods.size(), 0) {
    simulation_.attach(&plane_);
    plane_.trace_to(&records_);
    for (const auto& action : world.actions)
      simulation_.at(action.time, [this, &action] { act(action); });
    plane_.on_death([this](PodId pod, Time at, Death) {
      const std::uint64_t start = starts_[pod.index()];
      simulation_.at(at, [this, pod, start] { die(pod, start); });
    });
    for (std::uint32_t i = 0; i < world.pods.size(); ++i) {
      const auto& pod = world.pods[i];
      plane_.pod_created(PodId{i}, pod.service, pod.deployment, pod.version);
      if (pod.listening) start(PodId{i}, /*warm=*/true);
    }
    for (std::uint32_t i = 0; i < world.endpoints.size(); ++i)
      plane_.endpoints_applied(BackendId{i}, world.endpoints[i]);
    for (std::uint32_t i = 0; i < world.routes.size(); ++i)
      plane_.set_routes(ServiceId{i}, world.routes[i]);
  }

  TwinRun run() {
    simulation_.advance_to(kTimeZero + world_.end);
    note_counters();
    for (const auto& r : records_) {
      TwinRecord record;
      record.id = r.id;
      record.pod = r.pod.value;
      record.arrival = r.arrival;
      record.start = r.start <= r.edge_time ? r.start : 0;
      record.edge_time = r.edge_time;
      record.outcome = r.outcome;
      run_.records.push_back(record);
    }
    sort_by_id(run_.records);
    return std::move(run_);
  }

 private:
  static TrafficModel model_of(const TwinWorld& world, bool always_stepped) {
    TrafficModel model = world.model;
    for (auto& service : model.services) service.always_stepped = always_stepped;
    return model;
  }
  static EdgeSettings edge_of(const TwinWorld& world) {
    EdgeSettings settings;
    settings.end = kTimeZero + world.end;
    settings.users = world.users.count;
    settings.versions = world.model.versions.size();
    return settings;
  }

  void start(PodId pod, bool warm) {
    ++starts_[pod.index()];
    plane_.process_started(pod, warm);
  }

  void die(PodId pod, std::uint64_t start_number) {
    if (!plane_.listening(pod) || starts_[pod.index()] != start_number) return;
    plane_.process_ended(pod);
    if (world_.restart_after <= Duration::zero()) return;
    simulation_.after(world_.restart_after, [this, pod, start_number] {
      if (!plane_.listening(pod) && starts_[pod.index()] == start_number)
        start(pod, /*warm=*/false);
    });
  }

  void act(const RefAction& action) {
    const PodId pod{static_cast<std::uint32_t>(action.pod)};
    const bool running = plane_.listening(pod);
    switch (action.kind) {
      case RefAction::Kind::listen:
      case RefAction::Kind::listen_warm:
        if (!running) start(pod, action.kind == RefAction::Kind::listen_warm);
        break;
      case RefAction::Kind::stop_accepting:
        if (running) plane_.stops_accepting(pod);
        break;
      case RefAction::Kind::kill:
        if (running) plane_.process_ended(pod);
        break;
      case RefAction::Kind::set_endpoints: {
        std::vector<PodId> pods;
        for (const auto p : action.endpoints) pods.push_back(PodId{static_cast<std::uint32_t>(p)});
        plane_.endpoints_applied(BackendId{static_cast<std::uint32_t>(action.backend)}, pods);
        break;
      }
      case RefAction::Kind::snapshot:
        note_counters();
        break;
    }
  }

  void note_counters() {
    plane_.settle();
    TwinCounters counters;
    counters.unanswered = plane_.unanswered();
    counters.sent = plane_.sent();
    counters.finished = plane_.finished();
    counters.served = plane_.served();
    std::uint32_t deployments = 0;
    for (std::uint32_t i = 0; i < world_.pods.size(); ++i) {
      counters.inside.push_back(plane_.in_flight(PodId{i}));
      counters.pods.push_back(plane_.pod_instruments(PodId{i}));
      counters.sidecars.push_back(counters.pods.back());
      counters.sidecars.back() += plane_.earlier_instruments(PodId{i});
      deployments = std::max(deployments, world_.pods[i].deployment.value + 1);
    }
    for (std::uint32_t i = 0; i < deployments; ++i) {
      auto by_outcome = plane_.router_instruments(DeploymentId{i}).requests;
      by_outcome[static_cast<std::size_t>(Outcome::no_endpoint)] = 0;
      counters.routers.push_back(by_outcome);
    }
    run_.snapshots.push_back(std::move(counters));
  }

  const TwinWorld& world_;
  Simulation simulation_;
  DataPlane plane_;
  std::vector<std::uint64_t> starts_;  // processes of each pod so far
  std::vector<RequestRecord> records_;
  TwinRun run_;
};

bool near(std::int64_t a, std::int64_t b, Duration tolerance) {
  const std::int64_t apart = a < b ? b - a : a - b;
  return apart <= tolerance.count();
}

std::string describe(const TwinRecord& r) {
  std::ostringstream out;
  out << "request " << std::hex << r.id << std::dec << " pod " << static_cast<std::int32_t>(r.pod)
      << " arrival " << r.arrival << " start " << r.start << " edge " << r.edge_time << " outcome "
      << static_cast<int>(r.outcome);
  return out.str();
}

bool agree(const TwinRecord& a, const TwinRecord& b, Duration tolerance) {
  return a.id == b.id && a.pod == b.pod && a.outcome == b.outcome &&
         near(a.arrival, b.arrival, tolerance) && near(a.start, b.start, tolerance) &&
         near(a.edge_time, b.edge_time, tolerance);
}

/// Latency buckets are left out where times are allowed to differ.
bool agree(const Instruments& a, const Instruments& b, Duration tolerance) {
  const auto per_request = Duration(tolerance.count() * static_cast<std::int64_t>(a.finished()));
  if (tolerance.count() == 0) return a == b;
  for (std::size_t o = 0; o < kOutcomes; ++o)
    if (!near(a.latency_sum_ns[o], b.latency_sum_ns[o], per_request)) return false;
  return a.requests == b.requests && near(a.busy_ns, b.busy_ns, 2 * per_request);
}

std::string difference_of_counters(const TwinCounters& a,
                                   const TwinCounters& b,
                                   Duration tolerance) {
  std::ostringstream out;
  if (a.sent != b.sent || a.finished != b.finished || a.served != b.served ||
      a.unanswered != b.unanswered) {
    out << "sent, finished, served, unanswered: " << a.sent << ", " << a.finished << ", "
        << a.served << ", " << a.unanswered << " against " << b.sent << ", " << b.finished << ", "
        << b.served << ", " << b.unanswered;
    return out.str();
  }
  for (std::size_t i = 0; i < a.pods.size(); ++i) {
    if (a.inside[i] != b.inside[i])
      out << "inside pod " << i << ": " << a.inside[i] << " against " << b.inside[i] << "; ";
    if (agree(a.pods[i], b.pods[i], tolerance) && agree(a.sidecars[i], b.sidecars[i], tolerance))
      continue;
    out << "counters of pod " << i << ": ";
    for (const auto* c : {&a.pods[i], &b.pods[i], &a.sidecars[i], &b.sidecars[i]}) {
      out << "[";
      for (std::size_t o = 0; o < kOutcomes; ++o)
        out << c->requests[o] << " in " << c->latency_sum_ns[o] << ", ";
      out << "busy " << c->busy_ns << "] ";
    }
  }
  for (std::size_t i = 0; i < a.routers.size(); ++i)
    if (a.routers[i] != b.routers[i]) out << "router counters of deployment " << i << "; ";
  return out.str();
}

}  // namespace

TwinRun play_twin_reference(const TwinWorld& world) {
  const RefRun played = play_reference(reference_of(world));
  TwinRun run;
  for (const auto& r : played.results) add_record(run.records, r);
  for (const auto& r : played.calls) add_record(run.records, r);
  sort_by_id(run.records);
  for (const auto& counters : played.snapshots) run.snapshots.push_back(counters_of(counters));
  return run;
}

TwinRun play_twin_production(const TwinWorld& world, bool always_stepped) {
  return Driver(world, always_stepped).run();
}

std::string describe(const TwinWorld& world) {
  std::ostringstream out;
  out << "end " << world.end.count() << ", client timeout " << world.model.client_timeout.count()
      << "\n";
  for (const auto& service : world.model.services) {
    out << "service: workers " << service.workers << " queue " << service.queue << " discipline "
        << static_cast<int>(service.discipline) << " balancer "
        << static_cast<int>(service.balancer) << " mean work " << service.demand.mean() << "\n";
    for (const auto& call : service.calls)
      out << "  calls " << call.callee.value << " times " << call.whole << " + " << call.fraction
          << " timeout " << call.timeout.count() << " cache " << call.cache_hit_ratio << "\n";
  }
  for (std::size_t i = 0; i < world.model.versions.size(); ++i) {
    const VersionEffects& e = world.model.versions[i].effects;
    out << "version " << i << ": errors " << e.errors.size() << " latencies " << e.latencies.size()
        << " poisons " << e.poisons.size() << " leaks " << e.leaks.size() << " loads "
        << e.loads.size() << " writes " << e.writes.size() << " unreadable " << e.unreadable.size()
        << " cold caches " << e.cold_caches.size() << " slow starts " << e.slow_starts.size()
        << " lies " << e.lies.size() << "\n";
  }
  if (const auto& mirror = world.routes[0].rules[0].mirror)
    out << "mirror " << mirror->share << " to backend " << mirror->backend.value << "\n";
  out << "restart after " << world.restart_after.count() << "\n";
  for (const auto& pod : world.pods)
    out << "pod: service " << pod.service.value << " deployment " << pod.deployment.value
        << " version " << pod.version.value << (pod.listening ? "" : " not listening") << "\n";
  for (const auto& action : world.actions) {
    out << "at " << ns(action.time) << " action " << static_cast<int>(action.kind) << " pod "
        << action.pod << " backend " << action.backend << " endpoints";
    for (const auto pod : action.endpoints) out << " " << pod;
    out << "\n";
  }
  out << "arrivals";
  for (const auto offset : world.offsets) out << " " << offset.count();
  return out.str();
}

std::string difference(const TwinRun& a, const TwinRun& b, Duration tolerance) {
  // The earliest differing request tells most.
  const TwinRecord* first_a = nullptr;
  const TwinRecord* first_b = nullptr;
  for (std::size_t i = 0, j = 0; i < a.records.size() || j < b.records.size();) {
    const TwinRecord* x = i < a.records.size() ? &a.records[i] : nullptr;
    const TwinRecord* y = j < b.records.size() ? &b.records[j] : nullptr;
    if (x != nullptr && y != nullptr && x->id != y->id) (x->id < y->id ? y : x) = nullptr;
    i += x != nullptr ? 1 : 0;
    j += y != nullptr ? 1 : 0;
    if (x != nullptr && y != nullptr && agree(*x, *y, tolerance)) continue;
    const auto arrival = [](const TwinRecord* p, const TwinRecord* q) {
      return p != nullptr ? p->arrival : q->arrival;
    };
    const bool none_yet = first_a == nullptr && first_b == nullptr;
    if (none_yet || arrival(x, y) < arrival(first_a, first_b)) {
      first_a = x;
      first_b = y;
    }
  }
  if (first_a != nullptr || first_b != nullptr)
    return (first_a != nullptr ? describe(*first_a) : "nothing") + " against " +
           (first_b != nullptr ? describe(*first_b) : "nothing");
  if (a.snapshots.size() != b.snapshots.size()) return "number of snapshots";
  for (std::size_t i = 0; i < a.snapshots.size(); ++i) {
    const auto text = difference_of_counters(a.snapshots[i], b.snapshots[i], tolerance);
    if (!text.empty()) return "snapshot " + std::to_string(i) + ": " + text;
  }
  return {};
}

}  // namespace coalmine::testing
