/// The words of PromQL, and how Prometheus names them in its messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coalmine::promql {

enum class Tok : std::uint8_t {
  end,
  number,
  duration,
  string,
  identifier,
  metric_identifier,  ///< a name with a colon in it
  // signs
  left_paren,
  right_paren,
  left_brace,
  right_brace,
  left_bracket,
  right_bracket,
  comma,
  colon,
  equal,  ///< `=`, of a matcher
  // operators
  at,
  regex,      ///< `=~`
  not_regex,  ///< `!~`
  not_equal,  ///< `!=`, of a matcher and of numbers
  add,
  sub,
  mul,
  div,
  mod,
  pow,
  equals,  ///< `==`
  less,
  less_equal,
  greater,
  greater_equal,
  // words, in any letter case
  kw_atan2,
  kw_and,
  kw_or,
  kw_unless,
  aggregator,
  kw_offset,
  kw_by,
  kw_without,
  kw_on,
  kw_ignoring,
  kw_group_left,
  kw_group_right,
  kw_bool,
  kw_start,
  kw_end,
};

struct Token {
  Tok kind = Tok::end;
  std::size_t begin = 0;  ///< offset in the query, in bytes
  std::size_t end = 0;
  std::string_view text;  ///< as written, quotes of a string among it
};

/// As in `unexpected identifier "foo"`.
std::string describe(const Token& token);

/// What a word outside braces is: a keyword, a number (`Inf`, `NaN`) or a name.
Tok kind_of_word(std::string_view word);

/// Lower case of ASCII letters.
std::string lower_case(std::string_view text);

}  // namespace coalmine::promql
