#include "sim/telemetry/go_quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sim/telemetry/utf8.h"

namespace coalmine {
namespace {

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
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  std::string quoted = "\"";
  if (plain) return quoted.append(text) + '"';
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
