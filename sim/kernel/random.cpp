#include "sim/kernel/random.h"

#include <Random123/philox.h>

#include "sim/kernel/fnv.h"

namespace coalmine {

namespace {

std::uint32_t low_word(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high_word(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

}  // namespace

RandomKey make_key(std::uint64_t seed, std::uint32_t replication, std::string_view purpose) {
  // Philox is a bijection of the counter for each key, so two purposes of a run get the same key
  // only if their hashes agree, and all inputs are mixed as strongly as its ten rounds do.
  const std::uint64_t hash = fnv1a(purpose);
  const r123::Philox4x32::ctr_type counter = {{low_word(hash), high_word(hash), replication, 0}};
  const r123::Philox4x32::key_type key = {{low_word(seed), high_word(seed)}};
  const auto block = r123::Philox4x32_R<10>()(counter, key);
  return RandomKey{std::uint64_t{block[1]} << 32 | block[0]};
}

Xoshiro256::Xoshiro256(RandomKey key) {
  // SplitMix64, as the generator's authors (Blackman, Vigna) advise: never the all-zero state.
  std::uint64_t state = key.value;
  for (auto& word : s_) {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    word = z ^ (z >> 31);
  }
}

}  // namespace coalmine
