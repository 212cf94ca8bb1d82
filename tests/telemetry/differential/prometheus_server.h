/// A real Prometheus with series of our own in its store, for as long as this lives.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tests/telemetry/differential/http_client.h"

namespace coalmine::promql {

/// A folder that is gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs `command` with the shell; its exit code.
int run_command(const std::string& command);

class PrometheusServer {
 public:
  /// Whether prometheus and promtool are there; says so when they are not.
  static bool installed();

  /// Backfills what the OpenMetrics page holds and starts the server. Throws std::runtime_error
  /// with the server's own words when it does not come up.
  explicit PrometheusServer(std::string_view openmetrics);
  ~PrometheusServer();
  PrometheusServer(const PrometheusServer&) = delete;
  PrometheusServer& operator=(const PrometheusServer&) = delete;

  HttpClient& http() { return *http_; }
  /// Of the server: "2.42.0+ds".
  std::string version();

 private:
  void create_blocks(std::string_view openmetrics) const;
  void start(int port);
  bool wait_until_ready();
  void stop();
  std::string said() const;

  TemporaryFolder folder_;
  std::unique_ptr<HttpClient> http_;
  pid_t process_ = -1;
};

}  // namespace coalmine::promql
