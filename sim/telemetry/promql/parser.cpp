#include "sim/telemetry/promql/parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/telemetry/promql/parser_impl.h"
#include "sim/telemetry/promql/type_check.h"

namespace coalmine::promql {
namespace {

std::optional<BinaryOp> binary_op(Tok kind) {
  switch (kind) {
    case Tok::kw_or:
      return BinaryOp::set_or;
    case Tok::kw_and:
      return BinaryOp::set_and;
    case Tok::kw_unless:
      return BinaryOp::set_unless;
    case Tok::equals:
      return BinaryOp::equals;
    case Tok::not_equal:
      return BinaryOp::not_equal;
    case Tok::less:
      return BinaryOp::less;
    case Tok::less_equal:
      return BinaryOp::less_equal;
    case Tok::greater:
      return BinaryOp::greater;
    case Tok::greater_equal:
      return BinaryOp::greater_equal;
    case Tok::add:
      return BinaryOp::add;
    case Tok::sub:
      return BinaryOp::sub;
    case Tok::mul:
      return BinaryOp::mul;
    case Tok::div:
      return BinaryOp::div;
    case Tok::mod:
      return BinaryOp::mod;
    case Tok::kw_atan2:
      return BinaryOp::atan2;
    case Tok::pow:
      return BinaryOp::pow;
    default:
      return std::nullopt;
  }
}

bool is_metric_name_word(Tok kind) {
  switch (kind) {
    case Tok::identifier:
    case Tok::metric_identifier:
    case Tok::aggregator:
    case Tok::kw_and:
    case Tok::kw_or:
    case Tok::kw_unless:
    case Tok::kw_by:
    case Tok::kw_without:
    case Tok::kw_offset:
    case Tok::kw_start:
    case Tok::kw_end:
      return true;
    default:
      return false;
  }
}

AggregateOp aggregate_op(std::string_view word) {
  const std::string lower = lower_case(word);
  AggregateOp op = AggregateOp::sum;
  while (name_of(op) != lower) op = static_cast<AggregateOp>(static_cast<int>(op) + 1);
  return op;
}

bool has_parameter(AggregateOp op) {
  return op >= AggregateOp::topk;
}

ValueType type_of(const Binary& binary) {
  const bool scalars =
      binary.left->type == ValueType::scalar && binary.right->type == ValueType::scalar;
  return scalars ? ValueType::scalar : ValueType::vector;
}

}  // namespace

std::shared_ptr<const Node> parse_query(std::string_view text, PromDialect dialect) {
  if (text.size() > kMaxLength)
    throw error_at(text, kMaxLength, fmt::format("the query is longer than {} bytes", kMaxLength));
  Parser parser(text, dialect);
  NodePtr root = parser.query();
  check_types(*root, text, dialect);
  return root;
}

NodePtr Parser::query() {
  if (peek().kind == Tok::end) fail(0, "no expression found in input");
  NodePtr root = expression(1);
  if (peek().kind != Tok::end) unexpected();
  // The root last: its slot is the number of all others.
  return root;
}

const Token& Parser::peek() {
  if (!ahead_) ahead_ = lexer_.next();
  return *ahead_;
}

Token Parser::take() {
  const Token token = peek();
  ahead_.reset();
  return token;
}

bool Parser::take_if(Tok kind) {
  if (peek().kind != kind) return false;
  take();
  return true;
}

void Parser::fail(std::size_t offset, std::string message) const {
  throw error_at(text_, offset, std::move(message));
}

void Parser::unexpected(std::string_view context, std::string_view expected) {
  const Token& token = peek();
  if (context.empty() && open_aggregations_ > 0) context = "aggregation";
  std::string message = "unexpected " + describe(token);
  if (!context.empty()) message += " in " + std::string(context);
  if (!expected.empty()) message += ", expected " + std::string(expected);
  fail(token.begin, std::move(message));
}

NodePtr Parser::make(std::size_t begin, ValueType type, Node::Is is, std::uint32_t height_below) {
  if (height_below + 1 > kMaxDepth)
    fail(begin, fmt::format("expression is nested more than {} levels deep", kMaxDepth));
  auto node = std::make_unique<Node>();
  node->is = std::move(is);
  node->type = type;
  node->slot = slots_++;
  node->height = height_below + 1;
  node->begin = begin;
  return node;
}

Parser::Deeper::Deeper(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxDepth)
    parser_.fail(parser_.peek().begin,
                 fmt::format("expression is nested more than {} levels deep", kMaxDepth));
}

NodePtr Parser::expression(int least) {
  const Deeper deeper(*this);
  NodePtr left = unary();
  while (true) {
    const std::optional<BinaryOp> op = binary_op(peek().kind);
    if (!op || precedence(*op) < least) return left;
    Binary binary;
    binary.op = *op;
    binary.op_offset = take().begin;
    read_modifiers(binary);
    const int right_least = *op == BinaryOp::pow ? precedence(*op) : precedence(*op) + 1;
    binary.right = expression(right_least);
    binary.left = std::move(left);
    const std::size_t begin = binary.left->begin;
    const std::uint32_t height = std::max(binary.left->height, binary.right->height);
    const ValueType type = type_of(binary);
    left = make(begin, type, std::move(binary), height);
  }
}

void Parser::read_modifiers(Binary& binary) {
  binary.returns_bool = take_if(Tok::kw_bool);
  const Tok kind = peek().kind;
  if (kind != Tok::kw_on && kind != Tok::kw_ignoring) return;
  take();
  binary.matching.on = kind == Tok::kw_on;
  binary.matching.labels = grouping_labels();
  const Tok group = peek().kind;
  if (group != Tok::kw_group_left && group != Tok::kw_group_right) return;
  take();
  binary.matching.cardinality =
      group == Tok::kw_group_left ? Cardinality::many_to_one : Cardinality::one_to_many;
  if (peek().kind == Tok::left_paren || !begins_expression(peek().kind))
    binary.matching.copied = grouping_labels();
}

NodePtr Parser::unary() {
  const Token sign = peek();
  if (sign.kind != Tok::add && sign.kind != Tok::sub) return with_suffixes(primary());
  take();
  // Looser than ^ alone: -2^2 is -(2^2).
  NodePtr inner = expression(precedence(BinaryOp::pow));
  const bool negative = sign.kind == Tok::sub;
  if (auto* number = std::get_if<NumberLiteral>(&inner->is)) {
    if (negative) number->value = -number->value;
    inner->begin = sign.begin;
    return inner;
  }
  const std::uint32_t height = inner->height;
  const ValueType type = inner->type;
  return make(sign.begin, type, Unary{negative, std::move(inner)}, height);
}

NodePtr Parser::primary() {
  const Token token = peek();
  switch (token.kind) {
    case Tok::left_paren: {
      take();
      NodePtr inner = expression(1);
      if (!take_if(Tok::right_paren)) unexpected();
      const std::uint32_t height = inner->height;
      const ValueType type = inner->type;
      return make(token.begin, type, Paren{std::move(inner)}, height);
    }
    case Tok::number:
      return make(token.begin, ValueType::scalar, NumberLiteral{number(take())}, 0);
    case Tok::duration: {
      if (dialect_ == PromDialect::v2) unexpected();
      const double ms = static_cast<double>(duration(take(), ZeroDuration::refused).count());
      return make(token.begin, ValueType::scalar, NumberLiteral{ms / 1000}, 0);
    }
    case Tok::string:
      return make(token.begin, ValueType::string, StringLiteral{read_string(take().text).value}, 0);
    case Tok::left_brace:
      return selector({}, token.begin);
    case Tok::aggregator: {
      take();
      const Tok next = peek().kind;
      if (next == Tok::left_paren || next == Tok::kw_by || next == Tok::kw_without)
        return aggregation(token);
      return selector(token.text, token.begin);
    }
    default:
      break;
  }
  if (!is_metric_name_word(token.kind)) unexpected();
  take();
  if (token.kind == Tok::identifier && peek().kind == Tok::left_paren) return call(token);
  return selector(token.text, token.begin);
}

bool Parser::begins_expression(Tok kind) const {
  switch (kind) {
    case Tok::left_paren:
    case Tok::left_brace:
    case Tok::number:
    case Tok::string:
    case Tok::add:
    case Tok::sub:
      return true;
    case Tok::duration:
      return dialect_ != PromDialect::v2;
    default:
      return is_metric_name_word(kind);
  }
}

std::vector<NodePtr> Parser::arguments() {
  if (!take_if(Tok::left_paren)) unexpected();
  std::vector<NodePtr> arguments;
  if (take_if(Tok::right_paren)) return arguments;
  while (true) {
    arguments.push_back(expression(1));
    if (take_if(Tok::right_paren)) return arguments;
    if (peek().kind != Tok::comma) unexpected();
    const std::size_t comma = take().begin;
    if (!begins_expression(peek().kind))
      fail(comma, "trailing commas not allowed in function call args");
  }
}

NodePtr Parser::call(const Token& name) {
  Call call;
  call.arguments = arguments();
  call.function = find_function(name.text);
  if (call.function == nullptr) fail(name.begin, unknown_function(name.text));
  std::uint32_t height = 0;
  for (const NodePtr& argument : call.arguments) height = std::max(height, argument->height);
  const ValueType type = call.function->returns;
  return make(name.begin, type, std::move(call), height);
}

NodePtr Parser::aggregation(const Token& name) {
  ++open_aggregations_;
  Aggregation aggregation;
  aggregation.op = aggregate_op(name.text);
  bool grouped = read_grouping(aggregation);
  std::vector<NodePtr> read = arguments();
  --open_aggregations_;
  if (!grouped) grouped = read_grouping(aggregation);
  if (read.empty()) fail(name.begin, "no arguments for aggregate expression provided");
  const std::size_t wanted = has_parameter(aggregation.op) ? 2 : 1;
  if (read.size() != wanted)
    fail(name.begin,
         fmt::format(
             "wrong number of arguments for aggregate expression provided, expected {}, got {}",
             wanted,
             read.size()));
  std::uint32_t height = read.back()->height;
  aggregation.inner = std::move(read.back());
  if (wanted == 2) {
    aggregation.parameter = std::move(read.front());
    height = std::max(height, aggregation.parameter->height);
  }
  return make(name.begin, ValueType::vector, std::move(aggregation), height);
}

bool Parser::read_grouping(Aggregation& aggregation) {
  const Tok kind = peek().kind;
  if (kind != Tok::kw_by && kind != Tok::kw_without) return false;
  take();
  aggregation.without = kind == Tok::kw_without;
  aggregation.grouping = grouping_labels();
  return true;
}

}  // namespace coalmine::promql
