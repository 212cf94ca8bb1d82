/// What a quoted string of a query means (specs/prometheus.md section 5.1: Go's escapes).
#pragma once

#include <string>
#include <string_view>

namespace coalmine::promql {

struct ReadString {
  std::string value;
  std::string error;  ///< empty when the literal is fine; words of Prometheus
};

/// `literal` has its quotes (" ' or `) around it; between backticks nothing is an escape. Of one
/// that is not closed only the error is of use.
ReadString read_string(std::string_view literal, bool closed = true);

/// The first UTF-8 character of a text that is not empty: one byte where it is none.
std::string_view first_character(std::string_view text);

/// As Go's %#U: `U+002E '.'`.
std::string character_name(std::string_view character);

}  // namespace coalmine::promql
