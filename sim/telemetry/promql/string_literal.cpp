#include "sim/telemetry/promql/string_literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace coalmine::promql {
namespace {

void append_utf8(std::string& text, std::uint32_t code) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto tail = [&](int shift) {
    add(0x80U | ((code >> static_cast<unsigned>(shift)) & 0x3fU));
  };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    add(0xe0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    add(0xf0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

/// The numeric escapes: how many digits, of which base, and the greatest number.
struct Escape {
  std::size_t digits;
  std::uint32_t base;
  std::uint32_t greatest;
  bool byte;  ///< one byte, not a code point
};

Escape escape_named(char c) {
  constexpr std::uint32_t kLastRune = 0x10ffff;
  if (c == 'x') return {2, 16, 255, true};
  if (c == 'u') return {4, 16, kLastRune, false};
  if (c == 'U') return {8, 16, kLastRune, false};
  return {3, 8, 255, true};
}

/// Reads the digits of a numeric escape from the front of `rest`; an error text or none.
/// `next` is what stands behind `rest`: the closing quote, if there is one.
std::string read_numeric(std::string_view& rest,
                         const Escape& escape,
                         std::string_view next,
                         std::string& value) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < escape.digits; ++i) {
    const std::string_view at = rest.empty() ? next : rest;
    if (at.empty()) return "escape sequence not terminated";
    const auto digit = static_cast<std::uint32_t>(digit_value(at.front()));
    if (digit >= escape.base)
      return "illegal character " + character_name(first_character(at)) + " in escape sequence";
    number = number * escape.base + digit;  // eight hexadecimal digits fit
    rest.remove_prefix(1);
  }
  const bool surrogate = number >= 0xd800 && number < 0xe000;
  if (number > escape.greatest || surrogate)
    return "escape sequence is an invalid Unicode code point";
  if (escape.byte)
    value += static_cast<char>(number);
  else
    append_utf8(value, number);
  return {};
}

}  // namespace

std::string_view first_character(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (text.size() < length) return text.substr(0, 1);
  const bool whole =
      std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), [](char c) {
        return (static_cast<std::uint8_t>(c) & 0xc0U) == 0x80U;
      });
  return text.substr(0, whole ? length : 1);
}

std::string character_name(std::string_view character) {
  std::uint32_t code = static_cast<std::uint8_t>(character.front());
  if (character.size() > 1) code &= 0xffU >> (character.size() + 1);
  for (const char c : character.substr(1))
    code = (code << 6U) | (static_cast<std::uint8_t>(c) & 0x3fU);
  return fmt::format("U+{:04X} '{}'", code, character);
}

ReadString read_string(std::string_view literal, bool closed) {
  const char quote = literal.front();
  std::string_view rest = literal.substr(1, literal.size() - (closed ? 2 : 1));
  ReadString read;
  if (quote == '`') {
    read.value = rest;
    return read;
  }
  static constexpr std::string_view kLetters = "abfnrtv\\";
  static constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\";
  while (!rest.empty()) {
    if (rest.front() != '\\') {
      read.value += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(1);
    const char c = rest.empty() ? '\0' : rest.front();
    if (rest.empty()) {
      read.error = "escape sequence not terminated";
    } else if (const std::size_t i = kLetters.find(c); i != std::string_view::npos || c == quote) {
      read.value += c == quote ? quote : kMeant[i];
      rest.remove_prefix(1);
    } else if (c == 'x' || c == 'u' || c == 'U' || (c >= '0' && c <= '7')) {
      if (c > '7') rest.remove_prefix(1);
      read.error = read_numeric(
          rest, escape_named(c), literal.substr(literal.size() - (closed ? 1 : 0)), read.value);
    } else {
      read.error = "unknown escape sequence " + character_name(first_character(rest));
    }
    if (!read.error.empty()) return read;
  }
  return read;
}

}  // namespace coalmine::promql
