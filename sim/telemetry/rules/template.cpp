#include "sim/telemetry/rules/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "sim/telemetry/promql/string_literal.h"
#include "sim/telemetry/rules/template_functions.h"

namespace coalmine::rules {

/// What an action computes: a literal, something of the alert, or a call whose last argument may
/// have come through a pipe.
struct TemplateTerm {
  enum class What : std::uint8_t { literal, label, external_label, value, external_url, call };
  What what = What::literal;
  TemplateValue literal{};
  std::string name{};  ///< of the label or the function
  std::vector<TemplateTerm> arguments{};
};

struct TemplatePart {
  std::string text;  ///< plain text when there is no term
  std::optional<TemplateTerm> term;
};

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
/// An action nested deeper is kept as it is.
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

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Prometheus would not load it.
struct Refused {
  std::size_t offset;
  std::string message;
};
/// Prometheus plays it, we do not.
struct NotSpoken {
  std::size_t offset;
  std::string message;
};

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
    } else if (is_digit(c) || c == '-' || c == '+') {
      read.term.literal = number();
    } else if (c == '.' || c == '$') {
      read.term = field();
    } else if (is_letter(c)) {
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
    const bool other_base = digits.size() > 1 && digits[0] == '0' && is_letter(digits[1]);
    if (!other_base && digits.find_first_not_of("0123456789_.eEi+-") != std::string_view::npos) {
      at_ = begin;
      refuse(fmt::format("bad number syntax: \"{}\"", word));
    }
    not_spoken("this form of a number is not supported", begin);
  }

  std::string_view name() {
    const std::size_t begin = at_;
    while (!at_end() && (is_letter(peek()) || is_digit(peek()))) ++at_;
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
    while (!at_end() && kBlanks.find(peek()) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }
  [[noreturn]] void refuse(std::string message) const {
    throw Refused{from_ + at_, std::move(message)};
  }
  [[noreturn]] void not_spoken(std::string message, std::size_t at) const {
    throw NotSpoken{from_ + at, std::move(message)};
  }

  static constexpr std::string_view kTerminators = " \t\r\n.,|:()";

  std::string_view text_;
  std::size_t from_;
  bool declares_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// Where an action ends: the place of its }}, quoted texts skipped.
std::optional<std::size_t> end_of_action(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.substr(at).starts_with("}}")) return at;
    const char c = text[at++];
    if (c != '"' && c != '`' && c != '\'') continue;
    while (at < text.size() && text[at] != c) at += c != '`' && text[at] == '\\' ? 2 : 1;
    ++at;
  }
  return std::nullopt;
}

std::string_view without_blanks_behind(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlanks);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view without_blanks_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

/// Cuts a template into texts and actions.
class Reader {
 public:
  Reader(std::string_view text, std::vector<TemplateFinding>& findings)
      : text_(text), findings_(findings), declares_(text.find(":=") != std::string_view::npos) {}

  /// Throws Refused.
  std::vector<TemplatePart> parts() {
    std::size_t at = 0;
    bool trim_next = false;
    while (true) {
      const std::size_t open = std::min(text_.find("{{", at), text_.size());
      std::string_view plain = text_.substr(at, open - at);
      if (trim_next) plain = without_blanks_before(plain);
      if (open == text_.size()) {
        add_text(plain);
        return std::move(parts_);
      }
      Action action = cut(open);
      const auto term = read(action);
      if (action.trims_before && !action.kept) plain = without_blanks_behind(plain);
      add_text(plain);
      if (action.kept) add_text(text_.substr(open, action.after - open));
      if (term) parts_.push_back({{}, term});
      trim_next = action.trims_after && !action.kept;
      at = action.after;
    }
  }

 private:
  struct Action {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t after = 0;  ///< its }}
    bool trims_before = false;
    bool trims_after = false;
    bool is_comment = false;
    bool kept = false;  ///< as it is written
  };

  Action cut(std::size_t open) const {
    Action action;
    action.begin = open + 2;
    const std::string_view inside = text_.substr(action.begin);
    action.trims_before =
        inside.size() > 1 && inside[0] == '-' && kBlanks.find(inside[1]) != std::string_view::npos;
    if (action.trims_before) action.begin += 2;
    action.is_comment = text_.substr(action.begin).starts_with("/*");
    if (action.is_comment) {
      const std::size_t close = text_.find("*/", action.begin);
      if (close == std::string_view::npos) throw Refused{open, "unclosed comment"};
      const std::string_view rest = text_.substr(close + 2);
      action.trims_after = rest.starts_with(" -}}");
      if (!action.trims_after && !rest.starts_with("}}"))
        throw Refused{open, "comment ends before closing delimiter"};
      action.end = close + 2;
      action.after = action.end + (action.trims_after ? 4 : 2);
      return action;
    }
    const auto close = end_of_action(text_, action.begin);
    if (!close) throw Refused{open, "unclosed action"};
    action.end = *close;
    action.after = *close + 2;
    const std::string_view body = text_.substr(action.begin, action.end - action.begin);
    action.trims_after = body.size() > 1 && body.back() == '-' &&
                         kBlanks.find(body[body.size() - 2]) != std::string_view::npos;
    if (action.trims_after) action.end -= 2;
    return action;
  }

  std::optional<TemplateTerm> read(Action& action) {
    if (action.is_comment) return std::nullopt;
    const std::string_view body = text_.substr(action.begin, action.end - action.begin);
    try {
      return ActionParser(body, action.begin, declares_).action();
    } catch (const NotSpoken& problem) {
      action.kept = true;
      findings_.push_back({problem.offset, false, problem.message});
      return std::nullopt;
    }
  }

  void add_text(std::string_view text) {
    if (text.empty()) return;
    if (parts_.empty() || parts_.back().term) parts_.push_back({});
    parts_.back().text += text;
  }

  std::string_view text_;
  std::vector<TemplateFinding>& findings_;
  bool declares_;
  std::vector<TemplatePart> parts_;
};

std::string changed_case(const std::string& function, std::string text) {
  const auto upper = [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  };
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  bool inside_word = false;
  for (char& c : text) {
    if (function == "toUpper" || (function == "title" && !inside_word)) c = upper(c);
    if (function == "toLower") c = lower(c);
    inside_word = is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 || c == '\'';
  }
  return text;
}

TemplateValue evaluate(const TemplateTerm& term, const TemplateData& data);

TemplateValue call(const TemplateTerm& term, const TemplateData& data) {
  std::vector<TemplateValue> arguments;
  arguments.reserve(term.arguments.size());
  for (const TemplateTerm& argument : term.arguments) arguments.push_back(evaluate(argument, data));
  if (term.name == "printf")
    return go_printf(std::get<std::string>(arguments[0]), std::span(arguments).subspan(1));
  if (term.name == "print") {
    std::string text;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto is_text = [&](std::size_t k) {
        return std::holds_alternative<std::string>(arguments[k]);
      };
      if (i > 0 && !is_text(i - 1) && !is_text(i)) text += ' ';
      text += go_text(arguments[i]);
    }
    return text;
  }
  if (const NumberFunction function = number_function(term.name))
    return function(to_number(arguments[0]));
  if (const auto* text = std::get_if<std::string>(&arguments[0]))
    return changed_case(term.name, *text);
  throw TemplateError(term.name + " wants a text, and has " + go_text(arguments[0]));
}

TemplateValue evaluate(const TemplateTerm& term, const TemplateData& data) {
  switch (term.what) {
    case TemplateTerm::What::literal:
      return term.literal;
    case TemplateTerm::What::label:
      return std::string(data.labels.get(term.name));
    case TemplateTerm::What::external_label:
      return std::string(data.external_labels.get(term.name));
    case TemplateTerm::What::value:
      return data.value;
    case TemplateTerm::What::external_url:
      return std::string(data.external_url);
    case TemplateTerm::What::call:
      return call(term, data);
  }
  return {};
}

}  // namespace

Template Template::parse(std::string text, std::vector<TemplateFinding>& findings) {
  Template made;
  made.text_ = std::move(text);
  if (made.text_.find("{{") == std::string::npos) return made;
  try {
    made.parts_ =
        std::make_shared<const std::vector<TemplatePart>>(Reader(made.text_, findings).parts());
  } catch (const Refused& problem) {
    findings.push_back({problem.offset, true, problem.message});
  }
  return made;
}

std::string Template::expand(const TemplateData& data) const {
  if (!parts_) return text_;
  std::string out;
  try {
    for (const TemplatePart& part : *parts_)
      out += part.term ? go_text(evaluate(*part.term, data)) : part.text;
  } catch (const TemplateError& problem) {
    return fmt::format("<error expanding template: {}>", problem.what());
  }
  return out;
}

}  // namespace coalmine::rules
