/// Just enough HTTP/1.1 to ask a server on this machine: one connection that stays open, GET only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coalmine::promql {

class HttpClient {
 public:
  explicit HttpClient(int port) : port_(port) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  using Parameters = std::vector<std::pair<std::string, std::string>>;

  struct Answer {
    int status = 0;  ///< 0: nobody answered
    std::string body;
  };
  Answer get(std::string_view path, const Parameters& parameters = {});

 private:
  bool connect();
  void close();
  bool send(std::string_view text);
  bool receive();  ///< more bytes into the buffer
  std::string line();
  std::string bytes(std::size_t count);
  Answer read_answer();

  int port_;
  int socket_ = -1;
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace coalmine::promql
