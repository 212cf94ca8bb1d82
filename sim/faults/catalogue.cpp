#include "sim/faults/catalogue.h"

#include "sim/faults/crash_on_start.h"
#include "sim/faults/error_rate.h"
#include "sim/faults/latency.h"
#include "sim/faults/readiness_lie.h"

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
                        common.on_service = std::move(on.service);
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
          fault_type<CrashOnStart>(),
          fault_type<ReadinessLie>()};
}

}  // namespace coalmine
