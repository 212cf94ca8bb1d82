/// Placeholders in the texts that users bring along: `{{ name }}`, with or without blanks, and
/// Grafana's `$__name`.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace coalmine {

struct FilledIn {
  std::string text;
  /// Where in the text with placeholders byte `offset` of `text` comes from; of what was filled in,
  /// where its placeholder begins.
  std::size_t origin(std::size_t offset) const;

  struct Piece {
    std::size_t begins = 0;  ///< in `text`
    std::size_t origin = 0;
    bool filled = false;
  };
  std::vector<Piece> pieces;  ///< in order, the first at 0
};

/// Each replaced by its value; those without one stand as they are. Grafana's have their `$__` in
/// `values`.
FilledIn fill_in(const std::string& text, const std::map<std::string, std::string>& values);

}  // namespace coalmine
