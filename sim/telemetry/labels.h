/// The identity of a series: a set of labels, the metric's name among them as `__name__`
/// (specs/prometheus.md section 2).
///
/// Kept sorted by label name; a label with an empty value is the same as none, so none is kept.
#pragma once

#include <compare>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coalmine {

inline constexpr std::string_view kMetricName = "__name__";

struct Label {
  std::string name;
  std::string value;
  friend auto operator<=>(const Label&, const Label&) = default;
};

class Labels {
 public:
  Labels() = default;
  /// In any order; of two with the same name the last one counts.
  explicit Labels(std::vector<Label> labels);
  Labels(std::initializer_list<Label> labels) : Labels(std::vector<Label>(labels)) {}

  /// The value of a label; empty when there is none.
  std::string_view get(std::string_view name) const;
  std::string_view metric_name() const { return get(kMetricName); }
  bool has(std::string_view name) const { return !get(name).empty(); }
  /// Sets a label; an empty value removes it.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name) { set(name, {}); }

  Labels without_metric_name() const;
  /// Those of these names alone (`by`, `on`).
  Labels only(std::span<const std::string> names) const;
  /// All but these names and the metric's name (`without`, `ignoring`).
  Labels all_but(std::span<const std::string> names) const;

  bool empty() const { return labels_.empty(); }
  std::size_t size() const { return labels_.size(); }
  auto begin() const { return labels_.begin(); }
  auto end() const { return labels_.end(); }

  /// `name{a="x",b="y"}` as Prometheus writes a series: values quoted as Go does, `{}` for none.
  std::string text() const;

  friend auto operator<=>(const Labels&, const Labels&) = default;

 private:
  std::vector<Label> labels_;
};

/// `[a-zA-Z_][a-zA-Z0-9_]*`
bool is_label_name(std::string_view text);
/// The same, with colons.
bool is_metric_name(std::string_view text);

}  // namespace coalmine
