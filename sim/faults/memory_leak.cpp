#include "sim/faults/memory_leak.h"

namespace coalmine {

Section<MemoryLeak> MemoryLeak::table() {
  Section<MemoryLeak> table(kKey, "Memory grows until the process is killed at its limit.");
  table
      .field("perRequest",
             &MemoryLeak::per_request,
             kind::bytes(),
             {.default_text = "0", .max = "1Ti", .help = "lost with each request"})
      .field("perSecond",
             &MemoryLeak::per_second,
             kind::bytes(),
             {.default_text = "0", .max = "1Ti", .help = "lost each second"})
      .field("base",
             &MemoryLeak::base,
             kind::bytes(),
             {.default_text = "0", .max = "1Pi", .help = "in use from the start"})
      .field("limit",
             &MemoryLeak::limit,
             kind::bytes(),
             {.above = "0",
              .max = "1Pi",
              .help = "where the process is killed; the manifest's memory limit by default"})
      .check([](const MemoryLeak&, const SectionView& view, Diagnostics& diagnostics) {
        if (!view.has("perRequest") && !view.has("perSecond"))
          diagnostics.error(view.node.at, "memoryLeak loses nothing: give perRequest or perSecond");
      });
  return table;
}

void MemoryLeak::install(FaultTarget& target) const {
  target.effects.leaks.push_back(
      {base, limit_at(target.memory_limit), per_request, per_second, target.window});
}

std::string MemoryLeak::objection(const FaultSite& site) const {
  const double most = limit_at(site.memory_limit);
  if (most <= 0) return "memoryLeak needs a limit: its own, or a memory limit in the manifest";
  if (base >= most) return "memoryLeak: base is not below the limit";
  return {};
}

std::string MemoryLeak::lacks(const FaultSite& site) const {
  const bool presses = base > LeakEffect::kPressureFrom * limit_at(site.memory_limit);
  if (per_request >= 1 || per_second >= 1 || presses) return {};
  return "at least a byte perRequest or perSecond (1m is a thousandth of one, 1Mi a mebibyte)";
}

}  // namespace coalmine
