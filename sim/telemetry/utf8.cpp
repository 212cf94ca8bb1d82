#include "sim/telemetry/utf8.h"

namespace coalmine {

Rune rune_at_front(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  Rune rune;
  std::uint32_t least = 0;
  if (lead < 0x80) return {1, lead};
  if ((lead & 0xe0U) == 0xc0U) {
    rune = {2, lead & 0x1fU};
    least = 0x80;
  } else if ((lead & 0xf0U) == 0xe0U) {
    rune = {3, lead & 0x0fU};
    least = 0x800;
  } else if ((lead & 0xf8U) == 0xf0U) {
    rune = {4, lead & 0x07U};
    least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < rune.length) return {};
  for (std::size_t i = 1; i < rune.length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    rune.code = (rune.code << 6U) | (byte(i) & 0x3fU);
  }
  const bool surrogate = rune.code >= 0xd800 && rune.code <= 0xdfff;
  if (rune.code < least || rune.code > 0x10ffff || surrogate) return {};
  return rune;
}

std::size_t first_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = rune_at_front(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace coalmine
