#include "sim/experiment/cmrun/checksum.h"

#include <array>
#include <cstddef>

namespace coalmine::cmrun {
namespace {

constexpr std::uint32_t kReversedPolynomial = 0x82f63b78U;
constexpr std::size_t kStep = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kStep>;

/// [k][b]: what byte b does to the checksum when k further bytes follow it.
constexpr Tables kTables = [] {
  Tables t{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kReversedPolynomial : 0U);
    t[0][b] = crc;
  }
  for (std::size_t k = 1; k < kStep; ++k)
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8U) ^ t[0][t[k - 1][b] & 0xffU];
  return t;
}();

}  // namespace

void Checksum::add(std::string_view bytes) {
  std::uint32_t crc = state_;
  std::size_t i = 0;
  const auto byte = [&](std::size_t k) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k]));
  };
  for (; i + kStep <= bytes.size(); i += kStep) {
    const std::uint32_t first = crc ^ (byte(0) | byte(1) << 8U | byte(2) << 16U | byte(3) << 24U);
    crc = kTables[7][first & 0xffU] ^ kTables[6][first >> 8U & 0xffU] ^
          kTables[5][first >> 16U & 0xffU] ^ kTables[4][first >> 24U] ^ kTables[3][byte(4)] ^
          kTables[2][byte(5)] ^ kTables[1][byte(6)] ^ kTables[0][byte(7)];
  }
  for (; i < bytes.size(); ++i) crc = (crc >> 8U) ^ kTables[0][(crc ^ byte(0)) & 0xffU];
  state_ = crc;
}

}  // namespace coalmine::cmrun
