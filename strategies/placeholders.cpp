#include "strategies/placeholders.h"

#include <cstddef>

namespace coalmine {

std::string fill_in(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string filled;
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = text.find("{{", from);
    const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) return filled + text.substr(from);
    const std::size_t first = text.find_first_not_of(" \t", open + 2);
    const std::size_t last = text.find_last_not_of(" \t", close - 1);
    const auto value = last >= first && first < close
                           ? values.find(text.substr(first, last + 1 - first))
                           : values.end();
    filled += text.substr(from, open - from);
    filled += value != values.end() ? value->second : text.substr(open, close + 2 - open);
    from = close + 2;
  }
}

}  // namespace coalmine
