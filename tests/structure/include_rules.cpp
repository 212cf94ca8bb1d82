#include "tests/structure/include_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace coalmine::structure {
namespace {

// In the order of the house: each may include what stands before it.
constexpr std::array<std::string_view, 9> kRooms = {"kernel",
                                                    "cluster",
                                                    "service",
                                                    "traffic",
                                                    "faults",
                                                    "telemetry",
                                                    "analysis",
                                                    "scenario",
                                                    "experiment"};

constexpr std::array<std::string_view, 6> kTops = {
    "sim", "strategies", "cli", "gui", "bench", "tests"};

struct Place {
  std::string_view top;   // "sim"
  std::string_view room;  // "kernel", or the file's name where there is no folder
};

Place place_of(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  const std::string_view rest = path.substr(slash + 1);
  return {path.substr(0, slash), rest.substr(0, rest.find('/'))};
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// Place in kRooms; kRooms.size() for a room that is not listed.
std::size_t rank(std::string_view room) {
  return static_cast<std::size_t>(std::find(kRooms.begin(), kRooms.end(), room) - kRooms.begin());
}

std::string joined(std::string_view a, std::string_view b, std::string_view c = "") {
  return std::string(a).append(b).append(c);
}

std::optional<std::string> objection_in_sim(const Place& from, const Place& to) {
  if (to.top != "sim") return joined("sim never sees ", to.top);
  for (const std::string_view room : {from.room, to.room}) {
    if (rank(room) == kRooms.size()) return joined("sim/", room, " is not in the list of rooms");
  }
  if (rank(to.room) > rank(from.room)) return joined(to.room, " comes after ", from.room);
  return std::nullopt;
}

/// Why `from` must not include `to`; nothing when it may.
std::optional<std::string> objection(const Place& from, const Place& to) {
  if (from.top == "tests") return std::nullopt;
  if (to.top == "tests") return "only tests see tests";
  if (from.top == "bench") return std::nullopt;
  if (to.top == "bench") return "only bench and tests see bench";
  if (from.top == "sim") return objection_in_sim(from, to);

  constexpr std::array<std::string_view, 3> kTruth = {"service", "traffic", "faults"};
  const bool looks_at_truth = to.top == "sim" && contains(kTruth, to.room);
  if (from.top == "strategies") {
    if (to.top == "cli" || to.top == "gui") return joined("strategies never see ", to.top);
    if (looks_at_truth) {
      return joined("strategies act through the Operator and never look into sim/", to.room);
    }
    return std::nullopt;
  }

  // cli, gui
  if ((to.top == "cli" || to.top == "gui") && to.top != from.top) {
    return joined(from.top, " never sees ", to.top);
  }
  if (looks_at_truth || (to.top == "sim" && to.room == "cluster")) {
    return joined(from.top, " holds no model code, so it has no use for sim/", to.room);
  }
  return std::nullopt;
}

/// What stands between the delimiters of an #include line, and whether they are quotes.
struct Include {
  std::string_view path;
  bool quoted;
};

std::optional<Include> parse(std::string_view line) {
  const auto skip_blanks = [&line] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  const auto skip = [&line](std::string_view word) {
    if (line.substr(0, word.size()) != word) return false;
    line.remove_prefix(word.size());
    return true;
  };
  skip_blanks();
  if (!skip("#")) return std::nullopt;
  skip_blanks();
  if (!skip("include")) return std::nullopt;
  skip_blanks();
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const bool quoted = line[0] == '"';
  line.remove_prefix(1);
  const std::size_t end = line.find(quoted ? '"' : '>');
  if (end == std::string_view::npos) return std::nullopt;
  return Include{line.substr(0, end), quoted};
}

}  // namespace

bool is_ours(std::string_view path) {
  return contains(kTops, place_of(path).top) && (path.ends_with(".h") || path.ends_with(".cpp"));
}

std::vector<Violation> check_includes(std::string_view path, std::string_view text) {
  std::vector<Violation> found;
  const Place from = place_of(path);
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto include = parse(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!include) continue;
    const auto add = [&](std::string why) {
      found.push_back({number, std::string(include->path), std::move(why)});
    };

    const bool has_folder = include->path.find('/') != std::string_view::npos;
    const Place to = place_of(include->path);
    if (include->path.find("..") != std::string_view::npos) {
      add("include from the root of the repository, not by ..");
    } else if (has_folder && contains(kTops, to.top)) {
      if (!include->quoted) add("our own headers stand in quotes");
      if (auto why = objection(from, to)) add(std::move(*why));
    }
  }
  return found;
}

}  // namespace coalmine::structure
