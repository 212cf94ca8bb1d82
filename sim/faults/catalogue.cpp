#include "sim/faults/catalogue.h"

#include <utility>

#include "sim/faults/cold_cache.h"
#include "sim/faults/config_partial.h"
#include "sim/faults/conversion_loss.h"
#include "sim/faults/cpu_regression.h"
#include "sim/faults/crash_on_request.h"
#include "sim/faults/crash_on_start.h"
#include "sim/faults/dependency_down.h"
#include "sim/faults/dependency_slow.h"
#include "sim/faults/error_rate.h"
#include "sim/faults/incompatible_schema.h"
#include "sim/faults/latency.h"
#include "sim/faults/latency_tail.h"
#include "sim/faults/load_bug.h"
#include "sim/faults/memory_leak.h"
#include "sim/faults/metrics_late.h"
#include "sim/faults/metrics_lost.h"
#include "sim/faults/metrics_slow.h"
#include "sim/faults/readiness_lie.h"
#include "sim/faults/slow_start.h"

namespace coalmine {
namespace {

struct On {
  std::string service;
  std::string version;
  std::string segment;
};

Section<On> on_table() {
  Section<On> table("on", "What the fault acts on.");
  table.field("service", &On::service, {.help = "a service; the released one by default"})
      .field("version",
             &On::version,
             {.help = "one version of it; by default the new one for release faults, else all"})
      .field("segment", &On::segment, {.help = "requests of one segment of the users alone"});
  return table;
}

}  // namespace

std::string FaultType::refused(bool in_release) const {
  if (in_release ? place.in_release : place.elsewhere) return {};
  return key + " belongs below " + (in_release ? "faults: " : "release.faults: ") + place.why;
}

Section<FaultCommon> fault_common_table() {
  Section<FaultCommon> table("fault", "When and on what a fault acts.");
  table
      .field(
          "at",
          &FaultCommon::at,
          {.max = "30d", .help = "when it begins; release faults: from the version's first start"})
      .field("until", &FaultCommon::until, {.max = "30d", .help = "when it ends; never by default"})
      .field(
          "ramp",
          &FaultCommon::ramp,
          {.default_text = "0s", .max = "30d", .help = "rises linearly to full strength over this"})
      .field_with<On>("on",
                      kind::section(on_table()),
                      [](FaultCommon& common, On on) {
                        // A fault may have named its service itself: dependency.h.
                        if (!on.service.empty()) common.on_service = std::move(on.service);
                        common.on_version = std::move(on.version);
                        common.on_segment = std::move(on.segment);
                      },
                      {.help = "what it acts on"})
      .check([](const FaultCommon& common, const SectionView& view, Diagnostics& diagnostics) {
        if (common.until && *common.until <= common.at.value_or(Duration{}))
          diagnostics.error(view.position("until"), "until: the fault would end before it begins");
      });
  return table;
}

std::vector<FaultType> fault_catalogue() {
  return {fault_type<ErrorRate>(),
          fault_type<Latency>(),
          fault_type<LatencyTail>(),
          fault_type<CpuRegression>(),
          fault_type<CrashOnStart>(),
          fault_type<CrashOnRequest>(),
          fault_type<MemoryLeak>(),
          fault_type<LoadBug>(),
          fault_type<ConfigPartial>(),
          fault_type<ReadinessLie>(),
          fault_type<SlowStart>(),
          fault_type<ColdCache>(),
          fault_type<IncompatibleSchema>(),
          fault_type<ConversionLoss>(),
          fault_type<DependencyDown>(),
          fault_type<DependencySlow>(),
          fault_type<MetricsLost>(),
          fault_type<MetricsLate>(),
          fault_type<MetricsSlow>()};
}

}  // namespace coalmine
