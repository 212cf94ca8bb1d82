/// Texts of labels and annotations with holes for what an alert knows of itself, as Prometheus
/// writes them (Go's text/template):
///
///     {{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests
///
/// Spoken here: $labels.x, $externalLabels.x, $externalURL, $value and their long forms
/// (.Labels.x, $.Value...), literals, parentheses, pipes, comments, trimming by {{- and -}}, the
/// functions printf, print, toUpper, toLower, title and the humanisers of template_functions.h.
/// An action that Prometheus knows and we do not ({{ if }}, {{ range query ... }}) stays in the
/// text as it is written, and parse() warns of it; what Prometheus refuses to load is an error.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/labels.h"

namespace coalmine::rules {

struct TemplateFinding {
  std::size_t offset = 0;  ///< in the text, bytes
  bool is_error = false;   ///< otherwise a warning
  std::string message;
};

/// What the holes are filled from.
struct TemplateData {
  const Labels& labels;  ///< of the result of the expression, its metric name among them
  double value = 0;
  const Labels& external_labels;
  std::string_view external_url{};
};

struct TemplatePart;  // template.cpp

class Template {
 public:
  Template() = default;
  /// After an error the template stands for its own text.
  static Template parse(std::string text, std::vector<TemplateFinding>& findings);

  const std::string& text() const { return text_; }
  /// Where a function cannot take what it is given: `<error expanding template: ...>`, as in
  /// Prometheus.
  std::string expand(const TemplateData& data) const;

 private:
  std::string text_;
  std::shared_ptr<const std::vector<TemplatePart>> parts_;  ///< null: the text as it is
};

}  // namespace coalmine::rules
