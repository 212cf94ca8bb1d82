/// The lexical grammar of PromQL: what one word looks like. How words make an expression stands in
/// parser.cpp, which looks one word ahead and never back, so that reading a query is linear in its
/// length whatever the query is.
#pragma once

#include <tao/pegtl.hpp>

namespace coalmine::promql::grammar {

using namespace tao::pegtl;  // NOLINT: rules are written in PEGTL's own words, and nothing else is
                             // here

struct comment : seq<one<'#'>, star<not_one<'\n'>>> {};
struct blanks : star<sor<one<' ', '\t', '\r', '\n'>, comment>> {};

struct letter : sor<alpha, one<'_'>> {};
struct letter_or_digit : sor<letter, digit> {};
/// Inside braces; outside them colons belong to names too.
struct label_word : seq<letter, star<letter_or_digit>> {};
struct word : seq<sor<letter, one<':'>>, star<sor<letter_or_digit, one<':'>>>> {};

// Digits may be missing ("0x", "1e"): such a number is read whole, and then refused.
struct hexadecimal : seq<one<'0'>, one<'x', 'X'>, star<xdigit>, opt<one<'.'>, star<xdigit>>> {};
struct decimal : seq<star<digit>,
                     opt<one<'.'>, star<digit>>,
                     opt<one<'e', 'E'>, opt<one<'+', '-'>>, star<digit>>> {};
struct digits_of_number : sor<hexadecimal, decimal> {};
struct number : seq<digits_of_number, not_at<letter_or_digit>> {};

// Any order and any number of units; duration.h knows better.
struct unit : seq<one<'s', 'm', 'h', 'd', 'w', 'y'>, opt<one<'s'>>> {};
struct units : plus<seq<plus<digit>, unit>> {};
struct duration : seq<units, not_at<letter_or_digit>> {};
struct begun_duration : seq<units, star<digit>> {};
struct start_of_number : sor<digit, seq<one<'.'>, digit>> {};

template <char Quote>
struct quoted : seq<one<Quote>,
                    star<sor<seq<one<'\\'>, not_one<'\n'>>, not_one<Quote, '\\', '\n'>>>,
                    one<Quote>> {};
struct raw_string : seq<one<'`'>, star<not_one<'`'>>, one<'`'>> {};
struct string_literal : sor<quoted<'"'>, quoted<'\''>, raw_string> {};

struct sign : sor<string<'=', '='>,
                  string<'!', '='>,
                  string<'<', '='>,
                  string<'>', '='>,
                  one<'=',
                      '<',
                      '>',
                      '+',
                      '-',
                      '*',
                      '/',
                      '%',
                      '^',
                      '@',
                      ',',
                      '(',
                      ')',
                      '{',
                      '[',
                      ']',
                      ':'>> {};
struct sign_in_braces
    : sor<string<'=', '~'>, string<'!', '~'>, string<'!', '='>, one<'=', ',', '}'>> {};

}  // namespace coalmine::promql::grammar
