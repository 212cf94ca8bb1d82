#include "sim/telemetry/promql/regex_text.h"

#include <algorithm>
#include <utility>

namespace coalmine::promql {
namespace {

constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"missing ]", "missing closing ]"},
    {"missing )", "missing closing )"},
    {"unexpected )", "unexpected )"},
    {"invalid repetition size", "invalid repeat count"},
    {"bad repetition operator", "invalid nested repetition operator"},
    {"no argument for repetition operator", "missing argument to repetition operator"},
    {"trailing \\", "trailing backslash at end of expression"},
    {"invalid perl operator", "invalid or unsupported Perl syntax"},
    {"invalid named capture group", "invalid named capture"},
};

}  // namespace

std::string regex_message(std::string_view re2_error) {
  const std::size_t colon = re2_error.find(": ");
  std::string_view reason = re2_error.substr(0, colon);
  const auto* const known =
      std::find_if(std::begin(kWords), std::end(kWords), [reason](const auto& words) {
        return words.first == reason;
      });
  if (known != std::end(kWords)) reason = known->second;
  std::string message = "error parsing regexp: " + std::string(reason);
  if (colon != std::string_view::npos)
    message += ": `" + std::string(re2_error.substr(colon + 2)) + "`";
  return message;
}

}  // namespace coalmine::promql
