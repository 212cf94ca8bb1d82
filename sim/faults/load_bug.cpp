#include "sim/faults/load_bug.h"

namespace coalmine {

Section<LoadBug> LoadBug::table() {
  Section<LoadBug> table(kKey, "Requests fail or are slow, but only in a pod under load.");
  table
      .field("aboveConcurrency",
             &LoadBug::above_concurrency,
             {.min = "1", .max = "10000", .help = "with more requests than this in service"})
      .field(
          "aboveRate",
          &LoadBug::above_rate,
          kind::rate(),
          {.above = "0/s", .max = "10000000/s", .help = "with more requests to the pod than this"})
      .field("p",
             &LoadBug::p,
             kind::ratio(),
             {.default_text = "0%",
              .min = "0",
              .max = "100%",
              .help = "share of requests that fail then"})
      .field(
          "factor",
          &LoadBug::factor,
          kind::number(),
          {.default_text = "1", .min = "0.01", .max = "1000", .help = "times the usual work then"})
      .check([](const LoadBug&, const SectionView& view, Diagnostics& diagnostics) {
        if (!view.has("aboveConcurrency") && !view.has("aboveRate"))
          diagnostics.error(view.node.at, "loadBug needs aboveConcurrency or aboveRate");
        else if (!view.has("p") && !view.has("factor"))
          diagnostics.error(view.node.at, "loadBug changes nothing: give p or factor");
      });
  return table;
}

void LoadBug::install(FaultTarget& target) const {
  target.effects.loads.push_back({static_cast<std::uint32_t>(above_concurrency),
                                  above_rate,
                                  p,
                                  factor,
                                  target.key("coin"),
                                  target.window});
}

std::string LoadBug::lacks(const FaultSite& site) const {
  if (p <= 0 && factor == 1) return "p above 0%, or a factor other than 1";
  if (above_rate > 0 || above_concurrency < site.workers) return {};
  return "an aboveConcurrency below pod.concurrency, " + std::to_string(site.workers);
}

}  // namespace coalmine
