#include "cli/table.h"

#include <algorithm>

namespace coalmine::cli {
namespace {

constexpr std::size_t kGap = 2;  ///< between columns

}  // namespace

std::size_t display_width(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  return widths;
}

std::string TextTable::text(std::size_t widest) const {
  const std::vector<std::size_t> wide = widths();
  std::string out;
  std::size_t next = 1;
  do {
    std::vector<std::size_t> columns{0};
    std::size_t total = wide[0];
    for (; next < wide.size(); ++next) {
      total += kGap + wide[next];
      if (total > widest && columns.size() > 1) break;
      columns.push_back(next);
    }
    if (!out.empty()) out += "\n";
    out += text_of(columns, wide);
  } while (next < wide.size());
  return out;
}

std::string TextTable::text_of(const std::vector<std::size_t>& columns,
                               const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (const std::size_t i : columns) {
      const std::string text = i < rows_[r].size() ? rows_[r][i] : std::string();
      const std::size_t pad = widths[i] - display_width(text);
      if (i == 0)
        line.append(text).append(pad, ' ');
      else
        line.append(kGap + pad, ' ').append(text);
    }
    if (r == 0) {
      const std::string rule(display_width(line), '-');
      line.append("\n").append(rule);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace coalmine::cli
