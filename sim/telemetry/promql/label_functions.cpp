#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/calls.h"

namespace coalmine::promql {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The name of a `$name` or `${name}` at the front of `text` (behind the dollar), which is removed;
/// empty when there is none.
std::string_view take_reference(std::string_view& text) {
  const bool braced = text.starts_with('{');
  const std::string_view rest = text.substr(braced ? 1 : 0);
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
  const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  if (name.empty() || (braced && !rest.substr(name.size()).starts_with('}'))) return {};
  text.remove_prefix(name.size() + (braced ? 2 : 0));
  return name;
}

class Replacement {
 public:
  Replacement(const re2::RE2& regex, std::string_view text)
      : regex_(regex),
        text_(text),
        groups_(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1) {}

  /// False when the value does not match.
  bool expand(std::string_view value, std::string& out) {
    const re2::StringPiece piece(value.data(), value.size());
    if (!regex_.Match(piece,
                      0,
                      value.size(),
                      RE2::ANCHOR_BOTH,
                      groups_.data(),
                      static_cast<int>(groups_.size())))
      return false;
    std::string_view rest = text_;
    out.clear();
    while (!rest.empty()) {
      const std::size_t dollar = rest.find('$');
      out += rest.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      rest.remove_prefix(dollar + 1);
      if (rest.starts_with('$')) {
        rest.remove_prefix(1);
        out += '$';
      } else if (const std::string_view name = take_reference(rest); !name.empty()) {
        append_group(name, out);
      } else {
        out += '$';
      }
    }
    return true;
  }

 private:
  void append_group(std::string_view name, std::string& out) const {
    std::size_t group = 0;
    const bool number =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number) {
      // As in Go: a leading zero makes it a name, and no name is a number.
      if (name.size() > 1 && name.front() == '0') return;
      for (const char c : name)
        group = std::min<std::size_t>(group * 10 + static_cast<std::size_t>(c - '0'), 1'000'000);
    } else {
      const auto& named = regex_.NamedCapturingGroups();
      const auto found = named.find(std::string(name));
      if (found == named.end()) return;
      group = static_cast<std::size_t>(found->second);
    }
    if (group < groups_.size()) out.append(groups_[group].data(), groups_[group].size());
  }

  const re2::RE2& regex_;
  std::string_view text_;
  std::vector<re2::StringPiece> groups_;
};

/// Gives every element the labels that `change` makes of its own; asked once for each element.
template <typename Change>
void relabel(Evaluation& evaluation,
             const Node& node,
             const Vector& vector,
             const Change& change,
             Vector& out) {
  PerSet<SetId>& relabelled = evaluation.state(node).relabelled;
  for (const Element& element : vector) {
    if (relabelled[element.labels] == kNoSet) {
      const SetId changed = change(element.labels);
      relabelled[element.labels] = changed;
    }
    out.push_back({relabelled[element.labels], element.value});
  }
  evaluation.require_distinct(out);
}

}  // namespace

void label_replace(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out) {
  const std::string& target = string_of(*call.arguments[1]);
  Replacement replacement(*call.regex, string_of(*call.arguments[2]));
  const std::string& origin = string_of(*call.arguments[3]);
  const Vector& vector = evaluation.vector(*call.arguments[0], at);
  if (!is_label_name(target))
    throw EvaluationError("invalid destination label name in label_replace(): " + target);
  LabelSets& sets = evaluation.sets();
  std::string text;
  const auto replaced = [&](SetId element) {
    const Labels& labels = sets.labels(element);
    if (!replacement.expand(labels.get(origin), text)) return sets.canonical(element);
    Labels changed = labels;
    changed.set(target, text);
    return sets.intern(std::move(changed));
  };
  relabel(evaluation, node, vector, replaced, out);
}

void label_join(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out) {
  const std::string& target = string_of(*call.arguments[1]);
  const std::string& separator = string_of(*call.arguments[2]);
  const std::span<const NodePtr> origins = std::span(call.arguments).subspan(3);
  const Vector& vector = evaluation.vector(*call.arguments[0], at);
  for (const NodePtr& origin : origins)
    if (!is_label_name(string_of(*origin)))
      throw EvaluationError("invalid source label name in label_join(): " + string_of(*origin));
  if (!is_label_name(target))
    throw EvaluationError("invalid destination label name in label_join(): " + target);
  LabelSets& sets = evaluation.sets();
  const auto joined = [&](SetId element) {
    Labels labels = sets.labels(element);
    std::string text;
    for (const NodePtr& origin : origins) {
      if (&origin != origins.data()) text += separator;
      text += labels.get(string_of(*origin));
    }
    labels.set(target, text);
    return sets.intern(std::move(labels));
  };
  relabel(evaluation, node, vector, joined, out);
}

}  // namespace coalmine::promql
