// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <signal.h>

#include <iostream>

#include "base/fault_injection.h"
#include "base/names.h"
#include "cli/command.h"
#include "graph/mark.h"
#include "observers/wording.h"
#include "program/version.h"

namespace cli {
namespace {

void print_help() {
  std::cout << "decoupage runs dataflow graphs that are written as YAML files, many items at a time.\n\n"
               "Usage: decoupage COMMAND …\n\nCommands:\n";
  for (const CommandEntry& entry : commands()) {
    std::cout << "  " << entry.name << std::string(12 - std::string(entry.name).size(), ' ') << entry.about << "\n";
  }
  std::cout
      << "\nOptions:\n"
         "  --help              Print this help; decoupage COMMAND --help tells more\n"
         "  --version           Print the version, and those of the libraries\n"
         "  --bash-completion   Print a script: eval \"$(decoupage --bash-completion)\"\n"
         "\nExamples:\n"
         "  decoupage run graph.yaml --help\n"
         "      lists the params of a graph: what they mean, their defaults and ranges\n"
         "  decoupage run graph.yaml --seed 0..15 --output-dir outputs/first\n"
         "      makes 16 items, one per seed; add --resume to go on after an interruption\n"
         "  decoupage inspect resize\n"
         "      tells all about a node type, with a line to paste into a graph file\n"
         "\nExit codes: 0 done, 1 some items failed, 2 the graph or the command line is wrong, 130 interrupted.\n";
}

int unknown(const std::string& word) {
  std::vector<std::string> names{"--help", "--version", "--bash-completion"};
  for (const CommandEntry& entry : commands()) names.emplace_back(entry.name);
  std::cerr << "decoupage: error: no command '" << word << "'" << base::did_you_mean(word, names);
  if (word.ends_with(".yaml") || word.ends_with(".yml")) std::cerr << "; to run a graph: decoupage run " << word;
  std::cerr << "\nsee: decoupage --help\n";
  return kWrong;
}

int dispatch(const std::vector<std::string>& args) {
  const std::string word = args.empty() ? "" : args.front();
  if (word == "--help" || word == "-h" || word == "help") return print_help(), kDone;
  if (word == "--version") return std::cout << program::versions_text(), kDone;
  if (word == "--bash-completion") return std::cout << bash_completion(), kDone;
  if (word.empty()) return print_help(), kWrong;
  for (const CommandEntry& entry : commands()) {
    if (word == entry.name) return entry.make()->execute({args.begin() + 1, args.end()});
  }
  return unknown(word);
}

/// Before anything fails that was not meant to.
void check_faults() {
  try {
    if (!base::injection::orders().empty())
      std::cerr << "warning: " << base::injection::kVariable << " is set: things are made to fail\n";
  } catch (const std::invalid_argument& e) {
    throw program::UsageError(e.what());
  }
}

int report(const graph::Faults& faults) {
  for (const graph::Fault& fault : faults.list()) std::cerr << observers::one_line(fault.text()) << "\n";
  std::cerr << faults.list().size() << (faults.list().size() == 1 ? " error\n" : " errors\n");
  return kWrong;
}

/// Where a stream that was closed would be, the next file to be opened would take the lines that were meant for it.
void open_streams() {
  for (int stream = 0; stream <= 2; ++stream) {
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest number that is free
  }
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) {
  cli::open_streams();
  signal(SIGXFSZ, SIG_IGN);  // a file beyond its size limit is an error that is told
  try {
    cli::check_faults();
    const int code = cli::dispatch({argv + 1, argv + argc});
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("cannot write to the standard output");
    return code;
  } catch (const graph::Faults& faults) {
    return cli::report(faults);
  } catch (const program::UsageError& e) {
    std::cerr << "decoupage: error: " << e.what() << "\n";
    return cli::kWrong;
  } catch (const std::exception& e) {
    std::cerr << "decoupage: error: " << e.what() << "\n";
    return cli::kSomeFailed;
  }
}
