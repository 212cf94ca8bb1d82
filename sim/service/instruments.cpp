#include "sim/service/instruments.h"

#include <functional>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

void combine(auto& mine, const auto& theirs, auto with) {
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = with(mine[i], theirs[i]);
}

}  // namespace

Instruments& Instruments::combined(const Instruments& other, auto with) {
  CM_ASSERT(buckets_ == other.buckets_);
  combine(requests, other.requests, with);
  combine(latency_sum_ns, other.latency_sum_ns, with);
  combine(observed_, other.observed_, with);
  busy_ns = with(busy_ns, other.busy_ns);
  users = with(users, other.users);
  conversions = with(conversions, other.conversions);
  return *this;
}

Instruments& Instruments::operator+=(const Instruments& other) {
  return combined(other, std::plus<>{});
}

Instruments& Instruments::operator-=(const Instruments& other) {
  return combined(other, std::minus<>{});
}

}  // namespace coalmine
