/// One action of a template, as it is read: what stands between {{ and }}. template.h is what
/// others use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/rules/template_functions.h"

namespace coalmine::rules {

inline constexpr std::string_view kTemplateBlanks = " \t\r\n";

/// What an action computes: a literal, something of the alert, or a call whose last argument may
/// have come through a pipe.
struct TemplateTerm {
  enum class What : std::uint8_t { literal, label, external_label, value, external_url, call };
  What what = What::literal;
  TemplateValue literal{};
  std::string name{};  ///< of the label or the function
  std::vector<TemplateTerm> arguments{};
};

/// Prometheus would not load it.
struct TemplateRefused {
  std::size_t offset;
  std::string message;
};
/// Prometheus plays it, we do not.
struct TemplateNotSpoken {
  std::size_t offset;
  std::string message;
};

/// `from` is the place of `text` in the whole template, from which the offsets of what is thrown
/// count. With `declares`, variables may come from declarations elsewhere in it. Throws
/// TemplateRefused and TemplateNotSpoken.
TemplateTerm parse_action(std::string_view text, std::size_t from, bool declares);

/// Whether a character can stand in a name.
constexpr bool is_template_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_template_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace coalmine::rules
