#include "sim/telemetry/rules/template_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sim/telemetry/promql/string_literal.h"

namespace coalmine::rules {
namespace {

/// An action nested deeper, or with more pipes, is kept as it is: whoever walks it may recurse.
constexpr int kDeepest = 50;

constexpr std::array<std::string_view, 3> kTextFunctions{"toUpper", "toLower", "title"};

/// Functions and keywords that Prometheus loads and we do not play.
constexpr std::array<std::string_view, 50> kNotSpoken{"if",
                                                      "else",
                                                      "end",
                                                      "range",
                                                      "with",
                                                      "define",
                                                      "template",
                                                      "block",
                                                      "break",
                                                      "continue",
                                                      "nil",
                                                      "query",
                                                      "first",
                                                      "label",
                                                      "value",
                                                      "sortByLabel",
                                                      "strvalue",
                                                      "args",
                                                      "match",
                                                      "safeHtml",
                                                      "reReplaceAll",
                                                      "graphLink",
                                                      "tableLink",
                                                      "stripPort",
                                                      "stripDomain",
                                                      "toTime",
                                                      "pathPrefix",
                                                      "externalURL",
                                                      "parseDuration",
                                                      "toDuration",
                                                      "tmpl",
                                                      "now",
                                                      "urlQueryEscape",
                                                      "and",
                                                      "or",
                                                      "not",
                                                      "len",
                                                      "index",
                                                      "slice",
                                                      "println",
                                                      "html",
                                                      "js",
                                                      "urlquery",
                                                      "call",
                                                      "eq",
                                                      "ne",
                                                      "lt",
                                                      "le",
                                                      "gt",
                                                      "ge"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Reads what stands between {{ and }}.
class ActionParser {
 public:
  /// `from` is the place of `text` in the whole template. With `declares`, variables may come from
  /// declarations elsewhere in it.
  ActionParser(std::string_view text, std::size_t from, bool declares)
      : text_(text), from_(from), declares_(declares) {}

  TemplateTerm action() {
    skip_blanks();
    if (at_end()) refuse("missing value for command");
    TemplateTerm term = pipeline();
    if (!at_end()) refuse(fmt::format("unexpected \"{}\"", text_[at_]));
    return term;
  }

 private:
  TemplateTerm pipeline() {
    if (++depth_ > kDeepest) not_spoken("it is nested too deeply", at_);
    TemplateTerm term = command(nullptr);
    while (take('|')) {
      if (++pipes_ > kDeepest) not_spoken("it has too many pipes", at_);
      TemplateTerm input = std::move(term);
      term = command(&input);
    }
    --depth_;
    return term;
  }

  struct Operand {
    TemplateTerm term;
    std::size_t begin = 0;
    bool is_function = false;  ///< a bare name that still wants its arguments
  };

  TemplateTerm command(TemplateTerm* input) {
    skip_blanks();
    if (at_end() || peek() == '|' || peek() == ')') {
      if (input != nullptr) not_spoken("nothing stands behind the pipe", at_);
      refuse("missing value for command");
    }
    std::vector<Operand> operands;
    while (!at_end() && peek() != '|' && peek() != ')') {
      if (peek() == ':' || peek() == '=' || peek() == ',')
        not_spoken("variables of one's own are not supported", at_);
      operands.push_back(operand());
      skip_blanks();
    }
    for (std::size_t i = 1; i < operands.size(); ++i)
      if (operands[i].is_function) check_call(operands[i]);
    Operand& first = operands.front();
    if (!first.is_function) {
      if (operands.size() > 1 || input != nullptr)
        not_spoken("only a function can be given arguments", first.begin);
      return std::move(first.term);
    }
    for (std::size_t i = 1; i < operands.size(); ++i)
      first.term.arguments.push_back(std::move(operands[i].term));
    if (input != nullptr) first.term.arguments.push_back(std::move(*input));
    check_call(first);
    return std::move(first.term);
  }

  void check_call(const Operand& operand) const {
    const TemplateTerm& call = operand.term;
    const std::size_t count = call.arguments.size();
    if (call.name == "print") return;
    if (call.name != "printf") {
      if (count != 1)
        not_spoken(fmt::format("{} wants 1 argument and has {}", call.name, count), operand.begin);
      return;
    }
    const auto* format = count > 0 && call.arguments[0].what == TemplateTerm::What::literal
                             ? std::get_if<std::string>(&call.arguments[0].literal)
                             : nullptr;
    if (format == nullptr)
      not_spoken("printf without a literal format is not supported", operand.begin);
    if (!is_known_format(*format))
      not_spoken("this format of printf is not supported", operand.begin);
  }

  Operand operand() {
    Operand read;
    read.begin = at_;
    const char c = peek();
    if (c == '(') {
      ++at_;
      read.term = pipeline();
      if (!take(')')) refuse("unclosed left paren");
    } else if (c == '"' || c == '`') {
      read.term.literal = quoted();
    } else if (c == '\'') {
      not_spoken("character constants are not supported", at_);
    } else if (is_template_digit(c) || c == '-' || c == '+') {
      read.term.literal = number();
    } else if (c == '.' || c == '$') {
      read.term = field();
    } else if (is_template_letter(c)) {
      read.term = word();
      read.is_function = read.term.what == TemplateTerm::What::call;
    } else {
      refuse(fmt::format("unexpected \"{}\" in command", c));
    }
    if (!at_end() && kTerminators.find(peek()) == std::string_view::npos)
      refuse(fmt::format("bad character '{}'", peek()));
    if (!at_end() && peek() == '.') not_spoken("it has no fields that we know", read.begin);
    return read;
  }

  std::string quoted() {
    const char quote = peek();
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote)
      end += quote == '"' && text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) refuse("unterminated quoted string");
    const promql::ReadString read = promql::read_string(text_.substr(at_, end + 1 - at_));
    if (!read.error.empty()) refuse(read.error);
    at_ = end + 1;
    return read.value;
  }

  TemplateValue number() {
    const std::size_t begin = at_;
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n|)(,", at_), text_.size());
    std::string_view word = text_.substr(begin, end - begin);
    const auto bad = [&] { refuse(fmt::format("illegal number syntax: \"{}\"", word)); };
    if (word == "-" || word == "+" || (word.size() > 1 && word[1] == '$')) {
      word = word.substr(0, 1);
      bad();
    }
    at_ = end;
    std::string_view digits = word;
    if (digits.front() == '+') digits.remove_prefix(1);
    std::int64_t whole = 0;
    const char* last = digits.data() + digits.size();
    if (const auto read = std::from_chars(digits.data(), last, whole);
        read.ec == std::errc() && read.ptr == last)
      return whole;
    double value = 0;
    if (const auto read = std::from_chars(digits.data(), last, value);
        read.ec == std::errc() && read.ptr == last)
      return value;
    const bool other_base = digits.size() > 1 && digits[0] == '0' && is_template_letter(digits[1]);
    if (!other_base && digits.find_first_not_of("0123456789_.eEi+-") != std::string_view::npos) {
      at_ = begin;
      refuse(fmt::format("bad number syntax: \"{}\"", word));
    }
    not_spoken("this form of a number is not supported", begin);
  }

  std::string_view name() {
    const std::size_t begin = at_;
    while (!at_end() && (is_template_letter(peek()) || is_template_digit(peek()))) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  /// `.a.b` behind what stands at the present place; `alone`: nothing does, and `.` is something.
  std::vector<std::string_view> path(bool alone) {
    std::vector<std::string_view> names;
    while (!at_end() && peek() == '.') {
      const std::size_t dot = at_++;
      const std::string_view next = name();
      const bool ends = at_end() || kTerminators.find(peek()) != std::string_view::npos;
      if (next.empty() && alone && names.empty() && ends) return names;
      if (next.empty()) {
        at_ = dot;
        refuse("unexpected <.> in operand");
      }
      names.push_back(next);
    }
    return names;
  }

  TemplateTerm field() {
    const std::size_t begin = at_;
    std::vector<std::string_view> names;
    if (peek() == '$') {
      ++at_;
      const std::string_view variable = name();
      names = path(false);
      if (!variable.empty()) {
        const std::string_view meant = variable == "labels"           ? "Labels"
                                       : variable == "externalLabels" ? "ExternalLabels"
                                       : variable == "externalURL"    ? "ExternalURL"
                                       : variable == "value"          ? "Value"
                                                                      : "";
        if (meant.empty()) {
          if (declares_) not_spoken("variables of one's own are not supported", begin);
          at_ = begin;
          refuse(fmt::format("undefined variable \"${}\"", variable));
        }
        names.insert(names.begin(), meant);
      }
    } else {
      names = path(true);
    }
    TemplateTerm term;
    if (names.size() == 2 && names[0] == "Labels") {
      term.what = TemplateTerm::What::label;
      term.name = names[1];
    } else if (names.size() == 2 && names[0] == "ExternalLabels") {
      term.what = TemplateTerm::What::external_label;
      term.name = names[1];
    } else if (names.size() == 1 && names[0] == "Value") {
      term.what = TemplateTerm::What::value;
    } else if (names.size() == 1 && names[0] == "ExternalURL") {
      term.what = TemplateTerm::What::external_url;
    } else {
      not_spoken("only Labels.x, ExternalLabels.x, ExternalURL and Value can be named", begin);
    }
    return term;
  }

  TemplateTerm word() {
    const std::size_t begin = at_;
    const std::string_view word = name();
    TemplateTerm term;
    if (word == "true" || word == "false") {
      term.literal = word == "true";
      return term;
    }
    term.what = TemplateTerm::What::call;
    term.name = word;
    if (word == "printf" || word == "print" || number_function(word) != nullptr ||
        contains(kTextFunctions, word))
      return term;
    if (contains(kNotSpoken, word)) not_spoken(fmt::format("{} is not supported", word), begin);
    at_ = begin;
    refuse(fmt::format("function \"{}\" not defined", word));
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  void skip_blanks() {
    while (!at_end() && kTemplateBlanks.find(peek()) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }
  [[noreturn]] void refuse(std::string message) const {
    throw TemplateRefused{from_ + at_, std::move(message)};
  }
  [[noreturn]] void not_spoken(std::string message, std::size_t at) const {
    throw TemplateNotSpoken{from_ + at, std::move(message)};
  }

  static constexpr std::string_view kTerminators = " \t\r\n.,|:()";

  std::string_view text_;
  std::size_t from_;
  bool declares_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int pipes_ = 0;
};

}  // namespace

TemplateTerm parse_action(std::string_view text, std::size_t from, bool declares) {
  return ActionParser(text, from, declares).action();
}

}  // namespace coalmine::rules
