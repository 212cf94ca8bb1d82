#include "tests/telemetry/differential/prometheus_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

namespace coalmine::promql {
namespace {

constexpr int kTries = 600;
constexpr std::chrono::milliseconds kBetweenTries{50};

/// A port that was free a moment ago.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(socket);
  if (!bound) throw std::runtime_error("no free port on the loopback interface");
  return ntohs(address.sin_port);
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "coalmine-promql-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int run_command(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool PrometheusServer::installed() {
  const bool there =
      run_command("command -v prometheus >/dev/null && command -v promtool >/dev/null") == 0;
  if (!there) WARN("skipped: prometheus and promtool are not installed");
  return there;
}

PrometheusServer::PrometheusServer(std::string_view openmetrics) {
  create_blocks(openmetrics);
  // Another program may take the port between the look and the start.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const int port = free_port();
    http_ = std::make_unique<HttpClient>(port);
    start(port);
    if (wait_until_ready()) return;
    stop();
  }
  throw std::runtime_error("prometheus does not start: " + said());
}

PrometheusServer::~PrometheusServer() {
  stop();
}

void PrometheusServer::create_blocks(std::string_view openmetrics) const {
  const std::string folder = folder_.path().string();
  std::ofstream(folder + "/page", std::ios::binary) << openmetrics;
  std::ofstream(folder + "/prometheus.yml") << "global: {evaluation_interval: 1m}\n";
  if (run_command("promtool tsdb create-blocks-from openmetrics " + folder + "/page " + folder +
                  "/data >" + folder + "/said 2>&1") != 0)
    throw std::runtime_error("promtool takes no blocks from our page: " + said());
}

void PrometheusServer::start(int port) {
  const std::string folder = folder_.path().string();
  std::vector<std::string> words{"prometheus",
                                 "--config.file=" + folder + "/prometheus.yml",
                                 "--storage.tsdb.path=" + folder + "/data",
                                 "--storage.tsdb.retention.time=100y",
                                 "--web.listen-address=127.0.0.1:" + std::to_string(port),
                                 "--log.level=warn"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int log = open((folder + "/said").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ == 0) {
    // However the test ends, the server ends with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp("prometheus", arguments.data());
    _exit(127);
  }
  close(log);
}

bool PrometheusServer::wait_until_ready() {
  for (int i = 0; i < kTries; ++i) {
    if (http_->get("/-/ready").status == 200) return true;
    if (waitpid(process_, nullptr, WNOHANG) != 0) {
      process_ = -1;
      return false;
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  return false;
}

void PrometheusServer::stop() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);  // it has nothing to save
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string PrometheusServer::said() const {
  return read_file(folder_.path() / "said");
}

std::string PrometheusServer::version() {
  const auto answer =
      nlohmann::json::parse(http_->get("/api/v1/status/buildinfo").body, nullptr, false);
  if (!answer.is_object()) return "unknown";
  return answer.at("data").at("version").get<std::string>();
}

}  // namespace coalmine::promql
