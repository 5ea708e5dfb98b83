// SPDX-License-Identifier: MIT
#include <fstream>

#include "models/text/textual_inversion.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

/// What is written is read again as any program's embedding.
TEST(SaveToken, WritesAnEmbedding) {
  const auto read = [](const Token& token) {
    graph::NodeHarness node(built_in(), "save-token", {{"path", "word.safetensors"}});
    node.in("token", token).run();
    const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "saved_token.safetensors";
    std::ofstream(path, std::ios::binary) << node.files().at("word.safetensors");
    const auto inversions = models::read_textual_inversion(path, {token.word});
    std::filesystem::remove(path);
    return inversions.at(0);
  };
  const at::Tensor first = tensors::Generator(1).randn({2, 8}), second = tensors::Generator(2).randn({2, 12});
  const models::TextualInversion both = read(Token{"<x>", first, second});
  EXPECT_TRUE(both.clip_l.equal(first));
  EXPECT_TRUE(both.clip_g.equal(second));
  EXPECT_TRUE(read(Token{"<x>", first, {}}).clip_l.equal(first));
}

}  // namespace
}  // namespace nodes
