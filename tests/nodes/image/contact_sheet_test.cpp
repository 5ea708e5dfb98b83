// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

graph::Item cell(int index, std::int64_t seed, double cut) {
  return item_of(index, {{"seed", seed, true}, {"cut", cut, true}, {"fixed", std::int64_t{1}}},
                 "seed=" + std::to_string(seed) + ", cut=" + graph::to_text(cut));
}

graph::NodeHarness grid(graph::NodeHarness::Pairs props) {
  props.insert(props.end(), {{"cell", "32"}, {"gap", "0"}, {"labels", "false"}});
  graph::NodeHarness node(built_in(), "contact-sheet", props);
  for (int i = 0; i < 10; ++i) {
    node.gather("image", cell(i, i / 5, i % 5), graph::Value::of(flat(64, 64, 0.1 * i)));
  }
  return node;
}

TEST(ContactSheet, TheLastSweptParamRunsAcross) {
  const cv::Mat sheet = grid({}).run().out<Image>("image").pixels;
  ASSERT_EQ(sheet.size(), cv::Size(5 * 32, 2 * 32));
  for (int i = 0; i < 10; ++i) {
    EXPECT_NEAR(sheet.at<cv::Vec3f>(32 * (i / 5) + 16, 32 * (i % 5) + 16)[0], 0.1 * i, 0.5 / 255 + 1e-6);
  }
}

TEST(ContactSheet, ColumnsCanBeGiven) {
  EXPECT_EQ(grid({{"columns", "2"}}).run().out<Image>("image").pixels.size(), cv::Size(64, 160));
}

TEST(ContactSheet, OneSweptParamMakesACompactSheet) {
  graph::NodeHarness node(built_in(), "contact-sheet", {{"cell", "16"}, {"gap", "0"}, {"labels", "false"}});
  for (int i = 0; i < 9; ++i) {
    node.gather("image", item_of(i, {{"seed", std::int64_t{i}, true}}), graph::Value::of(flat(16, 16, 1)));
  }
  EXPECT_EQ(node.run().out<Image>("image").pixels.size(), cv::Size(48, 48));
}

TEST(ContactSheet, KeepsNoMoreThanItsCells) {
  graph::NodeHarness node(built_in(), "contact-sheet", {{"cell", "32"}});
  node.open();
  const graph::Value kept = node.node().keep(graph::Value::of(flat(640, 320, 1)));
  EXPECT_EQ(kept.as<Image>().pixels.size(), cv::Size(32, 16));
  EXPECT_EQ(kept.as<Image>().pixels.type(), CV_8UC3) << "a quarter of the memory";
  node.gather("image", item_of(0, {}), kept);
  EXPECT_EQ(node.run().out<Image>("image").pixels.type(), CV_32FC3);
}

TEST(ContactSheet, WhatIsMissingKeepsItsPlace) {
  graph::NodeHarness node(built_in(), "contact-sheet",
                          {{"cell", "32"}, {"gap", "0"}, {"labels", "false"}, {"columns", "3"}});
  node.gather("image", item_of(0, {}), graph::Value::of(flat(32, 32, 1)));
  node.gather("image", item_of(1, {}), graph::Value());
  node.gather("image", item_of(2, {}), graph::Value::of(flat(32, 32, 0.5)));
  const cv::Mat sheet = node.run().out<Image>("image").pixels;
  ASSERT_EQ(sheet.size(), cv::Size(96, 32));
  const cv::Vec3f missing = sheet.at<cv::Vec3f>(1, 33);
  EXPECT_NEAR(missing[0], missing[1], 0.03) << "grey";
  EXPECT_EQ(sheet.at<cv::Vec3f>(16, 80), cv::Vec3f(128 / 255.0f, 0, 0)) << "in 8 bits";
}

TEST(ContactSheet, LabelsAndTitleMakeRoom) {
  const auto rows = [](const graph::NodeHarness::Pairs& props) {
    graph::NodeHarness node(built_in(), "contact-sheet", props);
    node.gather("image", cell(0, 1, 0.5), graph::Value::of(flat(128, 128, 1)));
    return node.run().out<Image>("image").pixels.rows;
  };
  EXPECT_GT(rows({}), rows({{"labels", "false"}}));
  EXPECT_GT(rows({{"title", "Seeds"}}), rows({}));
}

TEST(ContactSheet, RefusesABackgroundThatIsNone) {
  EXPECT_THAT(refusal_of("contact-sheet", {{"background", "white"}}), HasSubstr("'white' is not a colour"));
}

}  // namespace
}  // namespace nodes
