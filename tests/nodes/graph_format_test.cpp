// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/load.h"
#include "nodes/register.h"

namespace {

/// A fenced block of docs/graph-format.md.
struct Block {
  std::string language;
  std::string file;  ///< "# photo.yaml" in its first line
  std::string text;
};

std::vector<Block> read_blocks() {
  std::ifstream page(SOURCE_DIR "/docs/graph-format.md");
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), "", ""});
    } else if (inside) {
      Block& block = blocks.back();
      if (block.text.empty() && line.starts_with("# ")) block.file = line.substr(2);
      block.text += line + "\n";
    }
  }
  return blocks;
}

/// "" when the graph is whole.
std::string faults_of(const std::vector<std::pair<std::string, std::string>>& files) {
  graph::Registry registry;
  nodes::register_all(registry);
  try {
    graph::check(graph::load_files(files), registry);
    return "";
  } catch (const graph::Faults& faults) {
    return std::string(faults.what()) + "\n";
  }
}

TEST(GraphFormat, ExamplesAreWhatThePageSays) {
  const std::vector<Block> blocks = read_blocks();
  int graphs = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].language != "yaml") continue;
    ASSERT_FALSE(blocks[i].file.empty()) << "an example without a file name:\n" << blocks[i].text;
    if (blocks[i].text.find("\nin:") != std::string::npos) continue;  // a bin: checked where it is included
    std::vector<std::pair<std::string, std::string>> files{{blocks[i].file, blocks[i].text}};
    for (const Block& other : blocks) {
      if (other.language == "yaml" && other.file != blocks[i].file) files.emplace_back(other.file, other.text);
    }
    const bool wrong = i + 1 < blocks.size() && blocks[i + 1].language == "text";
    EXPECT_EQ(faults_of(files), wrong ? blocks[i + 1].text : "") << blocks[i].file;
    ++graphs;
  }
  EXPECT_GE(graphs, 7);
}

}  // namespace
