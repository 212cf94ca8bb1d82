#include "strategies/placeholders.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace coalmine {

std::size_t FilledIn::origin(std::size_t offset) const {
  const auto after = std::find_if(
      pieces.begin(), pieces.end(), [offset](const Piece& piece) { return piece.begins > offset; });
  if (after == pieces.begin()) return offset;
  const Piece& piece = *(after - 1);
  return piece.filled ? piece.origin : piece.origin + (offset - piece.begins);
}

namespace {

/// One placeholder in a text.
struct Hole {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string name;
};

constexpr std::string_view kGrafana = "$__";

Hole braces(const std::string& text, std::size_t open, std::size_t close) {
  const std::size_t first = text.find_first_not_of(" \t", open + 2);
  const std::size_t last = text.find_last_not_of(" \t", close - 1);
  const bool named = last >= first && first < close;
  return {open, close + 2, named ? text.substr(first, last + 1 - first) : ""};
}

Hole variable(const std::string& text, std::size_t at) {
  const std::size_t end = std::min(
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + kGrafana.size()), text.size());
  return {at, end, text.substr(at, end - at)};
}

std::optional<Hole> next_hole(const std::string& text, std::size_t from) {
  const std::size_t open = text.find("{{", from);
  const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
  const std::size_t grafana = text.find(kGrafana, from);
  if (close != std::string::npos && open < grafana) return braces(text, open, close);
  if (grafana != std::string::npos) return variable(text, grafana);
  return std::nullopt;
}

}  // namespace

FilledIn fill_in(const std::string& text, const std::map<std::string, std::string>& values) {
  FilledIn filled;
  const auto add = [&](const std::string& piece, std::size_t origin, bool is_value) {
    filled.pieces.push_back({filled.text.size(), origin, is_value});
    filled.text += piece;
  };
  std::size_t from = 0;
  while (const auto hole = next_hole(text, from)) {
    const auto value = values.find(hole->name);
    if (value != values.end()) {
      add(text.substr(from, hole->begin - from), from, false);
      add(value->second, hole->begin, true);
    } else {
      add(text.substr(from, hole->end - from), from, false);
    }
    from = hole->end;
  }
  add(text.substr(from), from, false);
  return filled;
}

}  // namespace coalmine
