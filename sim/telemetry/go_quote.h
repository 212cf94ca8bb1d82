/// Strings quoted as Go's strconv.Quote does, which is how Prometheus prints label values.
#pragma once

#include <string>
#include <string_view>

namespace coalmine {

/// `"..."` with \a \b \f \n \r \t \v \\ \" escaped, other control characters as \x00 or \u0000,
/// bytes that are not UTF-8 as \xff; printable Unicode as it is.
std::string go_quote(std::string_view text);

}  // namespace coalmine
