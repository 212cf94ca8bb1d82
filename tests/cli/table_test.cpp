// Tables as people read them.
#include "cli/table.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace coalmine::cli;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("display width counts code points, not bytes", "[cli][table]") {
  CHECK(display_width("") == 0);
  CHECK(display_width("plain") == 5);
  CHECK(display_width("≥ 5") == 3);
  CHECK(display_width("Größe") == 5);
  CHECK(display_width("时间") == 2);
}

TEST_CASE("a table aligns its first column left and the others right", "[cli][table]") {
  TextTable table({"who", "users", "≥"});
  table.add({"canary", "12", "1.0 s"});
  table.add({"ab", "1 234", "≥ 5 s"});
  CHECK(table.text() ==
        "who     users      ≥\n"
        "--------------------\n"
        "canary     12  1.0 s\n"
        "ab      1 234  ≥ 5 s\n");
}

TEST_CASE("a table wider than allowed goes on below, its first column again", "[cli][table]") {
  TextTable table({"who", "users", "requests"});
  table.add({"canary", "12", "345"});
  table.add({"against rolling"});  // a line of its own
  CHECK(table.text(26) ==
        "who              users\n"
        "----------------------\n"
        "canary              12\n"
        "against rolling\n"
        "\n"
        "who              requests\n"
        "-------------------------\n"
        "canary                345\n"
        "against rolling\n");
  // One column always stands, however little room there is.
  CHECK(table.text(1) == table.text(26));
}

TEST_CASE("all lines of a table end in the same column", "[cli][table]") {
  TextTable table({"größer", "一", "value"});
  table.add({"a", "≥ 12 345", "x"});
  table.add({"a longer name", "1", "0.4 %"});
  const std::vector<std::string> lines = lines_of(table.text());
  REQUIRE(lines.size() == 4);
  for (const std::string& line : lines) CHECK(display_width(line) == display_width(lines[1]));
}

TEST_CASE("no line of a table ends in blanks", "[cli][table]") {
  TextTable table({"a", "b"});
  table.add({"wide enough", ""});
  for (const std::string& line : lines_of(table.text())) {
    REQUIRE_FALSE(line.empty());
    CHECK(line.back() != ' ');
  }
}

TEST_CASE("a cell of CSV is quoted only where it must be", "[cli][table]") {
  CHECK(csv_cell("plain text") == "plain text");
  CHECK(csv_cell("a, b") == "\"a, b\"");
  CHECK(csv_cell("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_cell("two\nlines") == "\"two\nlines\"");
  CHECK(csv_cell("").empty());
}
