#include "strategies/ab_test/ab_test.h"

#include <string>
#include <vector>

#include "sim/experiment/operator.h"
#include "strategies/ab_test/experiment.h"
#include "strategies/cut_over.h"
#include "strategies/query_checks.h"
#include "strategies/sizing.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {
namespace {

constexpr const char* kWho = "ab-test";

/// Each user to one arm and always the same.
Task<void> split_users(Operator& op, const AbTestPlan& plan, DeploymentId b) {
  if (plan.header)
    return op.route_matching({plan.header->name, plan.header->value}, b, op.stable());
  std::vector<RouteShare> shares;
  shares.push_back({op.stable(), 1 - plan.split});
  shares.push_back({b, plan.split});
  return op.route(std::move(shares), Stickiness::user);
}

/// How far the sample has come, told at each tenth of it; not what the arms say, which nobody
/// should look at before the end.
class ProgressTold {
 public:
  void tell(Operator& op, const PlannedSample& sample, const Arms& arms) {
    const double share = progress(sample, arms);
    const int tenth = static_cast<int>(10 * share);
    if (tenth <= told_) return;
    told_ = tenth;
    op.note("Sampling",
            std::to_string(static_cast<int>(100 * share)) +
                " % of the planned sample: " + say_count(static_cast<double>(arms.a.trials)) +
                " users in A, " + say_count(static_cast<double>(arms.b.trials)) + " in B");
  }

 private:
  int told_ = 0;
};

Task<Verdict> promote(Operator& op, DeploymentId b, Duration limit) {
  const bool ready = co_await full_size(op, b, limit);
  if (!ready)
    co_return co_await stop_release(
        op,
        kWho,
        Verdict::aborted,
        "promotion: pods were not available within " + say_duration(limit));
  co_await op.route_all_to(b);
  co_await retire_old(op, b, limit);
  co_return Verdict::promoted;
}

/// Nothing was found against B and nothing for it: that is no decision to stop a bad release.
Task<Verdict> keep_old(Operator& op) {
  const bool restored = co_await op.restore_stable();
  co_return restored ? Verdict::aborted : Verdict::held;
}

/// What follows from the test; it has found something.
Task<Verdict> conclude(Operator& op, const AbTestPlan& plan, DeploymentId b, Look look) {
  if (look.finding == Finding::mismatch)
    return stop_release(op, kWho, Verdict::aborted, look.message, look.evidence);
  if (look.finding == Finding::a_wins)
    return stop_release(op, kWho, Verdict::rolled_back, "A wins: " + look.message, look.evidence);
  const bool b_wins = look.finding == Finding::b_wins;
  op.note(b_wins ? "Winner" : "NoWinner",
          (b_wins ? "B wins: " : "no winner: ") + look.message,
          look.evidence);
  if (b_wins || plan.when_equal == WhenEqual::promote) return promote(op, b, plan.ready_within);
  return keep_old(op);
}

}  // namespace

Task<Verdict> AbTest::roll_out(Operator& op) const {
  const int pods = pods_for(plan_.split, op.replicas());
  const DeploymentId b = op.deploy_new(op.scenario().service.name + "-b", pods);
  const bool ready = co_await op.available(b, pods, plan_.ready_within);
  if (!ready)
    co_return co_await stop_release(
        op,
        kWho,
        Verdict::aborted,
        "not begun: pods were not available within " + say_duration(plan_.ready_within));
  co_await split_users(op, plan_, b);
  co_await op.sleep(plan_.initial_delay);
  op.begin_experiment();
  const Time began = op.now();

  CheckTally tally(plan_.guardrails);
  const auto guardrails = [&] {
    const auto of = [&](DeploymentId arm) {
      return measure(op.metrics(), Operator::of(arm), plan_.interval);
    };
    return with_queries(
        check(plan_.guardrails, of(b), of(op.stable())), op, plan_.guardrails, b, plan_.interval);
  };
  std::optional<PlannedSample> sample;
  const auto plan_with = [&](const Arms& arms) {
    sample = plan_sample(plan_, arms);
    if (sample) op.note("SamplePlanned", describe(plan_, *sample));
  };
  plan_with({});
  ProgressTold told;
  for (;;) {
    WatchSettings how{"split " + say_percent(plan_.split), plan_.interval, op.now()};
    Watched seen = co_await watch(op, std::move(how), tally, guardrails);
    if (seen.next != NextMove::proceed)
      co_return co_await stop_release(op, kWho, "split -> 0 %", std::move(seen));

    const Arms arms = read_arms(op.metrics(), Operator::of(op.stable()), Operator::of(b));
    if (!sample) plan_with(arms);
    if (!sample) continue;
    Look look = look_at(plan_, *sample, arms, op.now() - began);
    if (look.finding != Finding::too_early)
      co_return co_await conclude(op, plan_, b, std::move(look));
    if (plan_.peek && !look.message.empty()) op.note("Peeked", look.message, look.evidence);
    told.tell(op, *sample, arms);
  }
}

}  // namespace coalmine
