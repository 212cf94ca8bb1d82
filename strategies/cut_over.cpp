#include "strategies/cut_over.h"

#include <utility>

#include "strategies/query_checks.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {

Section<CutOverPlan> cut_over_table() {
  Section<CutOverPlan> table("cutOver", "Moves all traffic at once and watches.");
  table
      .field("bake",
             &CutOverPlan::bake,
             {.default_text = "5m",
              .min = "0s",
              .max = "30d",
              .help = "time under watch after the switch, at least; it ends with a passed check"})
      .field("keepOld",
             &CutOverPlan::keep_old,
             {.default_text = "10m",
              .min = "0s",
              .max = "30d",
              .help = "time after the bake in which the old pods are kept to go back to"})
      .field("interval",
             &CutOverPlan::interval,
             {.default_text = "1m",
              .min = "1s",
              .max = "24h",
              .help = "time between checks, and the window each looks back over"})
      .field("initialDelay",
             &CutOverPlan::initial_delay,
             {.default_text = "30s",
              .min = "0s",
              .max = "24h",
              .help = "after each change of traffic, before measuring begins"})
      .field("readyWithin",
             &CutOverPlan::ready_within,
             {.default_text = "5m",
              .min = "1s",
              .max = "24h",
              .help = "give up when pods are not available by then"})
      .field(
          "compareWith",
          &CutOverPlan::compare,
          kind::choice<bool>({{"stable", true}, {"none", false}}),
          {.default_text = "stable",
           .help = "stable: what the old version measured before the switch; none: fixed limits"})
      .include(&CutOverPlan::checks, check_table());
  return table;
}

CutOver::CutOver(Operator& op, std::string who, const CutOverPlan& plan)
    : op_(op), who_(std::move(who)), plan_(plan) {}

Task<bool> CutOver::measure_old() {
  if (!plan_.compare || !plan_.checks.built_in) co_return true;
  const int limit = plan_.checks.inconclusive_limit;
  for (int tries = 1; tries <= limit; ++tries) {
    const Measurement old = measure(op_.metrics(), Operator::of(op_.stable()), plan_.interval);
    if (enough(old, plan_.checks)) {
      old_ = old;
      co_return true;
    }
    op_.note("CheckInconclusive",
             "too few requests of the old version to compare with later (" + std::to_string(tries) +
                 " of " + std::to_string(limit) + "): " + say_count(old.errors.samples) + " in " +
                 say_duration(plan_.interval),
             {old.errors.against(std::nullopt)});
    co_await op_.sleep(plan_.interval);
  }
  co_return false;
}

Task<Verdict> CutOver::switch_to(DeploymentId next) {
  co_await op_.route_all_to(next);
  const Time switched = op_.now();
  co_await op_.sleep(plan_.initial_delay);

  CheckTally tally(plan_.checks);
  const auto look = [this, next] {
    return with_queries(
        check(plan_.checks, measure(op_.metrics(), Operator::of(next), plan_.interval), old_),
        op_,
        plan_.checks,
        next,
        plan_.interval);
  };
  WatchSettings bake{"weight 100 %", plan_.interval, add_saturating(switched, plan_.bake)};
  Watched seen = co_await watch(op_, std::move(bake), tally, look);
  if (seen.next != NextMove::proceed)
    co_return co_await stop_release(op_, who_, "weight 100 % -> 0 %", std::move(seen));

  op_.note("BakePassed",
           "the old version is kept for another " + say_duration(plan_.keep_old) + ": " +
               seen.last.message,
           seen.last.evidence);
  co_await op_.sleep(plan_.keep_old);
  co_await retire_old(op_, next, plan_.ready_within);
  co_return Verdict::promoted;
}

Task<bool> full_size(Operator& op, DeploymentId deployment, Duration limit) {
  op.scale(deployment, op.replicas());
  co_return co_await op.available(deployment, op.replicas(), limit);
}

Task<void> retire_old(Operator& op, DeploymentId next, Duration limit) {
  op.retire(op.stable());
  co_await op.settled(next, limit);
  co_await op.settled(op.stable(), limit);
}

}  // namespace coalmine
