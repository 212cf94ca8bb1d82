/// The subcommands: each adds itself to the parser and returns what main runs if it was chosen.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace coalmine::cli {

/// The command's work; returns the exit code, throws InvalidInput for bad input.
using Command = std::function<int()>;

Command add_run(CLI::App& app);
Command add_compare(CLI::App& app);
Command add_validate(CLI::App& app);
Command add_schema(CLI::App& app);
Command add_query(CLI::App& app);
Command add_export(CLI::App& app);

}  // namespace coalmine::cli
