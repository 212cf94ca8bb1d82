/// YAML text to `Value` trees with places. Hostile input ends in an error, never in a crash: files
/// of at most 4 MiB, at most 64 levels, at most 200 000 values counting every use of an alias.
/// Duplicate keys, keys that are not plain text, bytes that are not UTF-8 are errors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/value.h"

namespace coalmine {

inline constexpr std::size_t kMostYamlBytes = std::size_t{4} << 20U;
inline constexpr int kMostYamlDepth = 64;
inline constexpr std::size_t kMostYamlValues = 200'000;

/// The documents of the text that are not empty. After an error the list may be incomplete.
std::vector<Value> read_yaml(const std::string& name,
                             std::string_view text,
                             Diagnostics& diagnostics);

/// The file's bytes; empty, with an error at `wanted_at` (or at the file itself), if it is missing,
/// not a file, unreadable or larger than `most_bytes`.
std::optional<std::string> read_text_file(const std::filesystem::path& path,
                                          std::size_t most_bytes,
                                          const Position& wanted_at,
                                          Diagnostics& diagnostics);

/// Where a text stops being UTF-8, or holds a control character; empty: nowhere.
std::optional<std::size_t> first_bad_byte(std::string_view text);

/// A position that means the whole file.
Position whole_file(const std::string& name);

}  // namespace coalmine
