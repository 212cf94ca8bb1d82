#include "sim/telemetry/promql/lexer.h"

#include <algorithm>
#include <utility>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/grammar.h"
#include "sim/telemetry/promql/string_literal.h"
#include "sim/telemetry/utf8.h"

namespace coalmine::promql {
namespace {

/// How many bytes of the front of `text` a rule takes; 0 when it does not fit.
template <typename Rule>
std::size_t length_of(std::string_view text) {
  tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy> input(
      text.data(), text.data() + text.size(), "");
  return tao::pegtl::parse<Rule>(input) ? static_cast<std::size_t>(input.current() - text.data())
                                        : 0;
}

constexpr std::pair<std::string_view, Tok> kSigns[] = {
    {"(", Tok::left_paren},  {")", Tok::right_paren},  {"{", Tok::left_brace},
    {"}", Tok::right_brace}, {"[", Tok::left_bracket}, {"]", Tok::right_bracket},
    {",", Tok::comma},       {":", Tok::colon},        {"=", Tok::equal},
    {"@", Tok::at},          {"=~", Tok::regex},       {"!~", Tok::not_regex},
    {"!=", Tok::not_equal},  {"+", Tok::add},          {"-", Tok::sub},
    {"*", Tok::mul},         {"/", Tok::div},          {"%", Tok::mod},
    {"^", Tok::pow},         {"==", Tok::equals},      {"<", Tok::less},
    {"<=", Tok::less_equal}, {">", Tok::greater},      {">=", Tok::greater_equal},
};

/// A character as Go's %q writes it: 'x', '\''.
std::string quoted_character(std::string_view character) {
  // Nothing is no character either.
  if (first_invalid_utf8(character) != std::string_view::npos || character.empty())
    return "'\xef\xbf\xbd'";
  if (character == "'") return "'\\''";
  if (character == "\"") return "'\"'";
  const std::string text = go_quote(character);
  return "'" + text.substr(1, text.size() - 2) + "'";
}

}  // namespace

ParseError error_at(std::string_view query, std::size_t offset, std::string message) {
  const TextPlace place = place_in_query(query, offset);
  return {place.line, place.column, offset, std::move(message)};
}

Token Lexer::next() {
  const bool before_range = in_brackets_ && !range_read_;
  at_ += before_range ? length_of<grammar::Spaces>(query_.substr(at_))
                      : length_of<grammar::Blanks>(query_.substr(at_));
  if (at_ == query_.size() && !before_range) return end_of_input();
  if (in_braces_) return word_in_braces();
  return in_brackets_ ? word_in_brackets() : word_outside();
}

Token Lexer::end_of_input() const {
  if (in_braces_) fail("unexpected end of input inside braces");
  if (open_parens_ > 0) fail("unclosed left parenthesis");
  if (in_brackets_) fail("unclosed left bracket");
  return {Tok::end, at_, at_, {}};
}

Token Lexer::token(Tok kind, std::size_t length) {
  const Token token{kind, at_, at_ + length, query_.substr(at_, length)};
  at_ += length;
  return token;
}

void Lexer::fail_at_character(const char* what) const {
  fail(what + quoted_character(first_character(query_.substr(at_))));
}

Token Lexer::sign(std::size_t length) {
  const std::string_view text = query_.substr(at_, length);
  const auto* const found = std::find_if(
      std::begin(kSigns), std::end(kSigns), [text](const auto& s) { return s.first == text; });
  const Token read = token(found->second, length);
  count_brackets(read);
  return read;
}

void Lexer::count_brackets(const Token& token) {
  switch (token.kind) {
    case Tok::left_paren:
      ++open_parens_;
      break;
    case Tok::right_paren:
      // One character further on than one would think, as in Prometheus.
      if (--open_parens_ < 0) fail("unexpected right parenthesis ')'");
      break;
    case Tok::left_brace:
      in_braces_ = true;
      break;
    case Tok::right_brace:
      in_braces_ = false;
      break;
    case Tok::left_bracket:
      in_brackets_ = true;
      range_read_ = false;
      colon_read_ = false;
      break;
    case Tok::right_bracket:
      in_brackets_ = false;
      break;
    default:
      break;
  }
}

Token Lexer::word_outside() {
  const std::string_view rest = query_.substr(at_);
  if (length_of<grammar::Letter>(rest) > 0 || front() == ':') {
    const std::size_t length = length_of<grammar::Word>(rest);
    return token(kind_of_word(rest.substr(0, length)), length);
  }
  if (length_of<grammar::StartOfNumber>(rest) > 0) return number_or_duration();
  if (front() == '"' || front() == '\'' || front() == '`') return string_literal();
  if (front() == ']' && !in_brackets_) fail("unexpected right bracket ']'");
  const std::string_view second =
      rest.size() > 1 ? first_character(rest.substr(1)) : std::string_view();
  if (front() == '=' && second == "~") fail("unexpected character after '=': '~'");
  if (front() == '!' && second != "=")
    fail("unexpected character after '!': " + quoted_character(second));
  const std::size_t length = length_of<grammar::Sign>(rest);
  if (length == 0) fail_at_character("unexpected character: ");
  return sign(length);
}

Token Lexer::word_in_braces() {
  const std::string_view rest = query_.substr(at_);
  if (const std::size_t length = length_of<grammar::LabelWord>(rest))
    return token(Tok::identifier, length);
  if (front() == '"' || front() == '\'' || front() == '`') return string_literal();
  if (front() == '{') fail("unexpected left brace '{'");
  const std::size_t length = length_of<grammar::SignInBraces>(rest);
  if (length > 0) return sign(length);
  if (front() == '!') {
    const std::string_view second =
        rest.size() > 1 ? first_character(rest.substr(1)) : std::string_view();
    fail("unexpected character after '!' inside braces: " + quoted_character(second));
  }
  fail_at_character("unexpected character inside braces: ");
}

Token Lexer::word_in_brackets() {
  const std::string_view rest = query_.substr(at_);
  if (!range_read_) {
    range_read_ = true;
    if (const std::size_t length = length_of<grammar::Duration>(rest))
      return token(Tok::duration, length);
    const std::size_t digits = length_of<grammar::DigitsOfNumber>(rest);
    if (length_of<grammar::LetterOrDigit>(rest.substr(digits)) > 0)
      fail("bad duration syntax: " +
           go_quote(rest.substr(0, length_of<grammar::BegunDuration>(rest))));
    if (digits == 0 || dialect_ == PromDialect::v2) fail("missing unit character in duration");
    return token(Tok::number, digits);
  }
  if (front() == '[') fail("unexpected left bracket '['");
  const bool letter = length_of<grammar::Letter>(rest) > 0;
  if (letter && dialect_ == PromDialect::v3) fail_at_character("unexpected character: ");
  if (letter || front() == ':') {
    if (colon_read_) fail_at_character("unexpected colon ");
    colon_read_ = true;
    return token(Tok::colon, 1);  // before version 3 any letter was as good as a colon
  }
  return word_outside();
}

Token Lexer::number_or_duration() {
  const std::string_view rest = query_.substr(at_);
  if (const std::size_t length = length_of<grammar::Number>(rest))
    return token(Tok::number, length);
  if (const std::size_t length = length_of<grammar::Duration>(rest))
    return token(Tok::duration, length);
  fail("bad number or duration syntax: " +
       go_quote(rest.substr(0, length_of<grammar::BegunDuration>(rest))));
}

/// The replacement character is none either: Go cannot tell it from what it replaces.
void Lexer::refuse_bad_characters(std::string_view literal) const {
  const std::size_t bad = std::min(first_invalid_utf8(literal), literal.find("\xef\xbf\xbd"));
  if (bad == std::string_view::npos) return;
  const ReadString before = read_string(literal.substr(0, bad), false);
  fail(before.error.empty() ? "invalid UTF-8 rune" : before.error);
}

Token Lexer::string_literal() {
  const std::string_view rest = query_.substr(at_);
  const std::size_t length = length_of<grammar::StringLiteral>(rest);
  const std::size_t end = front() == '`' ? rest.size() : rest.find('\n');
  refuse_bad_characters(rest.substr(0, length == 0 ? end : length));
  if (length == 0) {
    if (front() == '`') fail("unterminated raw string");
    // A wrong escape in front of the missing quote is the first thing to say.
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const ReadString read = read_string(line, false);
    fail(read.error.empty() ? "unterminated quoted string" : read.error);
  }
  const ReadString read = read_string(rest.substr(0, length));
  if (!read.error.empty()) fail(read.error);
  return token(Tok::string, length);
}

}  // namespace coalmine::promql
