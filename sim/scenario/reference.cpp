#include "sim/scenario/reference.h"

#include "sim/scenario/sections.h"

namespace coalmine {
namespace {

/// `|` would end a table's cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(const std::string& text) {
  return text.empty() ? std::string() : "`" + cell(text) + "`";
}

std::string default_cell(const Field& field) {
  if (field.options.required) return "required";
  if (field.options.default_text.empty()) return {};
  const bool manifest = !field.options.default_applies;
  return code(field.options.default_text) + (manifest ? " (or as set before)" : "");
}

/// Collects the sections in the order in which a reader meets them.
class Page {
 public:
  void section(const std::string& path, const AnySection& section) {
    text_ +=
        "\n## " + (path.empty() ? "The scenario" : code(path)) + "\n\n" + section.help() + "\n";
    if (section.fields().empty()) {
      text_ += "\nIt has no keys.\n";
      return;
    }
    text_ += "\n| key | kind | default | allowed | meaning |\n|---|---|---|---|---|\n";
    for (const Field& field : section.fields())
      text_ += "| " + code(field.key) + " | " + cell(field.type.name()) + " | " +
               default_cell(field) + " | " + cell(kind::allowed_range(field.options)) + " | " +
               cell(field.options.help) + " |\n";
    const std::string prefix = path.empty() ? path : path + ".";
    for (const Field& field : section.fields()) below(prefix + field.key, field.type);
  }
  std::string take() { return std::move(text_); }

 private:
  void below(const std::string& path, const ValueType& type) {
    if (type.kind == ValueKind::section) section(path, *type.section);
    if (type.kind == ValueKind::list) below(path + "[N]", *type.of[0]);
    for (const VariantInfo& variant : type.variants)
      section(path + "[" + variant.key + "]", *variant.section);
  }
  std::string text_;
};

void collect(const std::string& prefix, const AnySection& section, std::vector<SettablePath>& out);

void collect_below(const std::string& path, const ValueType& type, std::vector<SettablePath>& out) {
  if (type.kind == ValueKind::section) collect(path + ".", *type.section, out);
  if (type.kind == ValueKind::list) collect_below(path + "[N]", *type.of[0], out);
  for (const VariantInfo& variant : type.variants)
    collect(path + "[" + variant.key + "].", *variant.section, out);
}

void collect(const std::string& prefix, const AnySection& section, std::vector<SettablePath>& out) {
  for (const Field& field : section.fields()) {
    out.push_back({prefix + field.key, &field});
    collect_below(prefix + field.key, field.type, out);
  }
}

}  // namespace

std::string scenario_reference(const StrategyCatalogue& strategies) {
  Page page;
  page.section("", scenario_table(strategies));
  return "# Scenario reference\n\nMade from the program's own tables by `coalmine schema "
         "--reference`; do not edit by hand.\n\nQuantities carry units: `250ms`, `12s`, `1h30m`, "
         "`30d`; `400/s`, `24000/m`; `2%`; `256Mi`; `100m` (CPU). Only zero may go without. A "
         "distribution of durations is `{p50, p99}` or `{mean, cv}` (lognormal), `{mean, "
         "distribution: exponential \\| deterministic \\| erlang, shape}`, or a bare duration. A "
         "path such as `strategies[canary].interval` is what `--set` takes; an element of a list "
         "is named by its number from 0 or by its name.\n" +
         page.take();
}

std::vector<SettablePath> settable_paths(const AnySection& table) {
  std::vector<SettablePath> result;
  collect("", table, result);
  return result;
}

}  // namespace coalmine
