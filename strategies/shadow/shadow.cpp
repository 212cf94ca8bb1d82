#include "strategies/shadow/shadow.h"

#include <optional>
#include <string>
#include <utility>

#include "strategies/query_checks.h"
#include "strategies/sizing.h"
#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {
namespace {

/// Checks of both arms at their pods until mirroring is over.
Task<Watched> watch_copies(Operator& op, DeploymentId shadow, const ShadowPlan& plan) {
  const CutOverPlan& how = plan.cut_over;
  const Time mirrored = op.now();
  co_await op.sleep(how.initial_delay);

  CheckTally tally(how.checks);
  const auto look = [&] {
    const auto at_pods = [&](DeploymentId arm) {
      return measure(op.metrics(), Operator::of(arm, Vantage::pod), how.interval);
    };
    return with_queries(check(how.checks,
                              at_pods(shadow),
                              how.compare ? std::optional(at_pods(op.stable())) : std::nullopt),
                        op,
                        how.checks,
                        shadow,
                        how.interval);
  };
  WatchSettings settings{"mirror " + say_percent(plan.mirror),
                         how.interval,
                         add_saturating(mirrored, plan.mirror_for)};
  co_return co_await watch(op, std::move(settings), tally, look);
}

}  // namespace

Section<ShadowPlan> shadow_table() {
  Section<ShadowPlan> table(
      "shadow", "Tries the new version on copies of the requests, then moves all traffic at once.");
  table
      .field("mirror",
             &ShadowPlan::mirror,
             kind::ratio(),
             {.default_text = "100%",
              .above = "0%",
              .max = "100%",
              .help = "share of the requests that are copied to the new version"})
      .field("for",
             &ShadowPlan::mirror_for,
             {.default_text = "10m",
              .min = "0s",
              .max = "30d",
              .help = "time of mirroring, at least; it ends with a passed check"})
      .include(&ShadowPlan::cut_over, cut_over_table());
  return table;
}

Task<Verdict> Shadow::roll_out(Operator& op) const {
  const Duration ready_within = plan_.cut_over.ready_within;
  const std::string late = "pods were not available within " + say_duration(ready_within);
  const std::string mirror = "mirror " + say_percent(plan_.mirror);
  const int pods = pods_for(plan_.mirror, op.replicas());
  const DeploymentId shadow = op.deploy_new(op.scenario().service.name + "-shadow", pods);
  const bool ready = co_await op.available(shadow, pods, ready_within);
  if (!ready)
    co_return co_await stop_release(op, "shadow", Verdict::aborted, "not mirrored: " + late);

  CutOver cut_over(op, "shadow", plan_.cut_over);
  const bool measured = co_await cut_over.measure_old();  // before copies load what it calls
  if (!measured)
    co_return co_await stop_release(
        op, "shadow", Verdict::aborted, "not mirrored: nothing to compare with");

  co_await op.mirror(op.stable(), shadow, plan_.mirror);
  Watched seen = co_await watch_copies(op, shadow, plan_);
  if (seen.next != NextMove::proceed)
    co_return co_await stop_release(op, "shadow", mirror + " -> 0 %", std::move(seen));
  op.note("MirrorPassed", mirror + ": " + seen.last.message, seen.last.evidence);

  const bool sized = co_await full_size(op, shadow, ready_within);
  if (!sized)
    co_return co_await stop_release(op, "shadow", Verdict::aborted, "not switched: " + late);
  co_return co_await cut_over.switch_to(shadow);
}

}  // namespace coalmine
