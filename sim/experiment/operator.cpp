#include "sim/experiment/operator.h"

#include <algorithm>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/kernel/quantity.h"
#include "sim/scenario/world.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {
namespace {

/// How long a route waits for the first endpoint of a backend before it is written all the same.
constexpr Duration kEndpointsWithin = std::chrono::seconds(30);

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::promoted:
      return "promoted";
    case Verdict::rolled_back:
      return "rolled_back";
    case Verdict::aborted:
      return "aborted";
    case Verdict::held:
      break;
  }
  return "held";
}

OperatorContext operator_context(World& world) {
  return {world.simulation,
          *world.cluster,
          *world.data_plane,
          *world.metrics,
          world.scenario(),
          world.events(),
          [&world](std::string_view purpose) { return world.key(purpose); },
          World::kReleased,
          world.old_version,
          world.new_version,
          world.stable,
          world.service_backend,
          world.workload};
}

Operator::Operator(OperatorContext context)
    : context_(std::move(context)),
      proxy_apply_(sampler_of(context_.scenario.network.proxy_apply)) {}

Simulation& Operator::simulation() {
  return context_.simulation;
}
Time Operator::now() const {
  return context_.simulation.now();
}
const Scenario& Operator::scenario() const {
  return context_.scenario;
}
int Operator::replicas() const {
  return context_.workload.deployment.replicas;
}
DeploymentId Operator::stable() const {
  return context_.stable;
}
const std::string& Operator::name_of(DeploymentId deployment) const {
  return context_.cluster.spec(deployment).name;
}

const MetricReader& Operator::metrics() const {
  return context_.metrics;
}
MetricTarget Operator::of(DeploymentId deployment, Vantage vantage) {
  return {{deployment}, vantage, {}};
}
detail::SleepAwaiter Operator::sleep(Duration length) {
  return sleep_for(context_.simulation, length);
}

// ---- Deployments

DeploymentId Operator::deploy(std::string name, int replicas, VersionId version) {
  WorkloadSpec workload = context_.workload;
  workload.deployment.name = std::move(name);
  workload.deployment.replicas = replicas;
  workload.deployment.pod.version = version;
  const DeploymentId id = context_.cluster.create_deployment(workload);
  deployments_.push_back(id);
  // Its own Service from the start, so that its endpoints are known by the time it is routed to.
  own_backends_.emplace_back(id,
                             context_.cluster.create_backend(context_.cluster.spec(id).name, {id}));
  return id;
}
DeploymentId Operator::deploy_new(std::string name, int replicas) {
  return deploy(std::move(name), replicas, context_.new_version);
}
DeploymentId Operator::deploy_old(std::string name, int replicas) {
  return deploy(std::move(name), replicas, context_.old_version);
}
void Operator::scale(DeploymentId deployment, int replicas) {
  context_.cluster.scale(deployment, replicas);
}
void Operator::retire(DeploymentId deployment) {
  context_.cluster.scale(deployment, 0);
}

void Operator::update_in_place(DeploymentStrategy how,
                               std::optional<IntOrPercent> max_surge,
                               std::optional<IntOrPercent> max_unavailable) {
  const DeploymentSpec& spec = context_.workload.deployment;
  context_.cluster.set_strategy(context_.stable,
                                how,
                                max_surge.value_or(spec.max_surge),
                                max_unavailable.value_or(spec.max_unavailable));
  PodTemplate pod = spec.pod;
  pod.version = context_.new_version;
  context_.cluster.set_template(context_.stable, pod);
  updated_in_place_ = true;
}

DeploymentStatus Operator::status(DeploymentId deployment) const {
  return context_.cluster.status(deployment);
}

Task<bool> Operator::settled(DeploymentId deployment, Duration limit) {
  Cluster& cluster = context_.cluster;
  return wait_until(
      context_.simulation,
      cluster.changed(),
      [&cluster, deployment] {
        const DeploymentStatus s = cluster.status(deployment);
        // `updated`: right after an undo the old template's pods are still to come.
        return s.observed && s.replicas == s.desired && s.updated == s.desired &&
               s.available == s.desired && s.terminating == 0;
      },
      now() + limit);
}

Task<bool> Operator::available(DeploymentId deployment, int replicas, Duration limit) {
  Cluster& cluster = context_.cluster;
  return wait_until(
      context_.simulation,
      cluster.changed(),
      [&cluster, deployment, replicas] { return cluster.status(deployment).available >= replicas; },
      now() + limit);
}

Task<bool> Operator::rolled_out(DeploymentId deployment, Duration limit) {
  Cluster& cluster = context_.cluster;
  const auto ended = [&cluster, deployment] {
    const DeploymentStatus s = cluster.status(deployment);
    return s.timed_out || (s.complete && s.terminating == 0);
  };
  co_await wait_until(context_.simulation, cluster.changed(), ended, now() + limit);
  co_return cluster.status(deployment).complete;
}

// ---- traffic

/// The stable Deployment is behind the Service users reach anyway; the others have one of their
/// own.
BackendId Operator::backend_of(DeploymentId deployment) {
  if (deployment == context_.stable) {
    if (service_is_shared_) {
      service_is_shared_ = false;
      context_.cluster.set_selector(context_.service_backend, {context_.stable});
    }
    return context_.service_backend;
  }
  const auto found = std::find_if(own_backends_.begin(), own_backends_.end(), [&](const auto& own) {
    return own.first == deployment;
  });
  CM_ASSERT(found != own_backends_.end());
  return found->second;
}

/// A route is a write to the API server that the proxies apply a little later, in the order of the
/// writes.
Task<void> Operator::apply_routes(RouteTable table, std::string message) {
  // Counted before the wait below: a later write must not be undone by an earlier one that waited.
  const std::uint64_t change = ++changes_;
  // Nobody sends traffic to a Service before the proxies know an endpoint of it.
  Cluster* cluster = &context_.cluster;
  const auto known = [cluster, &table] {
    for (const RouteRule& rule : table.rules) {
      for (const WeightedBackend& b : rule.backends)
        if (cluster->endpoints(b.backend).empty()) return false;
      if (rule.mirror && cluster->endpoints(rule.mirror->backend).empty()) return false;
    }
    return true;
  };
  co_await wait_until(context_.simulation, cluster->changed(), known, now() + kEndpointsWithin);
  const Duration delay = proxy_apply_(draw_bits(context_.key("operator/route"), change));
  DataPlane* data_plane = &context_.data_plane;
  const ServiceId service = context_.service;
  context_.simulation.after(delay, [this, data_plane, service, change, table = std::move(table)] {
    if (change < applied_change_) return;
    applied_change_ = change;
    data_plane->set_routes(service, table);
  });
  note("RouteChanged", std::move(message));
  co_await sleep(delay);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a coroutine keeps its parameters
Task<void> Operator::route(std::vector<RouteShare> shares, Stickiness sticky) {
  constexpr double kParts = 1'000'000;
  RouteRule rule;
  rule.sticky = sticky;
  std::string message = "traffic:";
  for (const RouteShare& s : shares) {
    const auto weight = static_cast<std::uint32_t>(s.share * kParts + 0.5);
    if (weight == 0) continue;
    rule.backends.push_back({backend_of(s.deployment), weight});
    const auto tenths = static_cast<int>(s.share * 1000 + 0.5);
    message += (rule.backends.size() > 1 ? ", " : " ") + std::to_string(tenths / 10) +
               (tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "") + " % to " +
               context_.cluster.spec(s.deployment).name;
  }
  CM_ASSERT(!rule.backends.empty());
  return apply_routes(RouteTable{{rule}}, std::move(message));
}

Task<void> Operator::route_all_to(DeploymentId deployment) {
  return route({{deployment, 1.0}});
}

Task<void> Operator::mirror(DeploymentId live, DeploymentId shadow, double share) {
  RouteRule rule;
  rule.backends.push_back({backend_of(live), 1});
  rule.mirror = Mirror{backend_of(shadow), share};
  return apply_routes(RouteTable{{rule}},
                      "traffic: 100 % to " + context_.cluster.spec(live).name + ", " +
                          format_ratio(share) + " mirrored to " +
                          context_.cluster.spec(shadow).name);
}

void Operator::begin_experiment() {
  context_.data_plane.count_users_from_now();
}

void Operator::end_experiment() {
  context_.data_plane.stop_counting_users();
}

Task<void> Operator::route_by_replicas(std::vector<DeploymentId> deployments) {
  std::string message = "one Service over";
  for (const DeploymentId d : deployments) message += " " + context_.cluster.spec(d).name;
  service_is_shared_ = true;
  context_.cluster.set_selector(context_.service_backend, std::move(deployments));
  return apply_routes(RouteTable::to(context_.service_backend), std::move(message));
}

Task<void> Operator::route_matching(HeaderMatch match, DeploymentId matching, DeploymentId rest) {
  std::string message = "requests with " + match.header + ": " + match.value + " to " +
                        context_.cluster.spec(matching).name;
  RouteTable table;
  table.rules.push_back({std::move(match), {{backend_of(matching), 1}}, Stickiness::none, {}});
  table.rules.push_back({{}, {{backend_of(rest), 1}}, Stickiness::none, {}});
  return apply_routes(std::move(table), std::move(message));
}

// ---- telling

void Operator::set_actor(std::string who) {
  actor_ = std::move(who);
}

void Operator::note(std::string reason, std::string message, std::vector<Evidence> evidence) {
  context_.events({now(), actor_, std::move(reason), std::move(message), std::move(evidence)});
}

void Operator::decide_to_stop(std::string who,
                              std::string message,
                              std::vector<Evidence> evidence) {
  context_.events({now(), std::move(who), "Stopped", std::move(message), std::move(evidence)});
  if (!decided_) decided_ = now();
}

std::optional<Time> Operator::decided_to_stop() const {
  return decided_;
}

void Operator::restore_template() {
  Cluster& cluster = context_.cluster;
  if (cluster.spec(context_.stable).paused) {
    note("Resume", "rollout resume: what is paused cannot be undone");
    cluster.set_paused(context_.stable, false);
  }
  if (cluster.undo(context_.stable)) {
    note("Undo", "rollout undo: back to the old template");
  } else {
    note("Apply", "no revision to go back to: the old manifest is applied again");
    cluster.set_template(context_.stable, context_.workload.deployment.pod);
  }
  CM_ASSERT(cluster.spec(context_.stable).pod.version == context_.old_version);
}

Task<bool> Operator::restore_stable(Duration limit) {
  const Time deadline = now() + limit;
  const auto left = [this, deadline] { return std::max(deadline - now(), Duration::zero()); };
  if (updated_in_place_) {
    updated_in_place_ = false;
    restore_template();
  } else {
    const bool whole = context_.cluster.spec(context_.stable).replicas >= replicas();
    scale(context_.stable, replicas());
    if (!whole) co_await available(context_.stable, replicas(), left());
    // Bad answers are better than none.
    const bool serves = co_await available(context_.stable, 1, left());
    if (!serves) co_return false;
    co_await route_all_to(context_.stable);
  }
  for (const DeploymentId d : deployments_) retire(d);
  bool restored = co_await settled(context_.stable, left());
  for (const DeploymentId d : deployments_) {
    const bool gone = co_await settled(d, left());
    restored = restored && gone;
  }
  co_return restored;
}

}  // namespace coalmine
