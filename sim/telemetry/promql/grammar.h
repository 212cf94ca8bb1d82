/// The lexical grammar of PromQL: what one word looks like. How words make an expression stands in
/// parser.cpp, which looks one word ahead and never back, so that reading a query is linear in its
/// length whatever the query is.
#pragma once

#include <tao/pegtl.hpp>

namespace coalmine::promql::grammar {

namespace peg = tao::pegtl;

struct Spaces : peg::star<peg::one<' ', '\t', '\r', '\n'>> {};
struct Comment : peg::seq<peg::one<'#'>, peg::star<peg::not_one<'\n'>>> {};
struct Blanks : peg::star<peg::sor<peg::one<' ', '\t', '\r', '\n'>, Comment>> {};

struct Letter : peg::sor<peg::alpha, peg::one<'_'>> {};
struct LetterOrDigit : peg::sor<Letter, peg::digit> {};
/// Inside braces; outside them colons belong to names too.
struct LabelWord : peg::seq<Letter, peg::star<LetterOrDigit>> {};
struct Word
    : peg::seq<peg::sor<Letter, peg::one<':'>>, peg::star<peg::sor<LetterOrDigit, peg::one<':'>>>> {
};

// Digits may be missing ("0x", "1e"): such a number is read whole, and then refused.
struct Hexadecimal : peg::seq<peg::one<'0'>,
                              peg::one<'x', 'X'>,
                              peg::star<peg::xdigit>,
                              peg::opt<peg::one<'.'>, peg::star<peg::xdigit>>> {};
struct Decimal
    : peg::seq<peg::star<peg::digit>,
               peg::opt<peg::one<'.'>, peg::star<peg::digit>>,
               peg::opt<peg::one<'e', 'E'>, peg::opt<peg::one<'+', '-'>>, peg::star<peg::digit>>> {
};
struct DigitsOfNumber : peg::sor<Hexadecimal, Decimal> {};
struct Number : peg::seq<DigitsOfNumber, peg::not_at<LetterOrDigit>> {};

// Any order and any number of units, and the first count may be any number or none; duration.h
// knows better.
struct FirstUnit : peg::seq<peg::one<'s', 'm', 'h', 'd', 'w', 'y'>, peg::opt<peg::one<'s'>>> {};
struct LaterUnit : peg::seq<peg::one<'s', 'm', 'h', 'd', 'w'>, peg::opt<peg::one<'s'>>> {};
struct LaterUnits : peg::star<peg::seq<peg::plus<peg::digit>, LaterUnit>> {};
struct Duration : peg::seq<DigitsOfNumber, FirstUnit, LaterUnits, peg::not_at<LetterOrDigit>> {};
/// As much of what is no duration as must be read to see that.
struct BegunDuration
    : peg::seq<DigitsOfNumber,
               peg::opt<FirstUnit, LaterUnits, peg::opt<peg::sor<peg::plus<peg::digit>, Letter>>>> {
};
struct StartOfNumber : peg::sor<peg::digit, peg::seq<peg::one<'.'>, peg::digit>> {};

template <char Quote>
struct Quoted : peg::seq<peg::one<Quote>,
                         peg::star<peg::sor<peg::seq<peg::one<'\\'>, peg::not_one<'\n'>>,
                                            peg::not_one<Quote, '\\', '\n'>>>,
                         peg::one<Quote>> {};
struct RawString : peg::seq<peg::one<'`'>, peg::star<peg::not_one<'`'>>, peg::one<'`'>> {};
struct StringLiteral : peg::sor<Quoted<'"'>, Quoted<'\''>, RawString> {};

struct LongSign : peg::sor<peg::string<'=', '='>,
                           peg::string<'!', '='>,
                           peg::string<'<', '='>,
                           peg::string<'>', '='>> {};
// clang-format off: one character a line otherwise
struct ShortSign
    : peg::
          one<'=', '<', '>', '+', '-', '*', '/', '%', '^', '@', ',', ':', '(', ')', '{', '[', ']'> {
};
// clang-format on
struct Sign : peg::sor<LongSign, ShortSign> {};
struct SignInBraces : peg::sor<peg::string<'=', '~'>,
                               peg::string<'!', '~'>,
                               peg::string<'!', '='>,
                               peg::one<'=', ',', '}'>> {};

}  // namespace coalmine::promql::grammar
