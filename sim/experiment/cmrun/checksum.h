/// CRC-32C (Castagnoli): polynomial 0x1EDC6F41, bits reversed, start and final xor all ones; of
/// "123456789" it is E3069283. Finds every change of up to 32 bits in a row. Source: RFC 3720
/// section 12.1; eight bytes a step as in Kounavis and Berry, "A systematic approach to building
/// high performance software-based CRC generators" (2005).
#pragma once

#include <cstdint>
#include <string_view>

namespace coalmine::cmrun {

class Checksum {
 public:
  void add(std::string_view bytes);
  std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xffffffffU;
};

inline std::uint32_t checksum_of(std::string_view bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.value();
}

}  // namespace coalmine::cmrun
