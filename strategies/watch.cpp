#include "strategies/watch.h"

#include <utility>

namespace coalmine {
namespace {

std::string count_of(int count, int limit) {
  return " (" + std::to_string(count) + " of " + std::to_string(limit) + "): ";
}

/// The line of the timeline for a check after which everything stays as it is.
void tell(Operator& op,
          const std::string& what,
          const CheckResult& check,
          const CheckTally& tally) {
  switch (check.outcome) {
    case CheckOutcome::passed:
      op.note("CheckPassed", what + ": " + check.message, check.evidence);
      return;
    case CheckOutcome::failed:
      op.note("CheckFailed",
              what + " held, failed check" + count_of(tally.failures(), tally.failure_limit()) +
                  check.message,
              check.evidence);
      return;
    case CheckOutcome::inconclusive:
      op.note("CheckInconclusive",
              what + " held, inconclusive check" +
                  count_of(tally.inconclusive(), tally.inconclusive_limit()) + check.message,
              check.evidence);
      return;
  }
}

}  // namespace

Task<Watched> watch(Operator& op,
                    WatchSettings settings,
                    CheckTally& tally,
                    std::function<CheckResult()> look) {
  for (;;) {
    co_await op.sleep(settings.interval);
    CheckResult check = look();
    const NextMove next = tally.after(check.outcome);
    const bool over = next == NextMove::proceed && op.now() >= settings.not_before;
    if (!over) tell(op, settings.what, check, tally);
    if (over || next == NextMove::roll_back || next == NextMove::give_up)
      co_return Watched{next, std::move(check)};
  }
}

Task<Verdict> stop_release(Operator& op,
                           std::string who,
                           Verdict verdict,
                           std::string why,
                           std::vector<Evidence> evidence) {
  op.decide_to_stop(std::move(who), std::move(why), std::move(evidence));
  const bool restored = co_await op.restore_stable();
  co_return restored ? verdict : Verdict::held;
}

Task<Verdict> stop_release(Operator& op, std::string who, std::string where, Watched seen) {
  const bool bad = seen.next == NextMove::roll_back;
  std::string why = std::move(where) + (bad ? ": " : ": not enough data to judge: ");
  why += seen.last.message;
  return stop_release(op,
                      std::move(who),
                      bad ? Verdict::rolled_back : Verdict::aborted,
                      std::move(why),
                      std::move(seen.last.evidence));
}

}  // namespace coalmine
