/// A strategy's plan from the text of its settings, as a scenario would give it.
#pragma once

#include <string>

#include "sim/kernel/settings.h"

namespace coalmine::test {

template <class Plan>
struct Loaded {
  Plan plan{};
  bool good = false;
  std::string problems;  ///< as the user would read them
};

template <class Plan>
Loaded<Plan> load(const Section<Plan>& table, const std::string& text) {
  Diagnostics diagnostics;
  const Value node = parse_flow(text, {SourceText::make("test.yaml", text), 1, 1, 1}, diagnostics);
  Loaded<Plan> loaded;
  loaded.good = table.load(loaded.plan, node, diagnostics);
  loaded.problems = diagnostics.text();
  return loaded;
}

}  // namespace coalmine::test
