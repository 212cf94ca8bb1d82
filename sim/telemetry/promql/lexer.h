/// Cuts a query into words, one at a time and on demand: what is wrong behind the place where the
/// parser gives up is nobody's business.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/telemetry/prom_dialect.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/promql/token.h"

namespace coalmine::promql {

/// The error with line and column of this offset.
ParseError error_at(std::string_view query, std::size_t offset, std::string message);

class Lexer {
 public:
  /// The query must stay where it is while tokens of it are used.
  Lexer(std::string_view query, PromDialect dialect) : query_(query), dialect_(dialect) {}

  /// The next word; `end` again and again after the last. Throws ParseError.
  Token next();

 private:
  Token word_outside();
  Token word_in_braces();
  Token word_in_brackets();
  Token number_or_duration();
  void refuse_bad_characters(std::string_view literal) const;
  Token string_literal();
  Token sign(std::size_t length);
  void count_brackets(const Token& token);
  Token end_of_input() const;
  Token token(Tok kind, std::size_t length);
  char front() const { return query_[at_]; }
  [[noreturn]] void fail(std::string message) const {
    throw error_at(query_, at_, std::move(message));
  }
  [[noreturn]] void fail_at_character(const char* what) const;

  std::string_view query_;
  PromDialect dialect_;
  std::size_t at_ = 0;
  int open_parens_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  bool range_read_ = false;  ///< in brackets: the first duration is behind us
  bool colon_read_ = false;
};

}  // namespace coalmine::promql
