#include "sim/telemetry/labels.h"

#include <algorithm>

#include "sim/telemetry/go_quote.h"

namespace coalmine {
namespace {

bool listed(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_name(std::string_view text, bool colons) {
  const auto fits = [colons](char c, bool first) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return letter || (colons && c == ':') || (!first && c >= '0' && c <= '9');
  };
  if (text.empty() || !fits(text.front(), true)) return false;
  return std::all_of(text.begin() + 1, text.end(), [&](char c) { return fits(c, false); });
}

}  // namespace

Labels::Labels(std::vector<Label> labels) {
  labels_.reserve(labels.size());
  for (Label& label : labels) set(label.name, label.value);
}

std::string_view Labels::get(std::string_view name) const {
  for (const Label& label : labels_)
    if (label.name == name) return label.value;
  return {};
}

void Labels::set(std::string_view name, std::string_view value) {
  const auto place = std::lower_bound(
      labels_.begin(), labels_.end(), name, [](const Label& l, std::string_view n) {
        return l.name < n;
      });
  const bool there = place != labels_.end() && place->name == name;
  if (value.empty()) {
    if (there) labels_.erase(place);
  } else if (there) {
    place->value = value;
  } else {
    labels_.insert(place, Label{std::string(name), std::string(value)});
  }
}

Labels Labels::without_metric_name() const {
  return all_but({});
}

Labels Labels::only(std::span<const std::string> names) const {
  Labels kept;
  for (const Label& label : labels_)
    if (listed(names, label.name)) kept.labels_.push_back(label);
  return kept;
}

Labels Labels::all_but(std::span<const std::string> names) const {
  Labels kept;
  kept.labels_.reserve(labels_.size());
  for (const Label& label : labels_)
    if (label.name != kMetricName && !listed(names, label.name)) kept.labels_.push_back(label);
  return kept;
}

std::string Labels::text() const {
  std::string text(metric_name());
  const bool named = !text.empty();
  if (named && labels_.size() == 1) return text;
  text += '{';
  bool first = true;
  for (const Label& label : labels_) {
    if (label.name == kMetricName) continue;
    if (!first) text += ", ";
    first = false;
    text += label.name + "=" + go_quote(label.value);
  }
  return text + '}';
}

bool is_label_name(std::string_view text) {
  return is_name(text, false);
}

bool is_metric_name(std::string_view text) {
  return is_name(text, true);
}

}  // namespace coalmine
