// SPDX-License-Identifier: MIT
#include "tests/nodes/environment.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

class FindToken : public ::testing::Test {
 protected:
  FindToken() { environment_.set("DECOUPAGE_CACHE", folder_.path("cache").c_str()); }

  static graph::NodeHarness find(const std::string& made_by = "10 steps", const std::string& text = "boat",
                                 const std::string& word = "<x>") {
    graph::NodeHarness node(built_in(), "find-token",
                            {{"model", (reference::sdxl("mini") / "model").string()},
                             {"made_by", made_by},
                             {"text", text},
                             {"word", word}});
    node.in("image", flat(4, 3, 0.5)).in("mask", Mask{cv::Mat(3, 4, CV_32FC1, cv::Scalar(1))});
    return node;
  }
  static bool is_missing(graph::NodeHarness node) { return node.run().out<bool>("missing"); }
  static void keep(const Token& token) {
    graph::NodeHarness node(built_in(), "keep-token");
    node.in("token", token).in("key", std::string(find().run().out<std::string>("key"))).run();
  }

  Folder folder_;
  Environment environment_;
  const Token token_{"<x>", tensors::Generator(1).randn({1, 8}), tensors::Generator(2).randn({1, 12})};
};

TEST_F(FindToken, WhatWasKeptIsFoundToTheBit) {
  EXPECT_TRUE(is_missing(find()));
  keep(token_);
  graph::NodeHarness node = find();
  EXPECT_FALSE(node.run().out<bool>("missing"));
  const Token& found = node.out<Token>("token");
  EXPECT_EQ(found.word, "<x>");
  EXPECT_TRUE(found.vectors.equal(token_.vectors));
  EXPECT_TRUE(found.vectors_2.equal(token_.vectors_2));
}

TEST_F(FindToken, OfAnythingElseItIsMissing) {
  keep(token_);
  EXPECT_TRUE(is_missing(find("11 steps")));
  EXPECT_TRUE(is_missing(find("10 steps", "ship")));
  EXPECT_TRUE(is_missing(find("10 steps", "boat", "<y>")));
  graph::NodeHarness mask = find(), image = find(), size = find();
  mask.in("mask", Mask{cv::Mat(3, 4, CV_32FC1, cv::Scalar(0.5))});
  image.in("image", flat(4, 3, 0.6));
  size.in("image", flat(3, 4, 0.5));
  for (graph::NodeHarness* node : {&mask, &image, &size}) EXPECT_TRUE(node->run().out<bool>("missing"));
}

TEST_F(FindToken, ADamagedFileIsMissing) {
  keep(token_);
  const std::string key = find().run().out<std::string>("key");
  std::filesystem::resize_file(folder_.path("cache") + "/tokens/1/" + key, 20);
  EXPECT_TRUE(is_missing(find()));
}

}  // namespace
}  // namespace nodes
