/// A recording made by hand, small and with one of everything a recording can hold, and ways to
/// turn recordings into bytes and back without a file of one's own.
#pragma once

#include <memory>
#include <string>

#include "sim/experiment/recording_file.h"

namespace coalmine::test {

Recording small_recording();

/// The file that a recording makes.
std::string bytes_of(const Recording& recording);

/// Opens bytes as if they stood in "x.cmrun".
RecordingFile file_of(const std::string& bytes);
/// All that they hold. Throws InvalidInput.
Recording recording_of(const std::string& bytes);

/// What is said of bytes that are refused; "" if they are not.
std::string complaint_about(const std::string& bytes);

/// Fails the test where the two differ.
void check_same(const Recording& a, const Recording& b);

/// A folder that is gone at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  /// Names of what is in it.
  std::vector<std::string> files() const;

 private:
  std::filesystem::path path_;
};

std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

}  // namespace coalmine::test
