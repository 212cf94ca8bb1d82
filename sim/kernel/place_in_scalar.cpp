#include "sim/kernel/place_in_scalar.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace coalmine {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Walks over what is not blank in a source.
class Cursor {
 public:
  Cursor(const SourceText& source, const Value& scalar)
      : source_(source),
        line_(static_cast<std::size_t>(scalar.at.line - 1)),
        column_(static_cast<std::size_t>(scalar.at.column - 1)) {
    if (line_ >= source_.lines.size()) return;
    const char first = here();
    if (!scalar.quoted) return;
    if (first == '|' || first == '>') {
      ++line_;
      column_ = 0;
    } else {
      quote_ = first;
      ++column_;
    }
  }

  /// Goes past the next character that is not blank, which must be `c`.
  bool pass(char c) {
    skip_blanks();
    if (at_end()) return false;
    if (quote_ == '"' && here() == '\\') ++column_;
    if (here() != c) return false;
    place_ = {line_, column_};
    column_ += quote_ == '\'' && c == '\'' ? 2 : 1;
    return true;
  }

  /// Of the character passed last.
  int line() const { return static_cast<int>(place_.line) + 1; }
  int column() const { return static_cast<int>(place_.column) + 1; }

 private:
  struct Place {
    std::size_t line = 0;
    std::size_t column = 0;
  };

  bool at_end() const { return line_ >= source_.lines.size(); }
  char here() const {
    const std::string& line = source_.lines[line_];
    return column_ < line.size() ? line[column_] : '\n';
  }
  bool at_escaped_blank() const {
    if (quote_ != '"' || here() != '\\') return false;
    const std::string& line = source_.lines[line_];
    return column_ + 1 == line.size() ||
           std::string_view("ntr ").find(line[column_ + 1]) != std::string_view::npos;
  }
  void skip_blanks() {
    while (!at_end()) {
      if (column_ >= source_.lines[line_].size()) {
        ++line_;
        column_ = 0;
      } else if (at_escaped_blank()) {
        column_ += 2;
      } else if (is_blank(here())) {
        ++column_;
      } else {
        return;
      }
    }
  }

  const SourceText& source_;
  std::size_t line_;
  std::size_t column_;
  char quote_ = 0;
  Place place_{};
};

}  // namespace

Position place_in_scalar(const Value& scalar, std::size_t offset) {
  if (!scalar.at.source || scalar.at.line < 1 || !scalar.is_scalar()) return scalar.at;
  Cursor cursor(*scalar.at.source, scalar);
  // Behind the end, or at a blank: what stands before it is shown.
  std::size_t last = std::min(offset, scalar.text.size());
  if (last == scalar.text.size() || is_blank(scalar.text[last])) {
    while (last > 0 && (last == scalar.text.size() || is_blank(scalar.text[last]))) --last;
  }
  bool passed = false;
  for (std::size_t i = 0; i <= last && i < scalar.text.size(); ++i) {
    if (is_blank(scalar.text[i])) continue;
    if (!cursor.pass(scalar.text[i])) return scalar.at;
    passed = true;
  }
  if (!passed) return scalar.at;
  return {scalar.at.source, cursor.line(), cursor.column(), 1};
}

}  // namespace coalmine
