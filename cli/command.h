// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/words.h"
#include "program/params.h"
#include "program/usage_error.h"

namespace cli {

/// What a command ends with.
enum ExitCode { kDone = 0, kSomeFailed = 1, kWrong = 2, kInterrupted = 130 };

/// A command: `decoupage NAME …`. Its options are CLI11's; flags that are none of them are params of a graph.
class Command {
 public:
  Command(const std::string& name, const std::string& about);
  virtual ~Command() = default;

  /// Reads the words behind the command's name and does it. Returns the exit code.
  /// Throws UsageError and graph::Faults (exit 2), other exceptions (exit 1).
  int execute(const std::vector<std::string>& args);

  const CLI::App& app() const { return app_; }

 protected:
  virtual int run() = 0;
  /// After the options were read.
  virtual void print_help();
  /// Whether flags that are no options are params. Otherwise they are faults.
  virtual bool takes_params() const { return false; }

  CLI::App app_;
  std::vector<std::string> args_;  ///< the words behind the command's name
  std::vector<program::Flag> flags_;

 private:
  void set_limits() const;

  bool help_ = false;
  std::vector<std::string> max_;  ///< NAME=N
};

std::unique_ptr<Command> make_check();
std::unique_ptr<Command> make_draw();
std::unique_ptr<Command> make_encode();
std::unique_ptr<Command> make_inspect();
std::unique_ptr<Command> make_limits();
std::unique_ptr<Command> make_merge();
std::unique_ptr<Command> make_metadata();
std::unique_ptr<Command> make_rerun();
std::unique_ptr<Command> make_run();
std::unique_ptr<Command> make_schema();

/// A command as main() lists it.
struct CommandEntry {
  const char* name;
  const char* about;
  std::unique_ptr<Command> (*make)();
};
const std::vector<CommandEntry>& commands();

/// The script of `decoupage --bash-completion`.
std::string bash_completion();

}  // namespace cli
