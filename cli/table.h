/// Text tables for a terminal: a header, rows of cells, columns as wide as their widest cell; the
/// first column is aligned left, the others right. Cells are UTF-8, one column per code point.
#pragma once

#include <string>
#include <vector>

namespace coalmine::cli {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Lines ending in a line feed, a rule below the header. Wider than `widest`, the columns go on
  /// in a further table below, with the first column again.
  std::string text(std::size_t widest = std::string::npos) const;

 private:
  std::vector<std::size_t> widths() const;
  std::string text_of(const std::vector<std::size_t>& columns,
                      const std::vector<std::size_t>& widths) const;

  std::vector<std::vector<std::string>> rows_;
};

/// Text as one cell of CSV (RFC 4180): in quotes where it holds commas, quotes or line feeds.
std::string csv_cell(const std::string& text);

/// Number of code points.
std::size_t display_width(const std::string& utf8);

}  // namespace coalmine::cli
