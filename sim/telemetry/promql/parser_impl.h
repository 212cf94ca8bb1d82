/// The parser itself; parser.h is what others use. Expressions stand in parser.cpp, selectors with
/// all that may follow them in parser_selectors.cpp.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/functions.h"
#include "sim/telemetry/promql/lexer.h"
#include "sim/telemetry/promql/parser.h"
#include "sim/telemetry/promql/string_literal.h"

namespace coalmine::promql {

class Parser {
 public:
  Parser(std::string_view text, PromDialect dialect)
      : text_(text), dialect_(dialect), lexer_(text, dialect) {}

  NodePtr query();

 private:
  enum class ZeroDuration : bool { refused, allowed };

  /// Counts open calls of expression().
  class Deeper {
   public:
    explicit Deeper(Parser& parser);
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  /// Operators of at least this precedence.
  NodePtr expression(int least);
  NodePtr unary();
  NodePtr primary();
  bool begins_expression(Tok kind) const;
  NodePtr call(const Token& name);
  NodePtr aggregation(const Token& name);
  std::vector<NodePtr> arguments();
  bool read_grouping(Aggregation& aggregation);
  void read_modifiers(Binary& binary);
  std::vector<std::string> grouping_labels();

  NodePtr selector(std::string_view name, std::size_t begin);
  std::vector<Matcher> label_matchers(std::string_view name);
  Matcher label_matcher(const std::string& label, std::size_t begin);
  /// `[...]`, `offset` and `@`, as many as there are.
  NodePtr with_suffixes(NodePtr node);
  NodePtr with_brackets(NodePtr node);
  void read_offset(Node& node);
  void read_at(Node& node);

  double number(const Token& token);
  Millis duration(const Token& token, ZeroDuration zero);
  /// A duration, or where the dialect takes it a number of seconds.
  Millis duration_or_seconds(ZeroDuration zero,
                             std::string_view context,
                             std::string_view expected);

  const Token& peek();
  Token take();
  bool take_if(Tok kind);
  NodePtr make(std::size_t begin, ValueType type, Node::Is is, std::uint32_t height_below);
  [[noreturn]] void unexpected(std::string_view context = {}, std::string_view expected = {});
  [[noreturn]] void fail(std::size_t offset, std::string message) const;

  std::string_view text_;
  PromDialect dialect_;
  Lexer lexer_;
  std::optional<Token> ahead_;
  std::size_t depth_ = 0;
  int open_aggregations_ = 0;
  std::uint32_t slots_ = 0;
};

}  // namespace coalmine::promql
