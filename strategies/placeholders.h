/// Placeholders in the texts that users bring along: `{{ name }}`, with or without blanks.
#pragma once

#include <map>
#include <string>

namespace coalmine {

/// Each replaced by its value; those without one stand as they are.
std::string fill_in(const std::string& text, const std::map<std::string, std::string>& values);

}  // namespace coalmine
