// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

TEST(LoadToken, ReadsVectorsOfAnyEncoder) {
  graph::NodeHarness one(built_in(), "load-token",
                         {{"path", SOURCE_DIR "/tests/data/layers/embeddings/learned.safetensors"}});
  EXPECT_EQ(one.run().out<Token>("token").vectors.sizes(), at::IntArrayRef({1, 32}));
  graph::NodeHarness two(built_in(), "load-token",
                         {{"path", SOURCE_DIR "/tests/data/sdxl/mini/embeddings/sdxl_two_vectors.safetensors"}});
  const Token& token = two.run().out<Token>("token");
  EXPECT_EQ(token.vectors.size(0), 2);
  EXPECT_EQ(token.vectors_2.size(0), 2);
}

TEST(LoadToken, ReadsNoPickle) {
  const Folder folder;
  std::ofstream(folder.path("a.ti.pt")) << "x";
  EXPECT_THAT(refusal_of("load-token", {{"path", folder.path("a.ti.pt")}}), HasSubstr("is a pickle"));
  EXPECT_THAT(refusal_of("load-token", {{"path", "gone.safetensors"}}), HasSubstr("there is no such file"));
}

}  // namespace
}  // namespace nodes
