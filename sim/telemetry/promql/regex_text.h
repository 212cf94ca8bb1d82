/// RE2's complaints in the words of Go's regexp, which Prometheus shows.
#pragma once

#include <string>
#include <string_view>

namespace coalmine::promql {

/// "error parsing regexp: missing closing ): `^(?:()$`" for RE2's "missing ): ^(?:()$".
std::string regex_message(std::string_view re2_error);

}  // namespace coalmine::promql
