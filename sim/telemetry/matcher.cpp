#include "sim/telemetry/matcher.h"

#include <re2/re2.h>

#include <utility>

#include "sim/telemetry/go_quote.h"

namespace coalmine {

std::shared_ptr<const re2::RE2> anchored_regex(std::string_view pattern, PromDialect dialect) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(dialect == PromDialect::v3);
  // The group keeps alternatives together; whole matches alone count.
  const std::string whole = "^(?:" + std::string(pattern) + ")$";
  auto regex = std::make_shared<const RE2>(whole, options);
  if (!regex->ok()) throw BadRegex(regex->error());
  return regex;
}

Matcher::Matcher(std::string name, MatchOp op, std::string value, PromDialect dialect)
    : name_(std::move(name)), op_(op), value_(std::move(value)) {
  if (op_ == MatchOp::regex || op_ == MatchOp::not_regex) regex_ = anchored_regex(value_, dialect);
}

bool Matcher::matches(std::string_view value) const {
  switch (op_) {
    case MatchOp::equal:
      return value == value_;
    case MatchOp::not_equal:
      return value != value_;
    case MatchOp::regex:
      return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
    case MatchOp::not_regex:
      return !RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  }
  return false;
}

std::string Matcher::text() const {
  static constexpr const char* kSigns[] = {"=", "!=", "=~", "!~"};
  return name_ + kSigns[static_cast<std::size_t>(op_)] + go_quote(value_);
}

}  // namespace coalmine
