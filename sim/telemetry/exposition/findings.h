/// What a reader finds wrong with a page, gathered under a bound: a file of nothing but mistakes
/// must cost no more than one of nothing but samples.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "sim/kernel/diagnostics.h"

namespace coalmine::exposition {

/// Part of a line: bytes from 0 on.
struct Place {
  std::size_t at = 0;
  std::size_t length = 1;
};

class Findings {
 public:
  /// `text` must outlive this.
  Findings(std::string name, std::string_view text, Diagnostics& diagnostics);

  /// `line` counts from 1; 0: the file as a whole.
  void error(
      int line, Place place, std::string message, std::string hint = {}, std::string note = {});
  void warning(
      int line, Place place, std::string message, std::string hint = {}, std::string note = {});

  /// So many errors that reading on helps nobody.
  bool full() const { return errors_ >= kMost; }
  /// Says how much was left out. Call it once, at the end.
  void close(int last_line);

 private:
  static constexpr std::size_t kMost = 50;  ///< errors, and as many warnings

  Position position(int line, Place place);

  std::string name_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::shared_ptr<const SourceText> source_;  ///< made for the first finding
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

/// The beginning of what stands there, quoted so that no byte of it reaches a terminal raw.
std::string found(std::string_view text);

}  // namespace coalmine::exposition
