#include "tests/telemetry/differential/expression_writer.h"

#include <fmt/format.h>

#include "sim/telemetry/go_quote.h"

namespace coalmine::promql {

std::string ExpressionWriter::keyword(std::string_view word) {
  std::string text(word);
  if (!dice_.chance(6)) return text;
  draws_.count("spelling KEYWORD");
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string ExpressionWriter::string(std::string_view value) {
  const bool plain = value.find_first_of("'\\\n\"`") == std::string_view::npos;
  if (dice_.chance(8) && value.find('`') == std::string_view::npos) {
    draws_.count("spelling `raw string`");
    return fmt::format("`{}`", value);
  }
  if (dice_.chance(8) && plain) {
    draws_.count("spelling 'string'");
    return fmt::format("'{}'", value);
  }
  return go_quote(value);
}

std::string ExpressionWriter::label_list(const std::vector<std::string>& labels) {
  std::string text = "(";
  for (const std::string& label : labels) {
    if (text.size() > 1) text += ", ";
    text += label;
  }
  if (!labels.empty() && dice_.chance(5)) text += ",";
  return text + ")";
}

std::string ExpressionWriter::gap() {
  if (dice_.chance(2)) {
    draws_.count("spelling # comment");
    return " # why not\n";
  }
  return dice_.chance(5) ? "\n\t" : dice_.chance(10) ? " " : "";
}

std::string ExpressionWriter::in_parens(const Expression& inner) {
  draws_.count("()");
  std::string text = "(" + gap();
  text += inner.text + gap();
  return text + ")";
}

std::string ExpressionWriter::operand(const Expression& inner, int level, bool left) {
  const bool from_the_right = level == 6;
  bool needs = inner.level < level || (inner.level == level && left == from_the_right);
  if (!left && inner.sign) needs = false;
  return needs || dice_.chance(8) ? in_parens(inner) : inner.text;
}

std::string ExpressionWriter::signed_operand(const Expression& inner) {
  return inner.level < 6 ? in_parens(inner) : inner.text;
}

std::string ExpressionWriter::subquery_base(const Expression& inner) {
  return inner.level < kWhole || dice_.chance(8) ? in_parens(inner) : inner.text;
}

}  // namespace coalmine::promql
