#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql/number.h"
#include "sim/telemetry/promql/parser_impl.h"
#include "sim/telemetry/promql/regex_text.h"

namespace coalmine::promql {
namespace {

std::optional<MatchOp> match_op(Tok kind) {
  switch (kind) {
    case Tok::equal:
      return MatchOp::equal;
    case Tok::not_equal:
      return MatchOp::not_equal;
    case Tok::regex:
      return MatchOp::regex;
    case Tok::not_regex:
      return MatchOp::not_regex;
    default:
      return std::nullopt;
  }
}

/// Any word but `without` and the numbers may be a label.
bool is_label_word(const Token& token) {
  if (token.kind == Tok::kw_without || token.kind == Tok::metric_identifier) return false;
  return token.kind == Tok::identifier || token.kind >= Tok::kw_atan2;
}

Displacement* displacement_of(Node& node) {
  if (auto* selector = std::get_if<VectorSelector>(&node.is)) return &selector->displacement;
  if (auto* matrix = std::get_if<MatrixSelector>(&node.is)) return &matrix->selector.displacement;
  if (auto* subquery = std::get_if<Subquery>(&node.is)) return &subquery->displacement;
  return nullptr;
}

/// 0x1f, 017 (octal, as in C) and whole numbers; none for all else.
std::optional<double> whole_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return static_cast<double>(value);
}

/// As Go's %f.
std::string six_decimals(double value) {
  return std::isfinite(value) ? fmt::format("{:f}", value) : decimal_text(value);
}

/// Too big rather than malformed: digits, with an exponent that has some.
bool is_decimal(std::string_view text) {
  const bool digits_last = text.back() >= '0' && text.back() <= '9';
  return digits_last && !text.starts_with("0x") && !text.starts_with("0X");
}

}  // namespace

double Parser::number(const Token& token) {
  if (const auto whole = whole_number(token.text)) return *whole;
  if (const auto value = parse_float(token.text)) return *value;
  fail(token.begin,
       fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}",
                   go_quote(token.text),
                   is_decimal(token.text) ? "value out of range" : "invalid syntax"));
}

Millis Parser::duration(const Token& token, ZeroDuration zero) {
  const ReadDuration read = parse_duration(token.text);
  if (!read.error.empty()) fail(token.begin, read.error);
  if (read.value == Millis(0) && zero == ZeroDuration::refused)
    fail(token.begin, "duration must be greater than 0");
  return read.value;
}

Millis Parser::duration_or_seconds(ZeroDuration zero,
                                   std::string_view context,
                                   std::string_view expected) {
  const Tok kind = peek().kind;
  if (kind == Tok::duration) return duration(take(), zero);
  if (kind != Tok::number || dialect_ == PromDialect::v2) unexpected(context, expected);
  const Token token = take();
  const double seconds = number(token);
  constexpr double kLongest = 9223372036;  // seconds, as many nanoseconds as 64 bits hold
  if (!(seconds >= 0 && seconds <= kLongest)) fail(token.begin, "duration out of range");
  const Millis read(std::llround(seconds * 1000));
  if (read == Millis(0) && zero == ZeroDuration::refused)
    fail(token.begin, "duration must be greater than 0");
  return read;
}

std::vector<std::string> Parser::grouping_labels() {
  static constexpr std::string_view kContext = "grouping opts";
  if (!take_if(Tok::left_paren)) unexpected(kContext, "\"(\"");
  std::vector<std::string> labels;
  if (take_if(Tok::right_paren)) return labels;
  while (true) {
    if (dialect_ == PromDialect::v3 && peek().kind == Tok::string)
      labels.push_back(read_string(take().text).value);
    else if (is_label_word(peek()))
      labels.emplace_back(take().text);
    else
      unexpected(kContext, "label");
    if (take_if(Tok::right_paren)) return labels;
    if (!take_if(Tok::comma)) unexpected(kContext, "\",\" or \")\"");
    if (take_if(Tok::right_paren)) return labels;
  }
}

NodePtr Parser::selector(std::string_view name, std::size_t begin) {
  VectorSelector selector;
  selector.name = name;
  selector.matchers = label_matchers(name);
  return make(begin, ValueType::vector, std::move(selector), 0);
}

std::vector<Matcher> Parser::label_matchers(std::string_view name) {
  static constexpr std::string_view kContext = "label matching";
  std::vector<Matcher> matchers;
  if (!name.empty())
    matchers.emplace_back(std::string(kMetricName), MatchOp::equal, std::string(name), dialect_);
  if (!take_if(Tok::left_brace)) return matchers;
  while (!take_if(Tok::right_brace)) {
    const Token label = peek();
    if (label.kind == Tok::string && dialect_ == PromDialect::v3) {
      take();
      std::string text = read_string(label.text).value;
      if (match_op(peek().kind))
        matchers.push_back(label_matcher(text, label.begin));
      else
        matchers.emplace_back(std::string(kMetricName), MatchOp::equal, std::move(text), dialect_);
    } else if (label.kind == Tok::identifier) {
      take();
      matchers.push_back(label_matcher(std::string(label.text), label.begin));
    } else {
      unexpected(kContext, "identifier or \"}\"");
    }
    if (take_if(Tok::right_brace)) break;
    if (!take_if(Tok::comma)) unexpected(kContext, "\",\" or \"}\"");
  }
  return matchers;
}

Matcher Parser::label_matcher(const std::string& label, std::size_t begin) {
  static constexpr std::string_view kContext = "label matching";
  const auto op = match_op(peek().kind);
  if (!op) unexpected(kContext, "label matching operator");
  take();
  if (peek().kind != Tok::string) unexpected(kContext, "string");
  const std::string value = read_string(take().text).value;
  try {
    return {label, *op, value, dialect_};
  } catch (const BadRegex& bad) {
    fail(begin, regex_message(bad.what()));
  }
}

NodePtr Parser::with_suffixes(NodePtr node) {
  while (true) {
    switch (peek().kind) {
      case Tok::left_bracket:
        node = with_brackets(std::move(node));
        break;
      case Tok::kw_offset:
        read_offset(*node);
        break;
      case Tok::at:
        read_at(*node);
        break;
      default:
        return node;
    }
  }
}

NodePtr Parser::with_brackets(NodePtr node) {
  const std::size_t bracket = take().begin;
  const Millis range = duration_or_seconds(ZeroDuration::refused, "subquery selector", "duration");
  const std::size_t begin = node->begin;
  const std::uint32_t height = node->height;
  if (take_if(Tok::colon)) {
    Subquery subquery;
    subquery.range = range;
    if (peek().kind != Tok::right_bracket)
      subquery.step =
          duration_or_seconds(ZeroDuration::refused, "subquery selector", "duration or \"]\"");
    if (!take_if(Tok::right_bracket)) unexpected("subquery selector", "\"]\"");
    subquery.inner = std::move(node);
    return make(begin, ValueType::matrix, std::move(subquery), height);
  }
  if (!take_if(Tok::right_bracket)) unexpected("subquery or range", "\":\" or \"]\"");
  auto* selector = std::get_if<VectorSelector>(&node->is);
  if (selector == nullptr) fail(bracket, "ranges only allowed for vector selectors");
  if (selector->displacement.offset != Millis(0))
    fail(bracket, "no offset modifiers allowed before range");
  if (selector->displacement.at != Displacement::At::none)
    fail(bracket, "no @ modifiers allowed before range");
  return make(begin, ValueType::matrix, MatrixSelector{std::move(*selector), range}, 0);
}

void Parser::read_offset(Node& node) {
  static constexpr std::string_view kContext = "offset";
  take();
  const bool negative = take_if(Tok::sub);
  const ZeroDuration zero =
      dialect_ == PromDialect::v2 ? ZeroDuration::refused : ZeroDuration::allowed;
  const Millis offset = duration_or_seconds(zero, kContext, "duration");
  Displacement* displacement = displacement_of(node);
  if (displacement == nullptr)
    fail(node.begin,
         "offset modifier must be preceded by an instant vector selector or range vector selector "
         "or a "
         "subquery");
  if (displacement->offset != Millis(0)) fail(node.begin, "offset may not be set multiple times");
  displacement->offset = negative ? -offset : offset;
}

void Parser::read_at(Node& node) {
  static constexpr std::string_view kContext = "@";
  static constexpr std::string_view kExpected = "timestamp";
  take();
  Displacement read;
  const Tok kind = peek().kind;
  if (kind == Tok::kw_start || kind == Tok::kw_end) {
    take();
    read.at = kind == Tok::kw_start ? Displacement::At::start : Displacement::At::end;
    if (!take_if(Tok::left_paren) || !take_if(Tok::right_paren)) unexpected(kContext, kExpected);
  } else {
    const bool negative = kind == Tok::sub;
    if (negative || kind == Tok::add) take();
    if (peek().kind != Tok::number) unexpected(kContext, kExpected);
    const double seconds = number(take()) * (negative ? -1 : 1);
    // A third of what 64 bits hold, so that ranges and offsets can be taken from it.
    constexpr double kFarthest = 3e15;
    if (!(std::abs(seconds) <= kFarthest))
      fail(node.begin, "timestamp out of bounds for @ modifier: " + six_decimals(seconds));
    read.at = Displacement::At::fixed;
    read.fixed = Timestamp(Millis(std::llround(seconds * 1000)));
  }
  Displacement* displacement = displacement_of(node);
  if (displacement == nullptr)
    fail(node.begin,
         "@ modifier must be preceded by an instant vector selector or range vector selector or a "
         "subquery");
  if (displacement->at != Displacement::At::none)
    fail(node.begin, "@ <timestamp> may not be set multiple times");
  read.offset = displacement->offset;
  *displacement = read;
}

}  // namespace coalmine::promql
