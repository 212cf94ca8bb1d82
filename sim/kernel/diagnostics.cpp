#include "sim/kernel/diagnostics.h"

#include <algorithm>
#include <utility>

namespace coalmine {
namespace {

constexpr std::size_t kMostPrinted = 100;
constexpr std::size_t kMostKept = 1000;
constexpr std::size_t kLongestLine = 160;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Edit distance with swaps of neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

/// Columns on the screen of the first `bytes` bytes of UTF-8 text.
std::size_t screen_columns(std::string_view text, std::size_t bytes) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < bytes && i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) ++n;
  return n;
}

}  // namespace

std::shared_ptr<const SourceText> SourceText::make(std::string name, std::string_view text) {
  auto source = std::make_shared<SourceText>();
  source->name = std::move(name);
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    source->lines.emplace_back(line);
    begin = end + 1;
  }
  return source;
}

std::string Diagnostic::text() const {
  std::string out = file.empty() ? std::string("input") : file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += severity == Severity::error ? ": error: " : ": warning: ";
  out += message + "\n";
  if (!source_line.empty() && line > 0) {
    std::string number = std::to_string(line);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
    const std::size_t start = static_cast<std::size_t>(std::max(column, 1) - 1);
    out += number + " | " + source_line.substr(0, kLongestLine) + "\n";
    if (start < kLongestLine) {
      const std::size_t indent = screen_columns(source_line, start);
      const std::size_t width = std::max<std::size_t>(
          screen_columns(source_line.substr(std::min(start, source_line.size())),
                         static_cast<std::size_t>(std::max(length, 1))),
          1);
      out += std::string(number.size(), ' ') + " | " + std::string(indent, ' ') + "^" +
             std::string(width - 1, '~') + (hint.empty() ? "" : " " + hint) + "\n";
    } else if (!hint.empty()) {
      out += "  " + hint + "\n";
    }
  } else if (!hint.empty()) {
    out += "  " + hint + "\n";
  }
  if (!note.empty()) out += "  " + note + "\n";
  return out;
}

void Diagnostics::add(Severity severity,
                      const Position& at,
                      std::string message,
                      std::string hint,
                      std::string note) {
  if (severity == Severity::error) ++errors_;
  if (all_.size() >= kMostKept) return;
  Diagnostic d;
  if (at.source) {
    d.file = at.source->name;
    const auto line = static_cast<std::size_t>(std::max(at.line, 0));
    if (line > 0 && line <= at.source->lines.size()) d.source_line = at.source->lines[line - 1];
  }
  d.line = at.line;
  d.column = at.column;
  d.length = at.length;
  d.severity = severity;
  d.message = std::move(message);
  d.hint = std::move(hint);
  d.note = std::move(note);
  all_.push_back(std::move(d));
}

void Diagnostics::error(const Position& at,
                        std::string message,
                        std::string hint,
                        std::string note) {
  add(Severity::error, at, std::move(message), std::move(hint), std::move(note));
}

void Diagnostics::warning(const Position& at,
                          std::string message,
                          std::string hint,
                          std::string note) {
  add(strict_ ? Severity::error : Severity::warning,
      at,
      std::move(message),
      std::move(hint),
      std::move(note));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<std::string> files;
  const auto rank = [&](const std::string& file) {
    return std::find(files.begin(), files.end(), file) - files.begin();
  };
  for (const Diagnostic& d : all_)
    if (std::find(files.begin(), files.end(), d.file) == files.end()) files.push_back(d.file);
  std::vector<Diagnostic> result = all_;
  std::stable_sort(result.begin(), result.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(rank(a.file), a.line) < std::pair(rank(b.file), b.line);
  });
  return result;
}

std::string Diagnostics::text() const {
  std::string out;
  std::size_t printed = 0;
  for (const Diagnostic& d : sorted()) {
    if (printed++ == kMostPrinted) {
      out += "and " + std::to_string(std::max(errors_, all_.size()) - kMostPrinted) + " more\n";
      break;
    }
    out += d.text();
  }
  return out;
}

void Diagnostics::throw_if_errors() const {
  if (has_errors()) throw InvalidInput(*this);
}

std::optional<std::string> nearest_name(std::string_view word,
                                        std::span<const std::string> candidates) {
  const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const auto near = nearest_name(word, candidates);
  return near ? "did you mean " + *near + "?" : std::string();
}

std::string join(std::span<const std::string> words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

}  // namespace coalmine
