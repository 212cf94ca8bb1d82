#include "strategies/placeholders.h"

#include <algorithm>

namespace coalmine {

std::size_t FilledIn::origin(std::size_t offset) const {
  const auto after = std::find_if(
      pieces.begin(), pieces.end(), [offset](const Piece& piece) { return piece.begins > offset; });
  if (after == pieces.begin()) return offset;
  const Piece& piece = *(after - 1);
  return piece.filled ? piece.origin : piece.origin + (offset - piece.begins);
}

FilledIn fill_in(const std::string& text, const std::map<std::string, std::string>& values) {
  FilledIn filled;
  const auto add = [&](const std::string& piece, std::size_t origin, bool is_value) {
    filled.pieces.push_back({filled.text.size(), origin, is_value});
    filled.text += piece;
  };
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = text.find("{{", from);
    const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) break;
    const std::size_t first = text.find_first_not_of(" \t", open + 2);
    const std::size_t last = text.find_last_not_of(" \t", close - 1);
    const auto value = last >= first && first < close
                           ? values.find(text.substr(first, last + 1 - first))
                           : values.end();
    const std::size_t end = close + 2;
    if (value != values.end()) {
      add(text.substr(from, open - from), from, false);
      add(value->second, open, true);
    } else {
      add(text.substr(from, end - from), from, false);
    }
    from = end;
  }
  add(text.substr(from), from, false);
  return filled;
}

}  // namespace coalmine
