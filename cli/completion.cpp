// SPDX-License-Identifier: MIT
#include "cli/command.h"

namespace cli {
namespace {

/// Completes commands, options, node types and the params of the graph that stands on the line.
constexpr const char* kFunction = R"sh(
_decoupage_graph() {
  local word
  for word in "${COMP_WORDS[@]:2}"; do
    case "$word" in -*) ;; *.yaml|*.yml) [[ -f $word ]] && { printf '%s' "$word"; return; } ;; esac
  done
}

_decoupage() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} program=${COMP_WORDS[0]} words graph
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "$_decoupage_commands --help --version --bash-completion" -- "$word"))
    return
  fi
  if [[ $word == -* ]]; then
    words=${_decoupage_options[$command]}
    graph=$(_decoupage_graph)
    if [[ -n $graph && ( $command == run || $command == draw ) ]]; then
      words+=" $("$program" run "$graph" --list-params 2>/dev/null)"
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    return
  fi
  if [[ $command == inspect ]]; then
    words=$("$program" inspect --json 2>/dev/null | sed -n 's/^    "type": "\(.*\)",$/\1/p')
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    return
  fi
  COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -o bashdefault -F _decoupage decoupage
)sh";

}  // namespace

std::string bash_completion() {
  std::string names, options;
  for (const CommandEntry& entry : commands()) {
    names += (names.empty() ? "" : " ") + std::string(entry.name);
    options += "  [" + std::string(entry.name) + "]=\"";
    std::string list;
    for (const std::string& name : option_names(entry.make()->app())) {
      if (name != "list-params") list += (list.empty() ? "--" : " --") + name;
    }
    options += list + "\"\n";
  }
  return "# Completion for decoupage: eval \"$(decoupage --bash-completion)\"\n_decoupage_commands=\"" + names +
         "\"\ndeclare -A _decoupage_options=(\n" + options + ")\n" + kFunction;
}

}  // namespace cli
