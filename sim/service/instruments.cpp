#include "sim/service/instruments.h"

#include "sim/kernel/assert.h"

namespace coalmine {

Instruments& Instruments::operator+=(const Instruments& other) {
  CM_ASSERT(buckets_ == other.buckets_);
  for (std::size_t o = 0; o < kOutcomes; ++o) {
    requests[o] += other.requests[o];
    latency_sum_ns[o] += other.latency_sum_ns[o];
  }
  for (std::size_t i = 0; i < observed_.size(); ++i) observed_[i] += other.observed_[i];
  busy_ns += other.busy_ns;
  users += other.users;
  conversions += other.conversions;
  return *this;
}

}  // namespace coalmine
