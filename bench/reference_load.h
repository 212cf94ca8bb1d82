/// The reference load W3 through the real request engine, everything recorded: Poisson 2 000
/// requests/s, 90 % to a stable version on 36 pods, 10 % to a canary on 4, power of two choices, 8
/// workers a pod, FIFO, lognormal service of mean 0.1 s and cv 1. (specs/engine section 1)
#pragma once

#include <memory>

#include "sim/traffic/data_plane.h"

namespace coalmine::bench {

struct ReferenceLoad {
  Duration length = std::chrono::hours(1);
  double rate = 2000;
  std::uint64_t seed = 1;
  bool always_stepped = false;
};

inline std::unique_ptr<DataPlane> reference_load(const ReferenceLoad& load) {
  const auto key = [&](const char* purpose) { return make_key(load.seed, 0, purpose); };
  TrafficModel model;
  ServiceModel service;
  service.name = "reference";
  service.workers = 8;
  service.queue = 1000;
  service.demand = QuantileTable(Lognormal::from_mean_cv(0.1, 1.0));
  service.demand_key = key("request/demand");
  service.pick_key = key("request/pick");
  service.error_rate = 0.001;
  service.error_coin = key("request/error");
  service.always_stepped = load.always_stepped;
  model.services.push_back(std::move(service));
  VersionModel canary{ServiceId{0}, {}, true};
  canary.effects.errors.push_back({0.02, key("fault/coin"), {}});
  model.versions.push_back({ServiceId{0}, {}, false});
  model.versions.push_back(std::move(canary));
  model.client_timeout = std::chrono::seconds(2);
  model.route_key = key("request/route");

  UserModel users;
  users.who = key("traffic/user");
  users.segment_key = key("user/segment");
  EdgeSettings edge;
  edge.end = kTimeZero + load.length;
  edge.users = users.count;
  edge.versions = 2;
  edge.bad_above = {kForever, std::chrono::milliseconds(300)};
  auto plane = std::make_unique<DataPlane>(
      std::move(model),
      Users(std::move(users)),
      Arrivals(constant_rate(load.rate), kTimeZero, key("traffic/arrivals")),
      std::move(edge));
  std::vector<PodId> stable, canaries;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const bool is_canary = i >= 36;
    plane->pod_created(
        PodId{i}, ServiceId{0}, DeploymentId{is_canary ? 1U : 0U}, VersionId{is_canary ? 1U : 0U});
    plane->process_started(PodId{i}, true);
    (is_canary ? canaries : stable).push_back(PodId{i});
  }
  plane->endpoints_applied(BackendId{0}, stable);
  plane->endpoints_applied(BackendId{1}, canaries);
  RouteRule rule;
  rule.backends = {{BackendId{0}, 90}, {BackendId{1}, 10}};
  plane->set_routes(ServiceId{0}, RouteTable{{rule}});
  return plane;
}

/// 400 requests/s to 12 pods that each call a leaf service on 6 pods once, as
/// scenarios/checkout.yaml.
inline std::unique_ptr<DataPlane> calling_load(Duration length) {
  const auto key = [](const char* purpose) { return make_key(1, 0, purpose); };
  TrafficModel model;
  ServiceModel checkout;
  checkout.demand = QuantileTable(Lognormal::from_p50_p99(0.040, 0.250));
  checkout.demand_key = key("request/checkout/demand");
  checkout.pick_key = key("request/checkout/pick");
  checkout.calls.push_back({ServiceId{1}, 1, 0, key("request/checkout/call/0"), {}});
  ServiceModel payment;
  payment.demand = QuantileTable(Lognormal::from_p50_p99(0.020, 0.120));
  payment.demand_key = key("request/payment/demand");
  payment.pick_key = key("request/payment/pick");
  model.services = {std::move(checkout), std::move(payment)};
  model.versions = {{ServiceId{0}, {}, false}, {ServiceId{1}, {}, false}};
  model.client_timeout = std::chrono::seconds(1);

  UserModel users;
  users.who = key("traffic/user");
  EdgeSettings edge;
  edge.end = kTimeZero + length;
  edge.users = users.count;
  edge.versions = 2;
  edge.bad_above = {kForever, std::chrono::milliseconds(400)};
  auto plane =
      std::make_unique<DataPlane>(std::move(model),
                                  Users(std::move(users)),
                                  Arrivals(constant_rate(400), kTimeZero, key("traffic/arrivals")),
                                  std::move(edge));
  std::vector<PodId> pods[2];
  for (std::uint32_t i = 0; i < 18; ++i) {
    const std::uint32_t service = i < 12 ? 0 : 1;
    plane->pod_created(PodId{i}, ServiceId{service}, DeploymentId{service}, VersionId{service});
    plane->process_started(PodId{i}, true);
    pods[service].push_back(PodId{i});
  }
  for (std::uint32_t service = 0; service < 2; ++service) {
    plane->endpoints_applied(BackendId{service}, pods[service]);
    plane->set_routes(ServiceId{service}, RouteTable::to(BackendId{service}));
  }
  return plane;
}

}  // namespace coalmine::bench
