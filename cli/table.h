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
  /// Lines ending in a line feed, a rule below the header.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Text as one cell of CSV (RFC 4180): in quotes where it holds commas, quotes or line feeds.
std::string csv_cell(const std::string& text);

/// Number of code points.
std::size_t display_width(const std::string& utf8);

/// 1234567 -> "1 234 567".
std::string grouped(double value);
/// Seconds as a person says them: "85 ms", "4.2 s", "3 min 05 s", "1 h 12 min".
std::string human_seconds(double seconds);
/// A ratio as per cent, with digits that matter: "0.4 %", "12 %".
std::string percent(double ratio);

}  // namespace coalmine::cli
