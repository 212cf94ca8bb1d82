#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/structure/include_rules.h"

namespace coalmine::structure {
namespace {

namespace fs = std::filesystem;

/// Every C++ file of ours, relative to the root, in alphabetical order.
std::vector<std::string> our_files(const fs::path& root) {
  std::vector<std::string> files;
  for (const char* top : {"sim", "strategies", "cli", "gui", "bench", "tests"}) {
    if (!fs::exists(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string path = entry.path().lexically_relative(root).generic_string();
      if (entry.is_regular_file() && is_ours(path)) files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The first objection to a file at `path` that includes `header`; empty when there is none.
std::string why_not(const std::string& path, const std::string& header) {
  const auto found = check_includes(path, "#pragma once\n#include \"" + header + "\"\n");
  return found.empty() ? "" : found.front().why;
}

TEST_CASE("no file includes against the direction of the house") {
  const fs::path root = COALMINE_SOURCE_DIR;
  const auto files = our_files(root);
  REQUIRE(files.size() > 10);  // or the walk has lost its way
  std::string report;
  for (const auto& file : files) {
    for (const auto& v : check_includes(file, read(root / file))) {
      report += file + ":" + std::to_string(v.line) + ": " + v.include + ": " + v.why + "\n";
    }
  }
  INFO(report);
  CHECK(report.empty());
}

TEST_CASE("a room may include itself and the rooms before it") {
  CHECK(why_not("sim/traffic/x.cpp", "sim/traffic/y.h").empty());
  CHECK(why_not("sim/traffic/x.cpp", "sim/kernel/time.h").empty());
  CHECK(why_not("sim/experiment/x.cpp", "sim/scenario/y.h").empty());
}

TEST_CASE("a room that includes a later one is caught") {
  CHECK(why_not("sim/kernel/x.h", "sim/cluster/y.h") == "cluster comes after kernel");
  CHECK(why_not("sim/traffic/x.cpp", "sim/faults/y.h") == "faults comes after traffic");
  CHECK(why_not("sim/scenario/x.cpp", "sim/experiment/y.h") == "experiment comes after scenario");
}

TEST_CASE("a room nobody has listed is caught, on both ends") {
  CHECK(why_not("sim/attic/x.h", "sim/kernel/y.h") == "sim/attic is not in the list of rooms");
  CHECK(why_not("sim/kernel/x.h", "sim/attic/y.h") == "sim/attic is not in the list of rooms");
}

TEST_CASE("the engine that includes what stands above it is caught") {
  CHECK(why_not("sim/experiment/x.cpp", "strategies/canary/canary.h") ==
        "sim never sees strategies");
  CHECK(why_not("sim/kernel/x.cpp", "cli/options.h") == "sim never sees cli");
  CHECK(why_not("strategies/canary/x.cpp", "cli/options.h") == "strategies never see cli");
}

TEST_CASE("a strategy that looks at the truth is caught") {
  for (const std::string room : {"service", "traffic", "faults"}) {
    CHECK(why_not("strategies/canary/x.cpp", "sim/" + room + "/y.h") ==
          "strategies act through the Operator and never look into sim/" + room);
  }
  CHECK(why_not("strategies/canary/x.cpp", "sim/telemetry/reader.h").empty());
}

TEST_CASE("a front end that reaches for model code or the other front end is caught") {
  CHECK(why_not("cli/run.cpp", "sim/traffic/data_plane.h") ==
        "cli holds no model code, so it has no use for sim/traffic");
  CHECK(why_not("cli/run.cpp", "gui/window.h") == "cli never sees gui");
  CHECK(why_not("cli/run.cpp", "sim/experiment/compare.h").empty());
  CHECK(why_not("cli/run.cpp", "strategies/registry.h").empty());
}

TEST_CASE("only tests see tests, only bench and tests see bench") {
  CHECK(why_not("sim/kernel/x.cpp", "tests/traffic/reference_engine.h") == "only tests see tests");
  CHECK(why_not("cli/x.cpp", "bench/hand_loop.h") == "only bench and tests see bench");
  CHECK(why_not("tests/cli/x.cpp", "bench/hand_loop.h").empty());
  CHECK(why_not("bench/x.cpp", "sim/traffic/data_plane.h").empty());
}

TEST_CASE("other spellings of an include do not slip through, other text is no include") {
  const auto count = [](const std::string& text) {
    return check_includes("sim/kernel/x.cpp", text).size();
  };
  CHECK(count("  #  include\t\"sim/cluster/y.h\"  // why\n") == 1);
  CHECK(count("#include \"../cluster/y.h\"") == 1);
  CHECK(count("#include <sim/kernel/y.h>\n") == 1);
  CHECK(count("// #include \"sim/cluster/y.h\"\n") == 0);
  CHECK(count("#include <vector>\n#include \"version.h\"\n#include <boost/sim.hpp>\n") == 0);
  const auto found = check_includes("sim/kernel/x.cpp", "\n\n#include \"cli/a.h\"\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 3);
  CHECK(found[0].include == "cli/a.h");
}

}  // namespace
}  // namespace coalmine::structure
