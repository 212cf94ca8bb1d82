#include "tests/telemetry/differential/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace coalmine::promql {
namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte / 16];
    out += kDigits[byte % 16];
  }
  return out;
}

}  // namespace

HttpClient::~HttpClient() {
  close();
}

bool HttpClient::connect() {
  close();
  buffer_.clear();
  broken_ = false;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return false;
  constexpr timeval kPatience{.tv_sec = 30, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  constexpr int kOn = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return true;
  close();
  return false;
}

void HttpClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool HttpClient::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::receive() {
  std::array<char, 65536> chunk{};
  const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (got <= 0) {
    broken_ = true;
    return false;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::string HttpClient::line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos)
    if (!receive()) return {};
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

std::string HttpClient::bytes(std::size_t count) {
  while (buffer_.size() < count)
    if (!receive()) return {};
  std::string text = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return text;
}

HttpClient::Answer HttpClient::read_answer() {
  Answer answer;
  const std::string status = line();  // HTTP/1.1 200 OK
  std::size_t length = 0;
  bool chunked = false;
  for (std::string header = line(); !header.empty(); header = line()) {
    constexpr std::string_view kLength = "Content-Length: ";
    if (header.starts_with(kLength))
      length = std::strtoull(header.c_str() + kLength.size(), nullptr, 10);
    if (header == "Transfer-Encoding: chunked") chunked = true;
  }
  if (chunked) {
    while (!broken_) {
      const std::size_t size = std::strtoull(line().c_str(), nullptr, 16);
      answer.body += bytes(size);
      line();
      if (size == 0) break;
    }
  } else {
    answer.body = bytes(length);
  }
  if (!broken_ && status.size() > 9) answer.status = std::atoi(status.c_str() + 9);
  return answer;
}

HttpClient::Answer HttpClient::get(std::string_view path, const Parameters& parameters) {
  std::string request = "GET " + std::string(path);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    request += separator + name + "=" + percent_encoded(value);
    separator = '&';
  }
  request += " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  // The server may have closed a connection that was idle: once more, then.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool fresh = socket_ < 0;
    if (fresh && !connect()) return {};
    if (send(request)) {
      Answer answer = read_answer();
      if (answer.status != 0) return answer;
    }
    close();
    if (fresh) break;
  }
  return {};
}

}  // namespace coalmine::promql
