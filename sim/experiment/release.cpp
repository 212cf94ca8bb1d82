#include "sim/experiment/release.h"

#include <algorithm>

namespace coalmine {
namespace {

Task<void> by_strategy(Operator& op, const Strategy& strategy, ReleaseProgress& progress) {
  const Verdict verdict = co_await strategy.roll_out(op);
  if (verdict != Verdict::held) progress.ending = {verdict, op.now()};
}

/// What the human sees who looks into a page: its query asked again. Where that is about several
/// things at once, what the page says.
Evidence evidence_now(const Page& page, const MetricReader& metrics) {
  const Reading now = metrics.query(page.evidence.query);
  return now.value ? now.against(page.evidence.limit) : page.evidence;
}

/// Ends when the human decides to step in.
Task<void> by_on_call(World& world, Operator& op, ReleaseProgress& progress) {
  const OnCallSettings& human = op.scenario().on_call;
  for (;;) {
    World* w = &world;
    co_await wait_until(world.simulation, *world.paged, [w] { return w->page->firing(); });
    if (!progress.responds_at) {
      const auto respond = sampler_of(human.respond);
      const Duration after = respond(draw_bits(world.key("on-call/respond"), 0));
      progress.responds_at = op.now() + after;
      world.events()({op.now(), "on-call", "Paged", "the page reaches the on-call human", {}});
    }
    co_await sleep_until(world.simulation, std::max(*progress.responds_at, op.now()));
    if (!op.decided_to_stop() && world.page->firing()) {
      op.decide_to_stop("on-call",
                        "the on-call human finds the release behind the page and rolls it back",
                        {evidence_now(*world.page->first_open(), op.metrics())});
      co_return;
    }
    // The page is over or somebody is at it: wait for the next one.
    progress.responds_at.reset();
    co_await sleep_for(world.simulation, op.scenario().telemetry.evaluation_interval);
  }
}

Task<void> by_all(
    World& world, Operator& op, const Strategy& strategy, bool on_call, ReleaseProgress& progress) {
  co_await sleep_until(world.simulation, kTimeZero + op.scenario().release.at);
  op.note("ReleaseStarted", "release of " + op.scenario().release.version + " begins");
  if (!on_call) {
    co_await by_strategy(op, strategy, progress);
    co_return;
  }
  const std::size_t first = co_await any_of(
      task_list(by_strategy(op, strategy, progress), by_on_call(world, op, progress)));
  if (first == 0) {
    if (!progress.ending || progress.ending->verdict != Verdict::promoted) co_return;
    co_await by_on_call(world, op, progress);
  }
  progress.ending.reset();  // what was promoted is not any more
  op.set_actor("on-call");
  const bool restored = co_await op.restore_stable();
  if (restored) progress.ending = {Verdict::rolled_back, op.now()};
}

}  // namespace

Task<void> play_release(
    World& world, Operator& op, const Strategy& strategy, bool on_call, ReleaseProgress& progress) {
  co_await by_all(world, op, strategy, on_call, progress);
  op.end_experiment();
  progress.over = true;
}

}  // namespace coalmine
