// SPDX-License-Identifier: MIT
#include "base/limits.h"

#include <iostream>

#include "cli/command.h"

namespace cli {
namespace {

constexpr const char* kPage =
    "# Limits\n\n"
    "A file that comes from somewhere else must not make the program run out of memory, stack or time. So whatever "
    "reads\n"
    "one stops at these limits, with an error that names the file, the limit and the option that sets another one:\n"
    "`--max NAME=N`, of every command, as often as needed. N is a number such as `4096`, `64M` or `1.5G`; K, M and G "
    "are\n"
    "1024-fold where bytes are counted, 1000-fold elsewhere.\n\n"
    "| limit | at most | of |\n|---|---|---|\n";

/// "16 MiB", "2,000,000".
std::string limit_text(const base::LimitRow& row, std::uint64_t most) {
  std::string text = base::amount_text(most, row.unit);
  if (row.unit == base::Unit::kBytes) return text;
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

class Limits final : public Command {
 public:
  Limits() : Command("limits", "Lists what a file may ask for before it is refused; --max NAME=N sets another limit.") {
    app_.add_flag("--markdown", markdown_, "Print the page docs/limits.md");
  }

 private:
  int run() override {
    if (markdown_) std::cout << kPage;
    for (const base::LimitRow& row : base::kLimits) {
      const std::string name(row.name), most = limit_text(row, base::current(row));
      if (markdown_) std::cout << "| `" << name << "` | " << most << " | " << row.of << " |\n";
      else
        std::cout << name << std::string(26 - name.size(), ' ') << std::string(15 - most.size(), ' ') << most << "  "
                  << row.of << "\n";
    }
    return kDone;
  }

  bool markdown_ = false;
};

}  // namespace

std::unique_ptr<Command> make_limits() {
  return std::make_unique<Limits>();
}

}  // namespace cli
