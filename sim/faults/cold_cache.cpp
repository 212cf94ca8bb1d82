#include "sim/faults/cold_cache.h"

namespace coalmine {

Section<ColdCache> ColdCache::table() {
  Section<ColdCache> table(kKey, "Each process starts with an empty cache, and misses cost time.");
  table
      .field("hitRatio",
             &ColdCache::hit_ratio,
             kind::ratio(),
             {.default_text = "90%", .min = "0", .max = "100%", .help = "of a warm cache"})
      .field("keys",
             &ColdCache::keys,
             kind::number(),
             {.default_text = "1000",
              .min = "1",
              .max = "1000000000",
              .help = "requests in which a cold one fills to 63 %"})
      .field(
          "miss",
          &ColdCache::miss,
          {.max = "1h", .help = "how much longer a request without a hit takes", .required = true});
  return table;
}

void ColdCache::install(FaultTarget& target) const {
  target.effects.cold_caches.push_back({hit_ratio, keys, miss, target.key("coin"), target.window});
}

std::string ColdCache::lacks(const FaultSite& /*site*/) const {
  return miss > Duration{} ? "" : "a miss above 0s";
}

}  // namespace coalmine
