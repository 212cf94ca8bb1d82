/// The real readers, where they are installed.
#pragma once

#include <stdlib.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace coalmine::exposition {

class Promtool {
 public:
  Promtool() {
    std::string name = (std::filesystem::temp_directory_path() / "coalmine-expo-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Promtool() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Promtool(const Promtool&) = delete;
  Promtool& operator=(const Promtool&) = delete;

  /// Says so when it is not.
  static bool installed() {
    const bool there = std::system("command -v promtool >/dev/null") == 0;
    if (!there) WARN("skipped: promtool is not installed");
    return there;
  }

  /// Exit code: 0 fine, 1 refused, 3 only the linter has something to say (it is in `said`).
  int check_metrics(std::string_view page) { return run("check metrics <'" + write(page) + "'"); }
  /// Exit code: 0 fine, 1 refused.
  int create_blocks(std::string_view page) {
    const std::filesystem::path data = folder_ / "data";
    std::filesystem::remove_all(data);
    return run("tsdb create-blocks-from openmetrics '" + write(page) + "' '" + data.string() + "'");
  }
  /// Every sample of the blocks made last: `{__name__="a"} 1 1000`.
  std::string dump() {
    std::filesystem::create_directories(folder_ / "data/wal");
    REQUIRE(run("tsdb dump '" + (folder_ / "data").string() + "'") == 0);
    return read(folder_ / "out");
  }
  /// What the last one printed on standard error.
  std::string said() const { return read(folder_ / "err"); }

 private:
  static std::string read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string write(std::string_view page) {
    std::ofstream(folder_ / "page", std::ios::binary) << page;
    return (folder_ / "page").string();
  }
  int run(const std::string& arguments) {
    const std::string command = "promtool " + arguments + " >'" + (folder_ / "out").string() +
                                "' 2>'" + (folder_ / "err").string() + "'";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::filesystem::path folder_;
};

}  // namespace coalmine::exposition
