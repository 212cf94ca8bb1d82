#include "sim/telemetry/promql/token.h"

#include <algorithm>
#include <utility>

#include "sim/telemetry/go_quote.h"

namespace coalmine::promql {
namespace {

constexpr std::pair<std::string_view, Tok> kWords[] = {
    {"and", Tok::kw_and},
    {"or", Tok::kw_or},
    {"unless", Tok::kw_unless},
    {"atan2", Tok::kw_atan2},
    {"sum", Tok::aggregator},
    {"avg", Tok::aggregator},
    {"count", Tok::aggregator},
    {"min", Tok::aggregator},
    {"max", Tok::aggregator},
    {"group", Tok::aggregator},
    {"stddev", Tok::aggregator},
    {"stdvar", Tok::aggregator},
    {"topk", Tok::aggregator},
    {"bottomk", Tok::aggregator},
    {"count_values", Tok::aggregator},
    {"quantile", Tok::aggregator},
    {"offset", Tok::kw_offset},
    {"by", Tok::kw_by},
    {"without", Tok::kw_without},
    {"on", Tok::kw_on},
    {"ignoring", Tok::kw_ignoring},
    {"group_left", Tok::kw_group_left},
    {"group_right", Tok::kw_group_right},
    {"bool", Tok::kw_bool},
    {"start", Tok::kw_start},
    {"end", Tok::kw_end},
    {"inf", Tok::number},
    {"nan", Tok::number},
};

bool is_operator(Tok kind) {
  return kind >= Tok::at && kind <= Tok::kw_unless;
}
bool is_keyword(Tok kind) {
  return kind >= Tok::kw_offset && kind < Tok::kw_start;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 10;
  return text.size() > kLongest ? go_quote(text.substr(0, kLongest)) + "..." : go_quote(text);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case Tok::end:
      return "end of input";
    case Tok::number:
      return "number " + quoted(token.text);
    case Tok::duration:
      return "duration " + quoted(token.text);
    case Tok::string:
      return "string " + quoted(token.text);
    case Tok::identifier:
      return "identifier " + go_quote(token.text);
    case Tok::metric_identifier:
      return "metric identifier " + go_quote(token.text);
    case Tok::aggregator:
      return "<aggr:" + std::string(token.text) + ">";
    default:
      break;
  }
  if (is_operator(token.kind)) return "<op:" + std::string(token.text) + ">";
  if (is_keyword(token.kind)) return "<" + std::string(token.text) + ">";
  return go_quote(token.text);
}

Tok kind_of_word(std::string_view word) {
  const std::string lower = lower_case(word);
  const auto* const found = std::find_if(std::begin(kWords),
                                         std::end(kWords),
                                         [&](const auto& known) { return known.first == lower; });
  if (found != std::end(kWords)) return found->second;
  return word.find(':') == std::string_view::npos ? Tok::identifier : Tok::metric_identifier;
}

}  // namespace coalmine::promql
