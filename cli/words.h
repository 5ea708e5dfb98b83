// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "program/params.h"

namespace CLI {
class App;
}

namespace cli {

/// A command line in two: what the command knows, in the order CLI11 reads it, and the params.
struct Words {
  std::vector<std::string> fixed;
  std::vector<program::Flag> flags;
};

/// An unknown flag takes the next word as its value unless that begins with "--". '-' and '_' are the same in names.
/// Behind a "--" alone stand files. Throws UsageError, with what to write: a word that nearly is an option (another
/// dash, one dash, an option and its value in one word), an option of the command without its value.
Words split_words(const CLI::App& app, const std::vector<std::string>& args);

/// "—seed", whose dash a word processor made of two hyphens, as it was meant: "--seed"; "" for any other word.
std::string with_hyphens(const std::string& word);

/// The long names of a command's options, "lanes", "output-dir", …
std::vector<std::string> option_names(const CLI::App& app);

/// The words without these options (by long name) and their values, as they were written.
std::vector<std::string> without_options(const CLI::App& app, const std::vector<std::string>& args,
                                         const std::vector<std::string>& names);

}  // namespace cli
