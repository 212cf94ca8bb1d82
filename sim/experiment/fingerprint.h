/// A 64-bit hash of what a run recorded: changed by behaviour, never by an optimisation. Order
/// matters; doubles are hashed by their bits.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "sim/kernel/fnv.h"

namespace coalmine {

class Fingerprint {
 public:
  void add(std::uint64_t value) {
    hash_ ^= value + 0x9e3779b97f4a7c15ULL + (hash_ << 6) + (hash_ >> 2);
    hash_ *= 0xd6e8feb86659fd93ULL;
    hash_ ^= hash_ >> 32;
  }
  void add(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(std::string_view text) {
    add(fnv1a(text));
    add(std::uint64_t{text.size()});
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0x243f6a8885a308d3ULL;
};

}  // namespace coalmine
