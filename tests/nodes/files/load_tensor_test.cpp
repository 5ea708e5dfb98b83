// SPDX-License-Identifier: MIT
#include "nodes/picture_tensors.h"
#include "tensors/npz.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Pairs = graph::NodeHarness::Pairs;

class LoadTensor : public ::testing::Test {
 protected:
  /// What save-tensor writes of a value.
  template <class T>
  std::string save(const T& value) const {
    graph::NodeHarness node(built_in(), "save-tensor", {{"path", "it.npz"}});
    node.in("value", value).run();
    return folder_.write("it.npz", node.files().at("it.npz"));
  }

  std::string write(const at::Tensor& array) const {
    tensors::Npz npz;
    npz.arrays["start"] = array;
    return folder_.write("start.npz", tensors::npz_bytes(npz));
  }

  std::string refused(const at::Tensor& array, const std::string& as = "latents") const {
    return refusal_of("load-tensor", {{"path", write(array)}, {"key", "start"}, {"as", as}});
  }

  const Folder folder_{};
};

TEST_F(LoadTensor, ReadsWhatSaveTensorWrote) {
  const at::Tensor latents = tensors::Generator(3).randn({2, 4, 3, 5});
  graph::NodeHarness node(built_in(), "load-tensor", {{"path", save(Latents{latents})}});
  EXPECT_TRUE(node.run().out<Latents>("value").tensor.equal(latents));
}

TEST_F(LoadTensor, ReadsPictures) {
  const Image image = to_image(at::linspace(0, 1, 90, at::TensorOptions(at::kFloat)).reshape({1, 3, 5, 6}));
  graph::NodeHarness node(built_in(), "load-tensor", {{"path", save(image)}, {"as", "image"}});
  EXPECT_TRUE(same_pixels(node.run().out<Image>("value").pixels, image.pixels));
}

TEST_F(LoadTensor, ReadsMasks) {
  const cv::Mat weights = (cv::Mat_<float>(2, 3) << 0, 0.25, 0.5, 1, 1, 0.1);
  graph::NodeHarness node(built_in(), "load-tensor", {{"path", save(Mask{weights})}, {"as", "mask"}});
  EXPECT_TRUE(same_pixels(node.run().out<Mask>("value").weights, weights));
  const std::string path = write(at::ones({1, 1, 4, 5}));
  graph::NodeHarness other(built_in(), "load-tensor", {{"path", path}, {"key", "start"}, {"as", "mask"}});
  EXPECT_EQ(other.run().out<Mask>("value").weights.size(), cv::Size(5, 4));
}

TEST_F(LoadTensor, RefusesWhatIsNotAMask) {
  EXPECT_THAT(refused(at::ones({3, 4, 5}), "mask"), HasSubstr("has the shape [3, 4, 5]; a mask has (H, W)"));
  EXPECT_THAT(refused(at::ones({4, 5}) * 1.5, "mask"),
              HasSubstr("has weights from 1.5 to 1.5; those of a mask are in [0, 1]"));
  EXPECT_THAT(refused(at::full({4, 5}, NAN), "mask"), HasSubstr("holds what is not a number"));
}

TEST_F(LoadTensor, ReadsLabels) {
  const imaging::Labels map = imaging::labels_of({0, 0, 1, 2, 1, 1}, 2, 3);
  graph::NodeHarness node(built_in(), "load-tensor",
                          {{"path", save(Labels{std::make_shared<const imaging::Labels>(map)})}, {"as", "labels"}});
  const imaging::Labels& read = *node.run().out<Labels>("value").map;
  EXPECT_EQ(read.ids, map.ids);
  EXPECT_EQ(read.width, 3);
  EXPECT_EQ(read.count, 3);
  for (const at::ScalarType type : {at::kLong, at::kShort, at::kByte}) {
    const std::string path = write(at::tensor({1, 0}).reshape({2, 1}).to(type));
    graph::NodeHarness other(built_in(), "load-tensor", {{"path", path}, {"key", "start"}, {"as", "labels"}});
    EXPECT_EQ(other.run().out<Labels>("value").map->ids, (std::vector<std::int32_t>{1, 0})) << type;
  }
}

TEST_F(LoadTensor, RefusesWhatAreNoLabels) {
  const std::string start = folder_.path("start.npz") + ": 'start' ";
  const auto refused_ids = [&](const at::Tensor& ids) { return refused(ids, "labels"); };
  EXPECT_EQ(refused_ids(at::zeros({2, 2})),
            start + "is of the type Float; labels are whole numbers: save them as int32");
  EXPECT_EQ(refused_ids(at::zeros({1, 2, 2}, at::kInt)), start + "has the shape [1, 2, 2]; labels have (h, w)");
  EXPECT_EQ(refused_ids(at::zeros({0, 2}, at::kInt)), start + "has the shape [0, 2]; labels have (h, w)");
  EXPECT_EQ(refused_ids(at::tensor({0, 2, 2, 0}).reshape({2, 2})),
            start + "holds no labels: no cell has the label 1, but one has 2; number the regions from 0 without gaps");
  EXPECT_EQ(refused_ids(at::tensor({0, 1, 1, -3}).reshape({2, 2})),
            start + "holds no labels: the label -3 in row 1, column 1; labels count from 0");
  EXPECT_EQ(refused_ids(at::tensor({std::int64_t{0}, std::int64_t{1} << 40}).reshape({2, 1})),
            start + "has the label 1099511627776 in 2 cells; number the regions from 0 without gaps");
}

TEST_F(LoadTensor, ReadsOtherNumbersAndShapes) {
  const Pairs props{{"path", write(at::full({4, 2, 3}, 2.5, at::TensorOptions(at::kDouble)))}, {"key", "start"}};
  graph::NodeHarness node(built_in(), "load-tensor", props);
  EXPECT_TRUE(node.run().out<Latents>("value").tensor.equal(at::full({1, 4, 2, 3}, 2.5F)));
}

TEST_F(LoadTensor, RefusesWhatIsNotThere) {
  const std::string path = write(at::ones({1, 4, 2, 2}));
  const std::string missing = refusal_of("load-tensor", {{"path", path}});
  EXPECT_THAT(missing, StartsWith(path));
  EXPECT_THAT(missing, HasSubstr("'latents'"));
  EXPECT_THAT(missing, HasSubstr("start")) << "what is there";
  EXPECT_THAT(refusal_of("load-tensor", {{"path", folder_.path("none.npz")}}), StartsWith(folder_.path("none.npz")));
  EXPECT_THAT(refusal_of("load-tensor", {{"path", folder_.path("none.safetensors")}}),
              StartsWith(folder_.path("none.safetensors")));
}

TEST_F(LoadTensor, RefusesShapesAndWhatIsNoNumber) {
  const std::string start = folder_.path("start.npz") + ": 'start' ";
  EXPECT_EQ(refused(at::ones({4, 2})), start + "has the shape [4, 2]; latents have (B, C, h, w)");
  EXPECT_EQ(refused(at::ones({1, 4, 0, 2})), start + "has the shape [1, 4, 0, 2]; latents have (B, C, h, w)");
  EXPECT_EQ(refused(at::ones({2, 3, 4, 4}), "image"), start + "has the shape [2, 3, 4, 4]; image has (1, 3, H, W)");
  EXPECT_EQ(refused(at::ones({1, 4, 2, 2}) * NAN), start + "holds what is not a number (NaN or infinite)");
  EXPECT_EQ(refused(at::full({1, 3, 2, 2}, INFINITY), "image"), start + "holds what is not a number (NaN or infinite)");
}

}  // namespace
}  // namespace nodes
