#include "sim/telemetry/rules/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "sim/telemetry/rules/template_action.h"
#include "sim/telemetry/rules/template_functions.h"

namespace coalmine::rules {

struct TemplatePart {
  std::string text;  ///< plain text when there is no term
  std::optional<TemplateTerm> term;
};

namespace {

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
  const std::size_t last = text.find_last_not_of(kTemplateBlanks);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view without_blanks_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kTemplateBlanks), text.size()));
}

/// Cuts a template into texts and actions.
class Reader {
 public:
  Reader(std::string_view text, std::vector<TemplateFinding>& findings)
      : text_(text), findings_(findings), declares_(text.find(":=") != std::string_view::npos) {}

  /// Throws TemplateRefused.
  std::vector<TemplatePart> parts() {
    std::size_t at = 0;
    bool trim_next = false;
    while (true) {
      const std::size_t open = std::min(text_.find("{{", at), text_.size());
      std::string_view plain = text_.substr(at, open - at);
      if (trim_next) plain = without_blanks_before(plain);
      if (open == text_.size()) {
        if (!open_.empty()) throw TemplateRefused{open_.back(), "unexpected EOF"};
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
    std::size_t open = 0;   ///< its {{
    std::size_t begin = 0;  ///< what is between
    std::size_t end = 0;
    std::size_t after = 0;  ///< its }}
    bool trims_before = false;
    bool trims_after = false;
    bool is_comment = false;
    bool kept = false;  ///< as it is written
  };

  Action cut(std::size_t open) const {
    Action action;
    action.open = open;
    action.begin = open + 2;
    const std::string_view inside = text_.substr(action.begin);
    action.trims_before = inside.size() > 1 && inside[0] == '-' &&
                          kTemplateBlanks.find(inside[1]) != std::string_view::npos;
    if (action.trims_before) action.begin += 2;
    action.is_comment = text_.substr(action.begin).starts_with("/*");
    if (action.is_comment) {
      const std::size_t close = text_.find("*/", action.begin);
      if (close == std::string_view::npos) throw TemplateRefused{open, "unclosed comment"};
      const std::string_view rest = text_.substr(close + 2);
      action.trims_after = rest.starts_with(" -}}");
      if (!action.trims_after && !rest.starts_with("}}"))
        throw TemplateRefused{open, "comment ends before closing delimiter"};
      action.end = close + 2;
      action.after = action.end + (action.trims_after ? 4 : 2);
      return action;
    }
    const auto close = end_of_action(text_, action.begin);
    if (!close) throw TemplateRefused{open, "unclosed action"};
    action.end = *close;
    action.after = *close + 2;
    const std::string_view body = text_.substr(action.begin, action.end - action.begin);
    action.trims_after = body.size() > 1 && body.back() == '-' &&
                         kTemplateBlanks.find(body[body.size() - 2]) != std::string_view::npos;
    if (action.trims_after) action.end -= 2;
    return action;
  }

  std::optional<TemplateTerm> read(Action& action) {
    if (action.is_comment) return std::nullopt;
    const std::string_view body = text_.substr(action.begin, action.end - action.begin);
    try {
      return parse_action(body, action.begin, declares_);
    } catch (const TemplateNotSpoken& problem) {
      action.kept = true;
      if (!ends_or_divides(without_blanks_before(body), action.open))
        findings_.push_back({problem.offset, false, problem.message});
      return std::nullopt;
    }
  }

  /// Keeps count of what {{ if }} and its like open, as Go's parser does. Whether the action is
  /// only an {{ end }} or {{ else }} to one.
  bool ends_or_divides(std::string_view body, std::size_t at) {
    const std::string_view word = body.substr(0, body.find_first_of(" \t\r\n"));
    for (const std::string_view opens : {"if", "with", "range", "block", "define"})
      if (word == opens) open_.push_back(at);
    if (word == "else" && open_.empty()) throw TemplateRefused{at, "unexpected {{else}}"};
    if (word != "end") return word == "else";
    if (open_.empty()) throw TemplateRefused{at, "unexpected {{end}}"};
    open_.pop_back();
    return true;
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
  std::vector<std::size_t> open_;  ///< where what is not ended yet begins
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
    inside_word = is_template_letter(c) || is_template_digit(c) ||
                  static_cast<unsigned char>(c) >= 0x80 || c == '\'';
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
  } catch (const TemplateRefused& problem) {
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
