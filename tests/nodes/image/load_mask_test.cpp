// SPDX-License-Identifier: MIT
#include <opencv2/imgcodecs.hpp>

#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class LoadMask : public ::testing::Test {
 protected:
  LoadMask() {
    cv::Mat bgra(2, 3, CV_8UC4, cv::Scalar(255, 255, 255, 255));
    bgra.at<cv::Vec4b>(1, 2) = {0, 0, 0, 51};
    cv::imwrite(cut_, bgra);
    cv::imwrite(whole_, cv::Mat(2, 3, CV_8UC3, cv::Scalar(0, 0, 255)));
  }
  cv::Mat weights(const std::string& path, const std::string& channel) const {
    graph::NodeHarness node(built_in(), "load-mask", {{"path", path}, {"channel", channel}});
    return node.run().out<Mask>("mask").weights;
  }

  const Folder folder_;
  const std::string cut_ = folder_.path("cut.png"), whole_ = folder_.path("whole.png");
};

TEST_F(LoadMask, ByLightnessOpacityOrTransparency) {
  EXPECT_EQ(weights(cut_, "lightness").at<float>(0, 0), 1);
  EXPECT_EQ(weights(cut_, "lightness").at<float>(1, 2), 0);
  EXPECT_EQ(weights(cut_, "opacity").at<float>(1, 2), 51 / 255.0f);
  EXPECT_EQ(weights(cut_, "transparency").at<float>(1, 2), 204 / 255.0f);
  EXPECT_EQ(weights(cut_, "transparency").at<float>(0, 0), 0);
  EXPECT_EQ(weights(whole_, "lightness").at<float>(0, 0), 76 / 255.0f);
  EXPECT_EQ(weights(whole_, "opacity").at<float>(0, 0), 1) << "of a picture without transparency";
}

TEST_F(LoadMask, Errors) {
  EXPECT_THAT(thrown_by([&] { weights(whole_, "transparency"); }),
              HasSubstr("whole.png: the picture is opaque everywhere: give a mask of its own"));
  EXPECT_THAT(refusal_of("load-mask", {{"path", folder_.path()}}), HasSubstr("is not one picture"));
  EXPECT_NE(refusal_of("load-mask", {{"path", "no-such.png"}}), "");
}

}  // namespace
}  // namespace nodes
