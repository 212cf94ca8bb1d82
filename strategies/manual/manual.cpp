#include "strategies/manual/manual.h"

#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/operator.h"
#include "strategies/cut_over.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {
namespace {

/// The person's hands; lives in the frame of one release.
class Hands {
 public:
  Hands(Operator& op, Duration ready_within) : op_(op), ready_within_(ready_within) {}

  /// Done when the action is.
  Task<void> take(const ManualAction& action);
  Verdict verdict() const { return verdict_; }

 private:
  DeploymentId deployment(WhichVersion which) const {
    return which == WhichVersion::new_one ? *new_ : op_.stable();
  }
  Task<void> wait_ready();
  Task<void> promote();
  void tell_not_ready() {
    op_.note("NotReady", "pods were not available within " + say_duration(ready_within_));
  }

  Operator& op_;
  Duration ready_within_;
  std::optional<DeploymentId> new_;
  Verdict verdict_ = Verdict::held;
};

Task<void> Hands::take(const ManualAction& action) {
  op_.note("Action", say(action));
  switch (action.verb) {
    case ManualVerb::deploy_new:
      new_ = op_.deploy_new(op_.scenario().service.name + "-new",
                            action.replicas.value_or(op_.replicas()));
      break;
    case ManualVerb::wait_ready:
      co_await wait_ready();
      break;
    case ManualVerb::scale:
      op_.scale(deployment(action.of.value_or(WhichVersion::new_one)), *action.replicas);
      break;
    case ManualVerb::route: {
      std::vector<RouteShare> shares;
      shares.push_back({op_.stable(), 1 - *action.share});
      shares.push_back({*new_, *action.share});
      co_await op_.route(std::move(shares));
      break;
    }
    case ManualVerb::route_matching: {
      HeaderMatch match{*action.header, action.value.value_or("")};
      co_await op_.route_matching(std::move(match), *new_, op_.stable());
      break;
    }
    case ManualVerb::mirror:
      co_await op_.mirror(op_.stable(), *new_, *action.share);
      break;
    case ManualVerb::promote:
      co_await promote();
      break;
    case ManualVerb::roll_back:
      verdict_ = co_await stop_release(
          op_, "manual", Verdict::rolled_back, "the person rolls the release back");
      break;
  }
}

Task<void> Hands::wait_ready() {
  const bool ready = co_await op_.available(*new_, op_.status(*new_).desired, ready_within_);
  if (!ready) tell_not_ready();
}

Task<void> Hands::promote() {
  const bool ready = co_await full_size(op_, *new_, ready_within_);
  if (!ready) {
    tell_not_ready();
    co_return;
  }
  co_await op_.route_all_to(*new_);
  co_await retire_old(op_, *new_, ready_within_);
  verdict_ = Verdict::promoted;
}

}  // namespace

Task<Verdict> Manual::roll_out(Operator& op) const {
  const Time released = op.now();
  Hands hands(op, plan_.ready_within);
  for (const ManualAction& action : plan_.actions) {
    co_await sleep_until(op.simulation(), add_saturating(released, action.at));
    co_await hands.take(action);
  }
  // Undecided: the release stays as it was left, and whoever is on call stays behind it.
  if (hands.verdict() == Verdict::held) co_await sleep_until(op.simulation(), kNever);
  co_return hands.verdict();
}

}  // namespace coalmine
