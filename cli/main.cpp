// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <new>
#include <system_error>
#include <thread>

#include "base/fault_injection.h"
#include "base/names.h"
#include "cli/command.h"
#include "cli/words.h"
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
  if (const std::string meant = with_hyphens(word); !meant.empty()) {
    std::cerr << "decoupage: error: '" << word << "' begins with a dash that is not '-': write " << meant << "\n";
    return kWrong;
  }
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

constexpr std::size_t kStack = std::size_t{8} << 20, kLeastStack = std::size_t{1} << 20;

/// Where the stack is limited (ulimit -s), threads get one of the usual size all the same, and the first thread as much
/// as it may. Whether that is enough for it.
bool fit_stacks() {
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kStack) return true;
  limit.rlim_cur = std::min<rlim_t>(kStack, limit.rlim_max);
  setrlimit(RLIMIT_STACK, &limit);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) == 0) {
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
  }
  return getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= kLeastStack;
}

int run(const std::vector<std::string>& args) {
  try {
    check_faults();
    const int code = dispatch(args);
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("cannot write to the standard output");
    return code;
  } catch (const graph::Faults& faults) {
    return report(faults);
  } catch (const program::UsageError& e) {
    std::cerr << "decoupage: error: " << e.what() << "\n";
    return kWrong;
  } catch (const std::bad_alloc&) {
    std::cerr << "decoupage: error: memory ran out: raise the limit (ulimit -v, a container's), or ask for less\n";
    return kSomeFailed;
  } catch (const std::exception& e) {
    std::cerr << "decoupage: error: " << e.what() << "\n";
    return kSomeFailed;
  }
}

/// In a thread that has a stack. The first one lets it have all signals.
int run_in_thread(const std::vector<std::string>& args) {
  int code = kSomeFailed;
  std::thread thread([&] { code = run(args); });
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  thread.join();
  return code;
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) {
  cli::open_streams();
  signal(SIGXFSZ, SIG_IGN);  // a file beyond its size limit is an error that is told
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (cli::fit_stacks()) return cli::run(args);
  try {
    return cli::run_in_thread(args);
  } catch (const std::system_error&) {
    std::cerr << "decoupage: error: the stack is limited (ulimit -s), and no thread with a larger one can be started: "
                 "1 MiB is needed\n";
    return cli::kWrong;
  }
}
