#include "sim/traffic/routing.h"

#include "sim/kernel/assert.h"

namespace coalmine {

BackendId pick_backend(const RouteRule& rule, std::uint64_t bits) {
  if (rule.backends.size() == 1) return rule.backends.front().backend;
  std::uint64_t total = 0;
  for (const auto& b : rule.backends) total += b.weight;
  CM_ASSERT(total > 0);
  std::uint64_t point = ((bits >> 32) * total) >> 32;
  for (const auto& b : rule.backends) {
    if (point < b.weight) return b.backend;
    point -= b.weight;
  }
  CM_ASSERT(false);
  return {};
}

}  // namespace coalmine
