// SPDX-License-Identifier: MIT
#pragma once

#include "cli/source_options.h"
#include "program/source.h"

namespace CLI {
class App;
}

namespace cli {

/// --plugin
void add_plugin_option(CLI::App& app, program::SourceOptions& options);
/// --allow-read, for included files
void add_allow_read_option(CLI::App& app, program::SourceOptions& options);
/// GRAPH, --params, --sweep, --zip, --items, --param, --set, --plugin, --allow-read
void add_source_options(CLI::App& app, program::SourceOptions& options);

}  // namespace cli
