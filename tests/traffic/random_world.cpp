#include "tests/traffic/random_world.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/kernel/distributions.h"

namespace coalmine::testing {
namespace {

using namespace std::chrono_literals;

int between(int low, int high) {  // both included
  return *rc::gen::inRange(low, high + 1);
}

bool one_in(int n) {
  return between(1, n) == 1;
}

/// An instant or a length in [low, high), to the nanosecond or to the millisecond.
Duration some_time(const WorldLimits& limits, Duration low, Duration high) {
  if (limits.coarse) {
    using std::chrono::milliseconds;
    return milliseconds(between(static_cast<int>(low / 1ms), static_cast<int>(high / 1ms)));
  }
  return Duration(*rc::gen::inRange<std::int64_t>(low.count(), high.count()));
}

RandomKey some_key() {
  return RandomKey{*rc::gen::arbitrary<std::uint64_t>() * 0x9e3779b97f4a7c15ULL + 1};
}

QuantileTable some_demand(const WorldLimits& limits) {
  if (limits.coarse) return QuantileTable(Constant{0.001 * between(1, 12)});
  const double mean = 0.001 * between(1, 20);
  const int kind = between(0, 2);
  if (kind == 0) return QuantileTable(Lognormal::from_mean_cv(mean, 1));
  if (kind == 1) return QuantileTable(Exponential{mean});
  // Nearly constant: with plain constants unrelated things happen at the same nanosecond.
  return QuantileTable(Lognormal::from_mean_cv(mean, 0.01));
}

Discipline some_discipline(const WorldLimits& limits) {
  const int kind = between(0, limits.sharing ? 5 : 3);
  if (kind >= 4) return Discipline::ps;
  return kind == 3 && !limits.fifo_only ? Discipline::lifo : Discipline::fifo;
}

CallModel call_to(std::uint32_t callee, const WorldLimits& limits) {
  CallModel call;
  call.callee = ServiceId{callee};
  call.whole = static_cast<std::uint32_t>(between(0, 2));
  call.fraction = one_in(2) ? 0 : 0.01 * between(1, 99);
  call.coin = some_key();
  if (!one_in(3)) call.timeout = some_time(limits, 1ms, 40ms);
  if (one_in(3)) {
    call.cache_hit_ratio = 0.01 * between(1, 100);
    call.cache_keys = between(1, 40);
    call.cache_coin = some_key();
  }
  return call;
}

ServiceModel some_service(std::uint32_t place, const WorldLimits& limits) {
  ServiceModel service;
  service.workers = static_cast<std::uint32_t>(between(1, 4));
  service.queue = static_cast<std::uint32_t>(between(0, 6));
  service.discipline = some_discipline(limits);
  service.cores = 0.5 * between(1, 5);
  if (one_in(2)) service.cpu_share = 0.01 * between(1, 100);
  service.demand = some_demand(limits);
  service.demand_key = some_key();
  service.pick_key = some_key();
  service.error_rate = one_in(2) ? 0 : 0.01 * between(0, 20);
  service.error_coin = some_key();
  service.warmup_for = some_time(limits, 1ms, 200ms);
  service.warmup_slowdown = one_in(2) ? 1 : 1 + 0.1 * between(1, 40);
  service.balancer = static_cast<Balancer>(between(0, 2));
  if (!limits.calls) return service;
  for (std::uint32_t callee = place + 1; callee < 3; ++callee)
    if (!one_in(3)) service.calls.push_back(call_to(callee, limits));
  return service;
}

EffectWindow some_window(const WorldLimits& limits) {
  EffectWindow window;
  if (one_in(2)) {
    window.from = kTimeZero + some_time(limits, 0ms, 300ms);
    if (one_in(2)) window.ramp = some_time(limits, 1ms, 200ms);  // has no meaning without a start
  }
  if (one_in(2)) window.until = kTimeZero + some_time(limits, 300ms, 500ms);
  return window;
}

double some_share(int least_percent, int most_percent) {
  return 0.01 * between(least_percent, most_percent);
}

/// Of three: two segments (random_world) and those in none.
SegmentSet some_segments() {
  if (one_in(2)) return kEverySegment;
  return one_in(3) ? SegmentSet{1} << 63 : SegmentSet{1} << between(0, 1);
}

ErrorEffect some_errors(const WorldLimits& limits) {
  ErrorEffect effect{some_share(1, 60), some_key(), some_window(limits), some_segments()};
  effect.fast = one_in(3);
  if (one_in(3)) {
    effect.pods = some_share(1, 100);
    effect.pod_coin = some_key();
  }
  return effect;
}

LatencyEffect some_latency(const WorldLimits& limits) {
  LatencyEffect effect{0.1 * between(5, 40), some_time(limits, 0ms, 10ms), some_window(limits)};
  effect.cpu_only = one_in(3);
  if (one_in(3)) {
    effect.p = some_share(1, 100);
    effect.coin = some_key();
  }
  return effect;
}

/// By requests, by time or by both: a process dies after some ten requests or some ten
/// milliseconds. Not by time among whole milliseconds: the nanosecond would be a matter of
/// rounding.
LeakEffect some_leak(const WorldLimits& limits) {
  LeakEffect effect;
  effect.base = between(0, 90);
  // Crooked, so that it is not reached on a whole nanosecond: before or after would be rounding.
  effect.limit = 100.7310585786300049 + 0.5 * between(0, 60);
  const int kind = limits.coarse ? 0 : between(0, 2);
  if (kind != 1) effect.per_request = 0.25 * between(1, 60);
  if (kind != 0) effect.per_second = between(50, 4000);
  effect.when = some_window(limits);
  return effect;
}

LoadEffect some_load_bug(const WorldLimits& limits) {
  LoadEffect effect;
  if (one_in(2)) effect.above_concurrency = static_cast<std::uint32_t>(between(1, 3));
  if (one_in(2)) effect.above_rate = between(1, 200);
  effect.p = some_share(0, 100);
  effect.factor = limits.coarse ? between(1, 4) : 0.1 * between(5, 40);
  effect.coin = some_key();
  // Half an effect of whole milliseconds is none.
  effect.when = some_window(limits);
  if (limits.coarse) effect.when.ramp = Duration{};
  return effect;
}

void add_slowness(VersionEffects& effects, const WorldLimits& limits) {
  if (one_in(4)) effects.loads.push_back(some_load_bug(limits));
  if (one_in(4))
    effects.cold_caches.push_back({some_share(0, 100),
                                   static_cast<double>(between(1, 40)),
                                   some_time(limits, 0ms, 20ms),
                                   some_key(),
                                   some_window(limits)});
  if (limits.coarse) return;
  if (one_in(3)) effects.latencies.push_back(some_latency(limits));
  if (one_in(6)) effects.latencies.push_back(some_latency(limits));
  if (one_in(4))
    effects.slow_starts.push_back(
        {some_time(limits, 1ms, 200ms), 1 + 0.1 * between(1, 40), some_window(limits)});
}

VersionModel some_version(ServiceId service, const WorldLimits& limits) {
  VersionModel version;
  version.service = service;
  VersionEffects& effects = version.effects;
  if (one_in(3)) effects.errors.push_back(some_errors(limits));
  if (one_in(6)) effects.errors.push_back(some_errors(limits));
  if (one_in(4)) effects.lies.push_back({some_time(limits, 1ms, 100ms), some_window(limits)});
  if (one_in(4)) effects.writes.push_back({one_in(4), some_window(limits)});
  if (one_in(3)) effects.unreadable.push_back({some_share(1, 100), some_key()});
  if (one_in(4) || limits.deadly)
    effects.poisons.push_back({limits.deadly ? some_share(2, 30) : some_share(1, 10),
                               some_key(),
                               some_window(limits),
                               some_segments()});
  if (one_in(4) || (limits.deadly && one_in(2))) effects.leaks.push_back(some_leak(limits));
  add_slowness(effects, limits);
  version.is_new = one_in(2);
  return version;
}

/// Copies of users' requests to backend 0.
void add_mirror(TwinWorld& world, const WorldLimits& limits) {
  RouteRule& rule = world.routes[0].rules[0];
  rule.mirror = Mirror{BackendId{0}, some_share(1, 100)};
  if (!limits.calls) return;
  // A copy needs the work of its original. Were that all, they would make their calls at the same
  // nanosecond, and which is first is not said.
  rule.backends[0].weight = 0;
  const VersionId shadow = world.pods[world.endpoints[0][0].index()].version;
  world.model.versions[shadow.index()].effects.latencies.push_back(
      {1, Duration(between(1, 999'983)), {}});
}

/// Pods of each service, one deployment and version each for a backend; service 0 has two backends.
void add_pods(TwinWorld& world, const WorldLimits& limits) {
  const std::size_t services = world.model.services.size();
  for (std::uint32_t backend = 0; backend < services + 1; ++backend) {
    const ServiceId service{backend == 0 ? 0 : backend - 1};
    const VersionId version{static_cast<std::uint32_t>(world.model.versions.size())};
    world.model.versions.push_back(some_version(service, limits));
    auto& endpoints = world.endpoints.emplace_back();
    const int pods = between(1, 4);
    for (int i = 0; i < pods; ++i) {
      endpoints.push_back(PodId{static_cast<std::uint32_t>(world.pods.size())});
      world.pods.push_back({service, DeploymentId{backend}, version, !one_in(12)});
    }
  }
  for (std::uint32_t s = 0; s < services; ++s)
    world.routes.push_back(RouteTable::to(BackendId{s + 1}));
  world.routes[0].rules[0].backends = {{BackendId{0}, static_cast<std::uint32_t>(between(0, 9))},
                                       {BackendId{1}, static_cast<std::uint32_t>(between(1, 9))}};
  if (one_in(3)) add_mirror(world, limits);
}

/// Whatever a control plane could do, in an order that is possible as far as nobody dies of itself:
/// a process starts only where none runs.
void add_actions(TwinWorld& world, const WorldLimits& limits, Duration last) {
  enum class Process { none, draining, running };
  std::vector<Process> processes;
  for (const auto& pod : world.pods)
    processes.push_back(pod.listening ? Process::running : Process::none);
  std::vector<Duration> times;
  const int count = between(0, 30);
  for (int i = 0; i < count; ++i) times.push_back(some_time(limits, 0ms, last + 1ms));
  std::sort(times.begin(), times.end());
  for (const auto time : times) {
    RefAction action;
    action.time = kTimeZero + time;
    const int kind = between(0, 4);
    if (kind == 0) {
      action.kind = RefAction::Kind::snapshot;
    } else if (kind == 1) {
      action.kind = RefAction::Kind::set_endpoints;
      action.backend =
          static_cast<std::size_t>(between(0, static_cast<int>(world.endpoints.size()) - 1));
      for (const PodId pod : world.endpoints[action.backend])
        if (!one_in(3)) action.endpoints.push_back(pod.index());
    } else {
      action.pod = static_cast<std::size_t>(between(0, static_cast<int>(world.pods.size()) - 1));
      // Two of three times somebody who is down comes back, if there is one.
      const auto down = std::find(processes.begin(), processes.end(), Process::none);
      if (down != processes.end() && !one_in(3))
        action.pod = static_cast<std::size_t>(down - processes.begin());
      Process& process = processes[action.pod];
      if (process == Process::none) {
        action.kind = one_in(3) ? RefAction::Kind::listen_warm : RefAction::Kind::listen;
        process = Process::running;
      } else if (process == Process::running && one_in(3)) {
        action.kind = RefAction::Kind::stop_accepting;
        process = Process::draining;
      } else {
        action.kind = RefAction::Kind::kill;
        process = Process::none;
      }
    }
    world.actions.push_back(action);
  }
}

}  // namespace

TwinWorld random_world(const WorldLimits& limits) {
  TwinWorld world;
  for (std::uint32_t i = 0; i < 3; ++i) world.model.services.push_back(some_service(i, limits));
  world.model.route_key = some_key();
  world.model.mirror_key = some_key();
  world.users = {static_cast<std::uint32_t>(between(1, 20)),
                 0,
                 {{"a", 0.3, {}}, {"b", 0.2, {}}},
                 some_key(),
                 some_key()};
  if (!one_in(3)) world.restart_after = some_time(limits, 1ms, 60ms);
  if (!one_in(3)) world.model.client_timeout = some_time(limits, 2ms, 80ms);
  add_pods(world, limits);

  const int requests = between(1, limits.most_requests);
  const Duration widest = Duration(1us) * between(200, 6000);
  const RandomKey gaps = some_key();
  Duration time{};
  for (int i = 0; i < requests; ++i) {
    const Duration gap =
        from_seconds(2 * to_seconds(widest) * draw(gaps, static_cast<std::uint64_t>(i)));
    time += gap;
    if (limits.coarse) time = std::chrono::duration_cast<std::chrono::milliseconds>(time);
    world.offsets.push_back(time);
  }
  add_actions(world, limits, time);
  // Cut off in the middle, or after the last has left.
  world.end = one_in(2) ? time : time + 20s;
  std::vector<Duration> bounds;
  for (int i = between(0, 8); i > 0; --i) bounds.push_back(some_time(limits, 1ms, 200ms));
  world.model.bounds = LatencyBounds(std::move(bounds));
  return world;
}

}  // namespace coalmine::testing
