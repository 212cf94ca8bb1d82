#include "strategies/blue_green/blue_green.h"

#include <string>

#include "strategies/watch.h"
#include "strategies/wording.h"

namespace coalmine {

Section<BlueGreenPlan> blue_green_table() {
  Section<BlueGreenPlan> table(
      "blueGreen", "Brings the new version up at full size, then moves all traffic at once.");
  table
      .field("previewFor",
             &BlueGreenPlan::preview_for,
             {.default_text = "0s",
              .min = "0s",
              .max = "30d",
              .help = "time the new pods stand ready without users before the switch"})
      .include(&BlueGreenPlan::cut_over, cut_over_table());
  return table;
}

Task<Verdict> BlueGreen::roll_out(Operator& op) const {
  const Duration ready_within = plan_.cut_over.ready_within;
  const std::string late = "pods were not available within " + say_duration(ready_within);
  const DeploymentId green = op.deploy_new(op.scenario().service.name + "-green", op.replicas());
  bool ready = co_await op.available(green, op.replicas(), ready_within);
  if (ready && plan_.preview_for > Duration::zero()) {
    co_await op.sleep(plan_.preview_for);
    ready = co_await op.available(green, op.replicas(), ready_within);  // still
  }
  if (!ready)
    co_return co_await stop_release(op, "blue-green", Verdict::aborted, "not switched: " + late);

  CutOver cut_over(op, "blue-green", plan_.cut_over);
  const bool measured = co_await cut_over.measure_old();
  if (!measured)
    co_return co_await stop_release(
        op, "blue-green", Verdict::aborted, "not switched: nothing to compare with");
  co_return co_await cut_over.switch_to(green);
}

}  // namespace coalmine
