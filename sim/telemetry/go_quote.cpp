#include "sim/telemetry/go_quote.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace coalmine {
namespace {

/// Length in bytes of the UTF-8 character at the front of `text` and its code point; length 0 when
/// there is none.
struct Rune {
  std::size_t length = 0;
  std::uint32_t code = 0;
};

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

/// Go's unicode.IsPrint knows the whole of Unicode; the characters below are those outside it that
/// do turn up: C1 controls, no-break and other spaces, joiners, the byte order mark, separators.
bool is_printable(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0xad) return false;
  if (code >= 0x2000 && code <= 0x200f) return false;
  if (code >= 0x2028 && code <= 0x202f) return false;
  if (code >= 0x205f && code <= 0x206f) return false;
  if (code >= 0xe000 && code <= 0xf8ff) return false;
  return code != 0x3000 && code != 0xfeff && (code & 0xfffeU) != 0xfffeU;
}

}  // namespace

std::string go_quote(std::string_view text) {
  static constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string quoted = "\"";
  while (!text.empty()) {
    const Rune rune = rune_at_front(text);
    const std::size_t escape = kEscaped.find(text.front());
    if (rune.length == 0) {
      quoted += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text.front()));
    } else if (escape != std::string_view::npos) {
      quoted += '\\';
      quoted += kLetters[escape];
    } else if (is_printable(rune.code)) {
      quoted += text.substr(0, rune.length);
    } else if (rune.code < 0x20 || rune.code == 0x7f) {
      quoted += fmt::format("\\x{:02x}", rune.code);
    } else {
      quoted += rune.code < 0x10000 ? fmt::format("\\u{:04x}", rune.code)
                                    : fmt::format("\\U{:08x}", rune.code);
    }
    text.remove_prefix(rune.length == 0 ? 1 : rune.length);
  }
  return quoted + '"';
}

}  // namespace coalmine
