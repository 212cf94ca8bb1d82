/// What is wrong with the user's input: collected as values, with the place, and thrown once at the
/// edge as `InvalidInput`. Printed like this:
///
///     scenario.yaml:14:9: error: stepWieght is not a key of analysis
///        14 |         stepWieght: 10
///           |         ^~~~~~~~~~ did you mean stepWeight?
///       known keys: interval, threshold, maxWeight, stepWeight
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coalmine {

/// A text that positions point into: a file, or an argument of the command line.
struct SourceText {
  std::string name;  ///< as the user gave it: "scenario.yaml", "--set"
  std::vector<std::string> lines;

  static std::shared_ptr<const SourceText> make(std::string name, std::string_view text);
};

struct Position {
  std::shared_ptr<const SourceText> source;  ///< may be null: nowhere (built-in defaults)
  int line = 0;                              ///< from 1; 0: the source as a whole
  int column = 0;                            ///< from 1, in bytes
  int length = 1;                            ///< bytes to underline
};

enum class Severity { warning, error };

struct Diagnostic {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;
  Severity severity = Severity::error;
  std::string message;      ///< one line, no full stop
  std::string hint;         ///< beside the caret: "did you mean stepWeight?"
  std::string note;         ///< a line of its own: "known keys: ..."
  std::string source_line;  ///< the line of the input; empty: not shown

  std::string text() const;  ///< as above, ends with a newline
};

/// The first thousand are kept, the rest only counted.
class Diagnostics {
 public:
  /// With `strict`, every warning counts as an error.
  explicit Diagnostics(bool strict = false) : strict_(strict) {}

  void error(const Position& at, std::string message, std::string hint = {}, std::string note = {});
  void warning(const Position& at,
               std::string message,
               std::string hint = {},
               std::string note = {});

  std::size_t errors() const { return errors_; }
  bool has_errors() const { return errors_ != 0; }
  /// Sorted by file (in the order of first mention) and line.
  std::vector<Diagnostic> sorted() const;
  /// All of them, then nothing else; at most the first 100.
  std::string text() const;
  void throw_if_errors() const;

 private:
  void add(Severity severity,
           const Position& at,
           std::string message,
           std::string hint,
           std::string note);

  bool strict_;
  std::size_t errors_ = 0;
  std::vector<Diagnostic> all_;
};

/// The input cannot be used; what() is Diagnostics::text().
class InvalidInput : public std::runtime_error {
 public:
  explicit InvalidInput(const Diagnostics& diagnostics)
      : std::runtime_error(diagnostics.text()), diagnostics_(diagnostics.sorted()) {}
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The candidate nearest to `word` by edit distance (letter case ignored, swapped neighbours count
/// as one), if it is near enough to be what was meant.
std::optional<std::string> nearest_name(std::string_view word,
                                        std::span<const std::string> candidates);
/// "did you mean X?", or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);
/// "a, b, c".
std::string join(std::span<const std::string> words, std::string_view separator = ", ");

}  // namespace coalmine
