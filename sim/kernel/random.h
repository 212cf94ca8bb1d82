/// Addressed random numbers: a variate is a function of (seed, replication, purpose, id), never of
/// the order in which things happen. So request i has the same luck under every strategy (common
/// random numbers).
///
/// A `RandomKey` is made once per purpose from (seed, replication, purpose name) with Philox4x32-10
/// (Random123); a draw mixes key and id with a 64-bit finaliser (two multiplications, about 1 ns).
/// One uniform makes one variate through an inverse distribution function (distributions.h).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace coalmine {

/// The address of one stream of draws. Make it with make_key(); equal inputs give equal keys
/// everywhere.
struct RandomKey {
  std::uint64_t value = 0;
};

/// `purpose` is a path such as "traffic/arrivals", "request/demand", "fault/2/coin".
RandomKey make_key(std::uint64_t seed, std::uint32_t replication, std::string_view purpose);

/// 64 well-mixed bits for item `id` of the stream `key`.
constexpr std::uint64_t draw_bits(RandomKey key, std::uint64_t id) {
  std::uint64_t z = id * 0x9e3779b97f4a7c15ULL + key.value;
  z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93ULL;
  z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93ULL;
  return z ^ (z >> 32);
}

/// 64 bits to a uniform in the open interval (0, 1): 52 bits, centred in their cell. Exact (with 53
/// bits the largest would round to 1), so complemented bits give exactly 1 - u.
constexpr double to_uniform(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

/// The uniform in (0, 1) of item `id`.
constexpr double draw(RandomKey key, std::uint64_t id) {
  return to_uniform(draw_bits(key, id));
}

/// The id of a request made on behalf of another: `site` is the place of the call in the caller's
/// list, `repeat` the how-manieth call there, `attempt` 0 for the first try.
constexpr std::uint64_t child_id(std::uint64_t parent,
                                 std::uint32_t site,
                                 std::uint32_t repeat,
                                 std::uint32_t attempt) {
  const std::uint64_t place = (std::uint64_t{site} << 40) ^ (std::uint64_t{repeat} << 16) ^ attempt;
  return draw_bits(RandomKey{place * 0xff51afd7ed558ccdULL + 0x2545f4914f6cdd1dULL}, parent);
}

/// xoshiro256++ for the few sequences consumed in order (arrival gaps, cluster latencies): fast,
/// and a standard UniformRandomBitGenerator, so Boost.Random distributions accept it at set-up.
class Xoshiro256 {
 public:
  using result_type = std::uint64_t;
  explicit Xoshiro256(RandomKey key);
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() {
    const std::uint64_t result = rotl(s_[0] + s_[3], 23) + s_[0];
    const std::uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = rotl(s_[3], 45);
    return result;
  }
  double uniform() { return to_uniform((*this)()); }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) { return x << k | x >> (64 - k); }
  std::array<std::uint64_t, 4> s_{};
};

}  // namespace coalmine
