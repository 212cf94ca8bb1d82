// Numbers and tables as people read them.
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

TEST_CASE("large numbers are grouped by thousands", "[cli][table]") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(7) == "7");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1 000");
  CHECK(grouped(1234567) == "1 234 567");
  CHECK(grouped(-1234) == "-1 234");
  // Whole numbers, rounded to the nearest; no minus before nothing.
  CHECK(grouped(999.6) == "1 000");
  CHECK(grouped(-0.2) == "0");
}

TEST_CASE("seconds are said in the unit a person would use", "[cli][table]") {
  CHECK(human_seconds(0) == "0 ms");
  CHECK(human_seconds(0.085) == "85 ms");
  CHECK(human_seconds(0.999) == "999 ms");
  CHECK(human_seconds(1) == "1.0 s");
  CHECK(human_seconds(4.2) == "4.2 s");
  CHECK(human_seconds(59.94) == "59.9 s");
  CHECK(human_seconds(60) == "1 min 00 s");
  CHECK(human_seconds(185) == "3 min 05 s");
  CHECK(human_seconds(3599) == "59 min 59 s");
  CHECK(human_seconds(3600) == "1 h 00 min");
  CHECK(human_seconds(4320) == "1 h 12 min");
  CHECK(human_seconds(-185) == "-3 min 05 s");
}

// A value just below a unit's end is said in the next unit, never as "1000 ms" or "60.0 s".
TEST_CASE("rounding never leaves a unit's range", "[cli][table]") {
  CHECK(human_seconds(0.9996) == "1.0 s");
  CHECK(human_seconds(59.96) == "1 min 00 s");
  CHECK(human_seconds(3599.7) == "1 h 00 min");
  for (double s = 0; s < 8000; s += 0.0137) {
    const std::string text = human_seconds(s);
    if (text == "1000 ms" || text == "60.0 s" || text.find("60 s") == 0 ||
        text.find(" 60 ") != std::string::npos)
      FAIL("at " << s << ": " << text);
  }
}

TEST_CASE("percentages keep the digits that matter", "[cli][table]") {
  CHECK(percent(0) == "0 %");
  CHECK(percent(0.0004) == "0.04 %");
  CHECK(percent(0.004) == "0.4 %");
  CHECK(percent(0.05) == "5.0 %");
  CHECK(percent(0.12) == "12 %");
  CHECK(percent(1) == "100 %");
  CHECK(percent(-0.004) == "-0.4 %");
  CHECK(percent(3.5) == "350 %");
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
