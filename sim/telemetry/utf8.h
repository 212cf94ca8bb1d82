/// UTF-8 as Go reads it: the shortest form alone, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coalmine {

/// A character at the front of a text. `length` in bytes; 0: there is none that is valid.
struct Rune {
  std::size_t length = 0;
  std::uint32_t code = 0;
};

/// `text` must not be empty.
Rune rune_at_front(std::string_view text);

/// Where the first byte stands that belongs to no valid character; npos: nowhere.
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace coalmine
