/// One condition on a label, as in `{code=~"5.."}`. Regular expressions are RE2's and must match
/// the whole value, as in Prometheus; a label that is absent has the empty value.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/telemetry/labels.h"
#include "sim/telemetry/prom_dialect.h"

namespace re2 {
class RE2;
}

namespace coalmine {

enum class MatchOp : std::uint8_t { equal, not_equal, regex, not_regex };

/// The expression is not RE2's; what() says why.
class BadRegex : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Matcher {
 public:
  /// Throws BadRegex. From dialect v3 on `.` matches a line feed too.
  Matcher(std::string name, MatchOp op, std::string value, PromDialect dialect = PromDialect::v3);

  const std::string& name() const { return name_; }
  MatchOp op() const { return op_; }
  const std::string& value() const { return value_; }

  bool matches(std::string_view value) const;
  bool matches(const Labels& labels) const { return matches(labels.get(name_)); }
  /// `name=~"value"`
  std::string text() const;

 private:
  std::string name_;
  MatchOp op_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;  ///< of the two regex operators; copies share it
};

/// An anchored RE2 with the flags of the dialect; throws BadRegex.
std::shared_ptr<const re2::RE2> anchored_regex(std::string_view pattern, PromDialect dialect);

}  // namespace coalmine
