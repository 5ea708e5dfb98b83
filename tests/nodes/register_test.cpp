// SPDX-License-Identifier: MIT
#include "nodes/register.h"

#include <algorithm>
#include <regex>
#include <set>

#include "graph/elements.h"
#include "graph/load.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

TEST(Register, EveryFileOfTheFolderIsOnTheList) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(SOURCE_DIR) / "nodes")) {
    if (entry.path().extension() == ".cpp" && read(entry.path()).find("void register_") != std::string::npos) {
      files.insert(entry.path().stem().string());
    }
  }
  files.erase("register");
  files.erase("register_pictures");
  const fs::path nodes = fs::path(SOURCE_DIR) / "nodes";
  const std::string list = read(nodes / "register.cpp") + read(nodes / "image/register_pictures.cpp");
  EXPECT_EQ(matches(list, "\n  ADD_NODE\\((\\w+)(?:, \\w+)?\\);"), files);
}

TEST(Register, TypesAreNamedLikeTheirFilesAndLieInTheirFamilysFolder) {
  graph::Registry elements;
  graph::add_elements(elements);
  for (const graph::NodeType* type : built_in().types()) {
    std::string file = type->contract.type();
    std::ranges::replace(file, '-', '_');
    const bool of_engine = elements.find(type->contract.type()) != nullptr;
    const fs::path root(SOURCE_DIR),
        place = (of_engine ? fs::path("graph/elements") : fs::path("nodes") / type->contract.family()) / file;
    EXPECT_TRUE(fs::exists(root / (place.string() + ".cpp"))) << type->contract.type();
    EXPECT_TRUE(fs::exists(root / "tests" / (place.string() + "_test.cpp"))) << type->contract.type();
  }
}

TEST(Register, EveryContractTeaches) {
  for (const graph::NodeType* type : built_in().types()) {
    const graph::Contract& contract = type->contract;
    EXPECT_EQ(type->origin, "built in");
    EXPECT_TRUE(contract.about().ends_with('.')) << contract.type();
    EXPECT_NE(contract.family(), "other") << contract.type();
    EXPECT_NE(contract.example().find("type: " + contract.type()), std::string::npos) << contract.type();
    EXPECT_NO_THROW(graph::load_text("graph: example\nnodes:\n  " + contract.example())) << contract.type();
    for (const auto& prop : contract.props()) EXPECT_FALSE(prop.help.empty()) << contract.type() << "." << prop.name;
    for (const auto& in : contract.ins()) EXPECT_FALSE(in.shape.empty()) << contract.type() << "." << in.name;
    for (const auto& out : contract.outs()) EXPECT_FALSE(out.shape.empty()) << contract.type() << "." << out.name;
  }
}

// The engine must not know what its nodes do: docs/design.md, section 1.
TEST(Register, TheEngineKnowsNoWordOfItsNodes) {
  const std::regex forbidden(
      "torch|opencv|latent|sigma|"
      "prompt|scheduler",
      std::regex::icase);
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(SOURCE_DIR) / "graph")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, forbidden)) << entry.path().string() << ":" << number << ": " << line;
    }
  }
}

}  // namespace
}  // namespace nodes
