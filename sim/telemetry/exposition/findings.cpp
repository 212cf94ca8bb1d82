#include "sim/telemetry/exposition/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/utf8.h"

namespace coalmine::exposition {
namespace {

constexpr std::size_t kLongestShown = 200;  ///< bytes of a line: messages show fewer
constexpr std::size_t kLongestFound = 40;

/// A line for a terminal: of the same length, without control characters and half characters.
std::string shown(std::string_view line) {
  std::string out(line.substr(0, kLongestShown));
  for (std::size_t at = 0; at < out.size();) {
    const Rune rune = rune_at_front(std::string_view(out).substr(at));
    const bool control = rune.code < 0x20 || (rune.code >= 0x7f && rune.code < 0xa0);
    if (rune.length == 0)
      out[at++] = '?';
    else if (!control)
      at += rune.length;
    else
      for (std::size_t i = 0; i < rune.length; ++i) out[at++] = ' ';
  }
  return out;
}

}  // namespace

Findings::Findings(std::string name, std::string_view text, Diagnostics& diagnostics)
    : name_(std::move(name)), text_(text), diagnostics_(diagnostics) {}

Position Findings::position(int line, Place place) {
  if (!source_) {
    auto source = std::make_shared<SourceText>();
    source->name = name_;
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      source->lines.push_back(shown(text_.substr(begin, end - begin)));
      begin = end + 1;
    }
    source_ = std::move(source);
  }
  constexpr std::size_t kMostColumns = 1'000'000'000;
  return {source_,
          line,
          static_cast<int>(std::min(place.at, kMostColumns)) + 1,
          static_cast<int>(std::clamp<std::size_t>(place.length, 1, kLongestShown))};
}

void Findings::error(
    int line, Place place, std::string message, std::string hint, std::string note) {
  if (errors_++ >= kMost) return;
  diagnostics_.error(position(line, place), std::move(message), std::move(hint), std::move(note));
}

void Findings::warning(
    int line, Place place, std::string message, std::string hint, std::string note) {
  if (warnings_++ >= kMost) return;
  diagnostics_.warning(position(line, place), std::move(message), std::move(hint), std::move(note));
}

void Findings::close(int last_line) {
  if (full())
    diagnostics_.error(
        position(0, {}),
        fmt::format("after {} errors line {} was the last one read", kMost, last_line));
  if (warnings_ > kMost)
    diagnostics_.warning(position(0, {}), fmt::format("{} more warnings", warnings_ - kMost));
}

std::string found(std::string_view text) {
  if (text.size() <= kLongestFound) return go_quote(text);
  std::size_t end = kLongestFound;
  while (end > kLongestFound - 4 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return go_quote(text.substr(0, end)) + "...";
}

}  // namespace coalmine::exposition
