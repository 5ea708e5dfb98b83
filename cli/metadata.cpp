// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/names.h"
#include "cli/command.h"
#include "imaging/texts/picture_texts.h"
#include "observers/wording.h"
#include "program/recipe.h"

namespace cli {
namespace {

class Metadata final : public Command {
 public:
  Metadata() : Command("metadata", "Prints the recipe inside a picture that decoupage made.") {
    app_.add_option("PICTURE", file_, "The picture: .png, .jpg or .webp")->type_name("FILE");
    app_.add_flag("--json", json_, "Print the recipe as JSON, as it is kept");
    app_.add_flag("--graph", graph_, "Print the graph file");
    app_.footer("decoupage rerun PICTURE makes the picture again.");
  }

 private:
  int run() override {
    if (file_.empty()) throw program::UsageError("no picture given: decoupage metadata PICTURE");
    const std::string text = program::picture_text(file_, program::kRecipeKeyword);
    const program::Recipe recipe = read(text);
    if (json_) print_text(nlohmann::ordered_json::parse(text).dump(2) + "\n");
    else if (graph_) print_text(recipe.files[0].second);
    else print(recipe);
    return kDone;
  }

  program::Recipe read(const std::string& text) const {
    try {
      return program::parse_recipe(text, file_);
    } catch (const std::runtime_error& e) {
      throw program::UsageError(e.what());
    }
  }

  /// What a picture of anybody's says is shown so that it cannot steer a terminal; a file or a pipe gets it as it is.
  static void print_text(const std::string& text) {
    if (isatty(STDOUT_FILENO)) print_lines(text);
    else std::cout << text;
  }

  static void print_lines(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) std::cout << observers::one_line(line) << "\n";
  }

  /// " (item 3, turn 2, element 0, element 1)"
  static std::string place_text(const graph::Pick& pick) {
    std::vector<std::string> parts;
    if (pick.item >= 0) parts.push_back("item " + std::to_string(pick.item));
    for (const int turn : pick.turns) parts.push_back("turn " + std::to_string(turn));
    for (const int element : pick.element) parts.push_back("element " + std::to_string(element));
    return parts.empty() ? "" : " (" + base::joined(parts) + ")";
  }

  void print(const program::Recipe& recipe) const {
    using observers::one_line;
    std::cout << file_ << ": made by decoupage " << one_line(recipe.version) << "\n"
              << "node:    " << one_line(recipe.node) << ", item " << recipe.item << "\n";
    for (const auto& [path, text] : recipe.files)
      std::cout << "file:    " << one_line(path) << " (" << text.size() << " bytes)\n";
    for (const auto& [name, values, along] : recipe.params) {
      std::cout << "param:   " << one_line(name) << " = ";
      for (std::size_t i = 0; i < values.size(); ++i) std::cout << (i ? ", " : "") << one_line(values[i]);
      if (!along.empty()) std::cout << (values.empty() ? "" : " ") << "(" << one_line(along) << ")";
      std::cout << "\n";
    }
    for (const auto& [node, pick] : recipe.picks) {
      std::cout << "pick:    " << one_line(node + "." + pick.name + place_text(pick)) << " = "
                << one_line(base::joined(pick.picked)) << "\n";
    }
    for (const graph::Override& o : recipe.overrides) {
      std::cout << "set:     " << one_line(o.node + "." + o.property + " = " + o.text) << "\n";
    }
    for (const std::string& plugin : recipe.plugins) std::cout << "plugin:  " << one_line(plugin) << "\n";
    for (const imaging::PngText& text : imaging::read_picture_texts(file_)) {
      if (text.keyword != program::kParametersKeyword) continue;
      std::cout << "\n";
      print_lines(text.text);
    }
  }

  std::string file_;
  bool json_ = false, graph_ = false;
};

}  // namespace

std::unique_ptr<Command> make_metadata() {
  return std::make_unique<Metadata>();
}

}  // namespace cli
