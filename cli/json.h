/// JSON as all commands print it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace coalmine::cli {

/// Indented, ends in a line feed. A name that is not UTF-8 (of a file, say) is no reason to lose a
/// result: such bytes are replaced.
inline std::string json_text(const nlohmann::ordered_json& j) {
  return j.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace coalmine::cli
