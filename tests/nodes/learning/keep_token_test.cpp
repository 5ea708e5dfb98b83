// SPDX-License-Identifier: MIT
#include "tests/nodes/environment.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

/// What it warned of.
std::vector<std::string> kept() {
  graph::NodeHarness node(built_in(), "keep-token");
  node.in("token", Token{"<x>", at::ones({1, 4}), {}}).in("key", std::string("key.safetensors")).run();
  return node.warnings();
}

TEST(KeepToken, WritesBelowTheCache) {
  const Folder folder;
  Environment environment;
  environment.set("DECOUPAGE_CACHE", folder.path("cache").c_str());
  EXPECT_THAT(kept(), ElementsAre());
  EXPECT_TRUE(std::filesystem::exists(folder.path("cache") + "/tokens/1/key.safetensors"));
}

TEST(KeepToken, WithoutACacheKeepsNothing) {
  Environment environment;
  environment.set("DECOUPAGE_CACHE", "");
  EXPECT_THAT(kept(), ElementsAre());
}

TEST(KeepToken, ACacheThatCannotBeWrittenIsAWarning) {
  const Folder folder;
  Environment environment;
  environment.set("DECOUPAGE_CACHE", folder.write("file", std::string("in the way")).c_str());
  EXPECT_THAT(kept(), ElementsAre(EndsWith("; DECOUPAGE_CACHE names another folder")));
}

}  // namespace
}  // namespace nodes
