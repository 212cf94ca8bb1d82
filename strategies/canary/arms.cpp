#include "strategies/canary/arms.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "strategies/sizing.h"

namespace coalmine {

CanaryArms::CanaryArms(Operator& op, const CanaryPlan& plan) : op_(op), plan_(plan) {}

MetricTarget CanaryArms::canary() const {
  CM_ASSERT(canary_.has_value());
  return Operator::of(*canary_);
}

std::optional<MetricTarget> CanaryArms::reference() const {
  switch (plan_.compare_with) {
    case CompareWith::baseline:
      return baseline_ ? std::optional(Operator::of(*baseline_)) : std::nullopt;
    case CompareWith::stable:
      return Operator::of(op_.stable());
    case CompareWith::none:
      break;
  }
  return std::nullopt;
}

/// The first call creates the Deployments, later ones resize them.
void CanaryArms::ensure_deployed(int pods) {
  const std::string& service = op_.scenario().service.name;
  if (canary_)
    op_.scale(*canary_, pods);
  else
    canary_ = op_.deploy_new(service + "-canary", pods);
  if (!has_baseline()) return;
  if (baseline_)
    op_.scale(*baseline_, pods);
  else
    baseline_ = op_.deploy_old(service + "-baseline", pods);
}

Task<bool> CanaryArms::raise_to(double share) {
  const int pods = pods_for(share, op_.replicas());
  ensure_deployed(pods);
  bool ready = co_await op_.available(*canary_, pods, plan_.ready_within);
  if (ready && baseline_) ready = co_await op_.available(*baseline_, pods, plan_.ready_within);
  if (!ready) co_return false;
  if (plan_.by == ShareBy::replicas) co_return co_await send_by_replicas(pods);
  co_await send_by_weights(share);
  co_return true;
}

Task<void> CanaryArms::send_by_weights(double share) {
  const double beside = baseline_ ? baseline_share(share) : 0;
  std::vector<RouteShare> shares;
  shares.push_back({op_.stable(), 1 - share - beside});
  if (baseline_) shares.push_back({*baseline_, beside});
  shares.push_back({*canary_, share});
  co_await op_.route(std::move(shares));
}

/// The old Deployment gives up as many pods as the others have, so that the shares come out; the
/// total is never below what it was.
Task<bool> CanaryArms::send_by_replicas(int pods) {
  std::vector<DeploymentId> together;
  together.push_back(op_.stable());
  together.push_back(*canary_);
  if (baseline_) together.push_back(*baseline_);
  co_await op_.route_by_replicas(std::move(together));
  const int others = baseline_ ? 2 * pods : pods;
  op_.scale(op_.stable(), std::max(0, op_.replicas() - others));
  co_return co_await op_.settled(op_.stable(), plan_.ready_within);
}

Task<bool> CanaryArms::promote() {
  op_.scale(*canary_, op_.replicas());
  const bool ready = co_await op_.available(*canary_, op_.replicas(), plan_.ready_within);
  if (!ready) co_return false;
  co_await op_.route_all_to(*canary_);
  op_.retire(op_.stable());
  if (baseline_) op_.retire(*baseline_);
  co_await op_.settled(*canary_, plan_.ready_within);
  co_await op_.settled(op_.stable(), plan_.ready_within);
  if (baseline_) co_await op_.settled(*baseline_, plan_.ready_within);
  co_return true;
}

}  // namespace coalmine
