#include "strategies/headers.h"

#include <vector>

namespace coalmine {

double share_carrying(const std::string& header,
                      const std::string& value,
                      const TrafficSettings& traffic) {
  double share = 0;
  for (const UserSegment& s : traffic.segments) {
    const auto found = s.headers.find(header);
    if (found != s.headers.end() && (value.empty() || found->second == value)) share += s.share;
  }
  return share;
}

std::string nobody_carries(const std::string& header, const std::string& value) {
  return "header: no segment of the users carries " + header + (value.empty() ? "" : ": " + value);
}

std::string carried_instead(const std::string& header,
                            const std::string& value,
                            const TrafficSettings& traffic) {
  std::vector<std::string> headers;
  std::vector<std::string> values;
  for (const UserSegment& s : traffic.segments)
    for (const auto& [name, carried] : s.headers) {
      headers.push_back(name);
      if (name == header) values.push_back(carried);
    }
  const std::string meant =
      values.empty() ? did_you_mean(header, headers) : did_you_mean(value, values);
  return meant.empty() ? "traffic.segments[].headers says who carries what" : meant;
}

}  // namespace coalmine
