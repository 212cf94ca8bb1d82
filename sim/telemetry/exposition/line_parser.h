/// One line of a page: a sample, or what a comment says about a family.
///
/// What is refused is what the real readers refuse: for text 0.0.4 that of `promtool check
/// metrics`, for OpenMetrics that of `promtool tsdb create-blocks-from openmetrics` (both of 2.42).
/// What the formats forbid and those readers let pass comes back as a remark (specs/prometheus.md
/// section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/exposition/findings.h"
#include "sim/telemetry/exposition/page.h"

namespace coalmine::exposition {

/// Thrown for a line that cannot be read.
struct BadLine {
  Place place;
  std::string message;
  std::string hint{};
  std::string note{};
};

/// `# HELP name text` and its kin.
struct Metadata {
  enum class Keyword : std::uint8_t { help, type, unit };
  Keyword keyword = Keyword::help;
  std::string name;
  std::string text;  ///< of help and unit, without escapes
  MetricType type = MetricType::unknown;
  Place place;  ///< of the name
};

class LineParser {
 public:
  /// `line` is without its line feed and must outlive this.
  LineParser(std::string_view line, Format format) : line_(line), format_(format) {}

  /// A line that begins with `#`. Nothing for comments that are only for people.
  std::optional<Metadata> metadata();
  Sample sample();

  /// What the line holds that it should not.
  const std::vector<BadLine>& remarks() const { return remarks_; }

 private:
  bool strict() const { return format_ == Format::openmetrics; }
  bool at_end() const { return at_ == line_.size(); }
  /// The next byte; 0 at the end (which is no byte of any token).
  char peek() const { return at_end() ? '\0' : line_[at_]; }
  std::string_view rest() const { return line_.substr(at_); }
  bool take(char c);
  bool take(std::string_view word);
  void skip_blanks();
  /// Blanks where text 0.0.4 allows them and OpenMetrics does not.
  void skip_loose_blanks();
  std::string_view take_token();
  std::string_view take_name(bool metric);
  [[noreturn]] void fail(Place place, std::string message, std::string note = {}) const;
  [[noreturn]] void fail_here(const std::string& message, std::string note = {}) const;

  std::optional<Metadata> loose_metadata();
  std::optional<Metadata> strict_metadata();
  MetricType parse_type(Place place) const;
  std::string unescape_help();

  std::vector<Label> labels();
  Label label();
  std::string quoted_value();
  void check_unique(std::vector<Label>& labels, Place place, bool exemplar);
  double number(const char* of_what);
  void after_value(Sample& sample);
  Timestamp millis();
  Timestamp seconds(const char* of_what);
  Exemplar exemplar();

  std::string_view line_;
  Format format_;
  std::size_t at_ = 0;
  std::vector<BadLine> remarks_;
};

}  // namespace coalmine::exposition
