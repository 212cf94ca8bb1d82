#include "sim/telemetry/exposition/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/utf8.h"

namespace coalmine::exposition {
namespace {

constexpr std::string_view kTotal = "_total";

/// With \\ and \n escaped, and quotes where `quotes` says so.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = rune_at_front(text);
    const std::size_t length = std::max<std::size_t>(rune.length, 1);
    if (rune.length == 0)
      out += "\xEF\xBF\xBD";
    else if (rune.code == '\\')
      out += "\\\\";
    else if (rune.code == '\n')
      out += "\\n";
    else if (rune.code == '"' && quotes)
      out += "\\\"";
    else
      out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

std::string label_list(const Labels& labels) {
  std::string out;
  for (const Label& label : labels) {
    if (label.name == kMetricName) continue;
    CM_ASSERT(is_label_name(label.name));
    out += out.empty() ? "" : ",";
    out += label.name + "=\"" + escaped(label.value, true) + "\"";
  }
  return out;
}

std::string series(std::string_view name, const Labels& labels) {
  CM_ASSERT(is_metric_name(name));
  const std::string list = label_list(labels);
  return list.empty() ? std::string(name) : fmt::format("{}{{{}}}", name, list);
}

std::string_view sample_name(const Family& family, const Sample& sample) {
  const std::string_view name = sample.labels.metric_name();
  return name.empty() ? std::string_view(family.name) : name;
}

// ---- text 0.0.4

/// Whether the sample may stand under the TYPE line of its family.
bool is_own(const Family& family, std::string_view name) {
  if (name == family.name) return family.type != MetricType::gaugehistogram;
  if (family.type != MetricType::histogram && family.type != MetricType::summary) return false;
  for (const std::string_view suffix : suffixes_of(family.type))
    if (suffix != "_created" && name == family.name + std::string(suffix)) return true;
  return false;
}

std::string_view text_type(MetricType type) {
  switch (type) {
    case MetricType::counter:
    case MetricType::gauge:
    case MetricType::histogram:
    case MetricType::summary:
      return name_of(type);
    case MetricType::info:
    case MetricType::stateset:
      return "gauge";
    default:
      return "untyped";
  }
}

void text_head(const std::string& name,
               const std::string& help,
               std::string_view type,
               std::string& out) {
  if (!help.empty()) out += fmt::format("# HELP {} {}\n", name, escaped(help, false));
  out += fmt::format("# TYPE {} {}\n", name, type);
}

void text_sample(std::string_view name, const Sample& sample, std::string& out) {
  out += series(name, sample.labels) + " " + go_number(sample.value);
  if (sample.time) out += fmt::format(" {}", sample.time->time_since_epoch().count());
  out += "\n";
}

void text_family(const Family& family, std::string& out) {
  std::vector<std::string> other_names;
  std::map<std::string_view, std::vector<const Sample*>> others;
  std::string own;
  for (const Sample& sample : family.samples) {
    const std::string_view name = sample_name(family, sample);
    if (is_own(family, name)) {
      text_sample(name, sample, own);
    } else {
      if (others[name].empty()) other_names.emplace_back(name);
      others[name].push_back(&sample);
    }
  }
  if (!own.empty() || other_names.empty()) {
    text_head(family.name, family.help, text_type(family.type), out);
    out += own;
  }
  for (const std::string& name : other_names) {
    const bool created = name.ends_with("_created");
    text_head(name, family.help, created ? "gauge" : text_type(family.type), out);
    for (const Sample* sample : others[name]) text_sample(name, *sample, out);
  }
}

// ---- OpenMetrics

/// What reads back as this millisecond.
std::string openmetrics_time(Timestamp time) {
  const std::int64_t ms = time.time_since_epoch().count();
  const double seconds = static_cast<double>(ms) / 1000;
  const auto cut = [](double s) { return static_cast<std::int64_t>(s * 1000); };
  const double outward = std::copysign(std::numeric_limits<double>::infinity(), seconds);
  if (cut(seconds) != ms) return fmt::format("{}", std::nextafter(seconds, outward));
  std::string text = fmt::format("{}.{:03}", std::abs(ms / 1000), std::abs(ms % 1000));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return (ms < 0 ? "-" : "") + text;
}

void openmetrics_sample(std::string_view name, const Sample& sample, std::string& out) {
  out += series(name, sample.labels) + " " + go_number_of_openmetrics(sample.value);
  if (sample.time) out += " " + openmetrics_time(*sample.time);
  if (sample.exemplar) {
    const Exemplar& exemplar = *sample.exemplar;
    out += fmt::format(
        " # {{{}}} {}", label_list(exemplar.labels), go_number_of_openmetrics(exemplar.value));
    if (exemplar.time) out += " " + openmetrics_time(*exemplar.time);
  }
  out += "\n";
}

void openmetrics_family(const Family& family, std::string& out) {
  const bool counter = family.type == MetricType::counter;
  std::string name = family.name;
  if (counter && name.size() > kTotal.size() && name.ends_with(kTotal))
    name.erase(name.size() - kTotal.size());
  if (!family.help.empty()) out += fmt::format("# HELP {} {}\n", name, escaped(family.help, true));
  out += fmt::format("# TYPE {} {}\n", name, name_of(family.type));
  if (!family.unit.empty() && name.ends_with("_" + family.unit))
    out += fmt::format("# UNIT {} {}\n", name, family.unit);
  for (const Sample& sample : family.samples) {
    const std::string_view own = sample_name(family, sample);
    const bool bare = counter && own == name;
    openmetrics_sample(bare ? name + std::string(kTotal) : std::string(own), sample, out);
  }
}

}  // namespace

std::string write_text(const Page& page) {
  std::string out;
  for (const Family& family : page.families) {
    CM_ASSERT(is_metric_name(family.name));
    text_family(family, out);
  }
  return out;
}

std::string write_openmetrics(const Page& page) {
  std::string out;
  for (const Family& family : page.families) {
    CM_ASSERT(is_metric_name(family.name));
    openmetrics_family(family, out);
  }
  return out + "# EOF\n";
}

std::string write(const Page& page, Format format) {
  return format == Format::text ? write_text(page) : write_openmetrics(page);
}

}  // namespace coalmine::exposition
