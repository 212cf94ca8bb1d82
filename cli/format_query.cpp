#include "cli/format_query.h"

#include <set>
#include <string_view>
#include <vector>

#include "cli/table.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/go_quote.h"

namespace coalmine::cli {
namespace {

using promql::Point;
using promql::Series;
using promql::Value;
using promql::ValueType;

bool has_series(const Value& value) {
  return value.type == ValueType::vector || value.type == ValueType::matrix;
}

}  // namespace

std::string query_table(const Value& value, const SeriesFile& file) {
  if (!has_series(value)) {
    TextTable table({"value", "time"});
    const bool text = value.type == ValueType::string;
    table.add({text ? go_quote(value.text) : go_number_plain(value.scalar.value),
               file.format_time(value.scalar.time)});
    return table.text();
  }
  TextTable table({"series", "value", "time"});
  for (const Series& series : value.series) {
    std::string name = series.labels.text();
    for (const Point& point : series.points) {
      table.add({name, go_number_in_json(point.value), file.format_time(point.time)});
      name.clear();  // once, above the rest
    }
  }
  return table.text();
}

std::string query_csv(const Value& value, const SeriesFile& file) {
  if (!has_series(value)) {
    const bool text = value.type == ValueType::string;
    return "time,value\n" + file.format_seconds(value.scalar.time) + "," +
           (text ? csv_cell(value.text) : go_number_plain(value.scalar.value)) + "\n";
  }
  std::set<std::string_view> names;
  for (const Series& series : value.series)
    for (const Label& label : series.labels) names.insert(label.name);
  std::string out = "time,value";
  for (const std::string_view name : names)
    out += (name == "time" || name == "value" ? ",label_" : ",") + std::string(name);
  out += "\n";
  for (const Series& series : value.series) {
    std::string labels;
    for (const std::string_view name : names)
      labels += "," + csv_cell(std::string(series.labels.get(name)));
    for (const Point& point : series.points)
      out += file.format_seconds(point.time) + "," + go_number_in_json(point.value) + labels + "\n";
  }
  return out;
}

}  // namespace coalmine::cli
