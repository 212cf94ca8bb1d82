#include "sim/telemetry/rules/rule_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>

#include "sim/telemetry/promql/duration.h"

namespace coalmine::rules {
namespace {

/// Words that YAML 1.1 or 1.2 takes for something else.
constexpr std::array<std::string_view, 9> kNotText{
    "true", "false", "null", "yes", "no", "on", "off", "y", "n"};

bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !(letter(text.front()) || text.front() == '_')) return false;
  const bool simple = std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  });
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return simple && std::find(kNotText.begin(), kNotText.end(), lower) == kNotText.end();
}

/// Plain where it can be, in double quotes otherwise.
std::string scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// An expression as a block under its key: nothing in it needs an escape.
std::string block(std::string_view text, std::string_view indent) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  text = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  const bool any_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  });
  if (any_control) return scalar(text);
  std::string out = "|-";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    out += '\n';
    if (!line.empty()) out.append(indent).append(line);
  }
  return out;
}

class Writer {
 public:
  std::string text = "groups:\n";

  void group(const RuleGroup& group) {
    text += "- name: " + scalar(group.name) + '\n';
    if (group.interval) line("  ", "interval", promql::duration_text(*group.interval));
    if (group.limit != 0) line("  ", "limit", fmt::format("{}", group.limit));
    if (group.query_offset != Millis(0))
      line("  ", "query_offset", promql::duration_text(group.query_offset));
    text += group.rules.empty() ? "  rules: []\n" : "  rules:\n";
    for (const Rule& rule : group.rules) std::visit([this](const auto& any) { write(any); }, rule);
  }

 private:
  void write(const RecordingRule& rule) {
    text += "  - record: " + scalar(rule.record) + '\n';
    line("    ", "expr", block(rule.expr.text(), "      "));
    map("labels", rule.labels);
  }
  void write(const AlertingRule& rule) {
    text += "  - alert: " + scalar(rule.alert) + '\n';
    line("    ", "expr", block(rule.expr.text(), "      "));
    if (rule.hold != Millis(0)) line("    ", "for", promql::duration_text(rule.hold));
    if (rule.keep_firing_for != Millis(0))
      line("    ", "keep_firing_for", promql::duration_text(rule.keep_firing_for));
    map("labels", rule.labels);
    map("annotations", rule.annotations);
  }

  static const std::string& value_of(const Label& label) { return label.value; }
  static const std::string& value_of(const TemplatedLabel& label) { return label.value.text(); }

  template <class L>
  void map(std::string_view key, const std::vector<L>& labels) {
    if (labels.empty()) return;
    text += fmt::format("    {}:\n", key);
    for (const L& label : labels) line("      ", scalar(label.name), scalar(value_of(label)));
  }
  void line(std::string_view indent, std::string_view key, std::string_view value) {
    text += fmt::format("{}{}: {}\n", indent, key, value);
  }
};

}  // namespace

std::string to_yaml(std::span<const RuleGroup> groups) {
  if (groups.empty()) return "groups: []\n";
  Writer writer;
  for (const RuleGroup& group : groups) writer.group(group);
  return std::move(writer.text);
}

}  // namespace coalmine::rules
