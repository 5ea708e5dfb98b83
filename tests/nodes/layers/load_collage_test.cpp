// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using CollagePairs = graph::NodeHarness::Pairs;

const std::string kTinyModel = SOURCE_DIR "/tests/data/layers/model";

class LoadCollage : public ::testing::Test {
 protected:
  graph::NodeHarness collage(const std::string& layers, CollagePairs props = {}) {
    const auto has = [&](const std::string& name) {
      return std::ranges::any_of(props, [&](const auto& pair) { return pair.first == name; });
    };
    for (const auto& [name, value] :
         CollagePairs{{"width", "32"}, {"height", "16"}, {"prompt", "a moon over a red boat"}, {"model", kTinyModel}})
      if (!has(name)) props.emplace_back(name, value);
    props.emplace_back("layers", layers);
    graph::NodeHarness node(built_in(), "load-collage", props);
    node.run();
    return node;
  }
  std::string refused(const std::string& layers, CollagePairs props = {}) {
    return thrown_by([&] { collage(layers, std::move(props)); });
  }
  /// Of a layer with a picture, and more.
  std::string layer(const std::string& more, const std::string& text = "moon") {
    return "{text: " + text + ", image: '" + moon_ + "'" + (more.empty() ? "" : ", " + more) + "}";
  }
  std::string one(const std::string& more) { return "[" + layer(more) + "]"; }

  const Folder folder_;
  const std::string moon_ = picture_file(folder_, "moon.png");
};

TEST_F(LoadCollage, ReadsLayersByTheirOwnNamesAndTheOriginals) {
  const auto first = [](const graph::NodeHarness& node) { return node.out<graph::List<Layer>>("layers")[0]; };
  const Layer own = first(collage(one("x: 0.25, scale: 0.02, rotation: 90, noise: 0.5, attention: 0.1, edge: 0.4")));
  EXPECT_EQ(own.strengths.noise, 0.5);
  EXPECT_EQ(own.strengths.negative_attention, 1) << "the default";
  EXPECT_EQ(own.layer->placement.x, 0.25);
  EXPECT_EQ(own.cut->pixels.channels(), 4) << "without transparency it is opaque";
  const Layer theirs =
      first(collage("[{id: 3, key: k, textPrompt: moon, originalImgUrl: '" + moon_ +
                    "', transform: {position: {x: 0.25, y: 0}, scale: 0.02, rotation: 90}, noiseStrength: 0.5, "
                    "cacStrength: 0.1, negativeStrength: 1, cannyStrength: 0.4, polygon: [], wordEmbedding: null}]"));
  EXPECT_EQ(theirs.strengths.noise, own.strengths.noise);
  EXPECT_EQ(theirs.strengths.attention, own.strengths.attention);
  EXPECT_EQ(theirs.strengths.edge, own.strengths.edge);
  EXPECT_EQ(theirs.layer->placement.rotation, 90);
}

TEST_F(LoadCollage, AddressesAreLookedForByName) {
  const std::string remote = "[{text: moon, image: 'https://host/a/b%2Fmoon.png?x=1#y'}]";
  EXPECT_THAT(refused(remote), HasSubstr("layers[0].image: 'https://host/a/b%2Fmoon.png?x=1#y' is an address, and "
                                         "nothing is fetched: put moon.png into a folder"));
  const std::string folder = std::filesystem::path(moon_).parent_path().string();
  EXPECT_EQ(collage(remote, {{"layer_images", folder}}).out<graph::List<Layer>>("layers").size(), 1u);
  EXPECT_EQ(collage("[{text: moon, image: gone/moon.png}]", {{"layer_images", folder}})
                .out<graph::List<Layer>>("layers")
                .size(),
            1u);
  EXPECT_THAT(refused("[{text: moon, image: 'data:image/png;base64,AA'}]"), HasSubstr("is not read: save it"));
}

TEST_F(LoadCollage, StrengthsAreTunedWhereTheyAreNotGiven) {
  const auto layers =
      collage("[" + layer("scale: 0.0625") + ", " + layer("x: 0.5, noise: 0.1, scale: 0.0625", "red boat") + "]",
              {{"auto_tune", "true"}})
          .out<graph::List<Layer>>("layers");
  EXPECT_DOUBLE_EQ(layers[0].strengths.noise, 0.6) << "half of the canvas";
  EXPECT_DOUBLE_EQ(layers[1].strengths.noise, 0.1);
  EXPECT_DOUBLE_EQ(layers[1].strengths.attention, 0.4);
}

TEST_F(LoadCollage, MasksAndHolesCut) {
  const std::string hole = "holes: [[{x: 0.2, y: 0.2}, {x: 0.8, y: 0.2}, {x: 0.8, y: 0.8}, {x: 0.2, y: 0.8}]]";
  const auto opaque = [&](const std::string& more) {
    return cv::countNonZero(layering::opacity_of(collage(one(more)).out<graph::List<Layer>>("layers")[0].cut->pixels));
  };
  EXPECT_EQ(opaque("noise: 0.5"), 64);
  EXPECT_LT(opaque(hole), 50);
  const std::string mask = folder_.path("mask.png");
  cv::Mat half(8, 8, CV_8UC1, cv::Scalar(0));
  half.colRange(0, 4).setTo(255);
  cv::imwrite(mask, half);
  EXPECT_EQ(opaque("mask: '" + mask + "'"), 32);
}

/// What is wrong is told before the run, at its layer and field.
TEST_F(LoadCollage, RefusesWhatCannotBe) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"[{text: '', image: '" + moon_ + "'}]", "layers[0].text: is empty"},
      {"[" + layer("") + ", " + layer("x: 0.5", "house") + "]",
       "layers[1].text: 'house' does not stand in the prompt 'a moon over a red boat'"},
      {"[" + layer("") + ", " + layer("x: 0.5") + "]", "layers[1].text: 'moon' does not stand"},
      {one("noise: 1.5"), "[0].noise: 1.5 is above the maximum 1"},
      {one("attention: -0.1"), "[0].attention: -0.1 is below the minimum 0"},
      {one("negativeStrength: 2"), "[0].negative_attention: 2 is above the maximum 1"},
      {one("cannyStrength: 2"), "[0].edge: 2 is above the maximum 1"},
      {one("scale: 0"), "[0].scale: 0 is below the minimum"},
      {one("scale: 1e6"), "layers[0].scale: it would be of"},
      {one("polygon: [{x: 0, y: 0}, {x: 1, y: 1}]"), "layers[0].polygon: has 2 points: three at least"},
      {one("holes: [[{x: 0, y: 0}, {x: 1, y: 1}]]"), "[0].holes[0]: expected at least 3 elements, found 2"},
      {one("polygon: [{x: 0.01, y: 0.01}, {x: 0.02, y: 0.01}, {x: 0.02, y: 0.02}]"),
       "layers[0].polygon: it covers no pixel"},
      {one("x: 1.5"), "layers[0]: lies wholly beside the canvas of 32 x 16 px"},
      {"[" + layer("", "red boat") + ", " + layer("scale: 1") + "]", "layers[0]: is wholly behind the layers above"},
      {"[{text: moon}]", "layers[0].image: must be given"},
      {one("prompt: a moon"), "layers[0].prompt: is for a layer without a picture"},
      {one("x: 0.1, transform: {scale: 1}"), "layers[0].x: is given in transform, too"},
      {"[{text: moon, image: gone.png}]", "layers[0].image: no file or folder 'gone.png'"},
      {one("mask: gone.png"), "layers[0].mask: no file or folder"},
      {one("hints: [a.png]"), "layers[0].hints: 1 hints for 0 ControlNets"},
      {one("learn: true"), "layers[0].learn: this graph learns no words"},
      {one("embedding: gone.safetensors"), "layers[0].embedding: gone.safetensors: there is no such file"},
      {one("prompt_span: [0, 400]"), "it is shorter than that"},
      {one("nois: 1"), "[0]: no field 'nois' (did you mean 'noise'?)"},
      {"[]", "expected at least 1 element"},
  };
  for (const auto& [layers, what] : all) EXPECT_THAT(refused(layers), HasSubstr(what)) << layers;
  EXPECT_THAT(refused(one(""), {{"prompt", " "}}), HasSubstr("prompt: is empty"));
  EXPECT_THAT(refused(one(""), {{"width", "65536"}, {"height", "65536"}}), HasSubstr("(picture-pixels)"));
  EXPECT_THAT(refused(one(""), {{"width", "100"}}), HasSubstr("width: 100 is not a multiple of 8"));
  EXPECT_THAT(refused(one(""), {{"controlnets", "a"}, {"control_strengths", "[[1], [1]]"}}),
              HasSubstr("control_strengths: strengths for 2 ControlNets, of which there are 1"));
  EXPECT_THAT(refused(one(""), {{"controlnets", "a"}, {"control_strengths", "[[1, 1]]"}}),
              HasSubstr("control_strengths[0]: 2 strengths for 1 layers"));
  EXPECT_THAT(refused(one(""), {{"controlnets", "a"}, {"control_strengths", "[[2]]"}}),
              HasSubstr("'control_strengths': [0][0]: 2 is above the maximum 1"));
  EXPECT_THAT(refused(one(""), {{"controlnets", "a, b, c, d"}}),
              HasSubstr("4 ControlNets: this graph has a place for 3"));
}

TEST_F(LoadCollage, RefusesLearnedWordsThatDoNotFit) {
  const std::string sdxl = SOURCE_DIR "/tests/data/sdxl/mini/embeddings/sdxl_two_vectors.safetensors";
  EXPECT_THAT(refused(one("embedding: '" + sdxl + "'")), HasSubstr("layers[0].embedding: "));
  std::ofstream(folder_.path("word.pt")) << "x";
  EXPECT_THAT(refused(one("embedding: '" + folder_.path("word.pt") + "'")),
              HasSubstr("is a pickle, which can run any code and is never read"));
  const std::string fitting = SOURCE_DIR "/tests/data/layers/embeddings/learned.safetensors";
  EXPECT_EQ(refused(one("embedding: '" + fitting + "'")), "");
}

TEST_F(LoadCollage, WhatIsMissingMayBeSkipped) {
  const graph::NodeHarness node =
      collage("[" + layer("") + ", " + layer("x: 0.5", "house") + "]", {{"missing_words", "skip"}});
  ASSERT_EQ(node.warnings().size(), 1u);
  EXPECT_THAT(node.warnings()[0], HasSubstr("layers[1].text: 'house' does not stand in the prompt"));
}

TEST_F(LoadCollage, ALayerMayBeDrawn) {
  const Layer drawn = collage("[{text: moon, prompt: a moon at night}]").out<graph::List<Layer>>("layers")[0];
  EXPECT_EQ(drawn.cut, nullptr);
  EXPECT_EQ(drawn.layer->prompt, "a moon at night");
}

}  // namespace
}  // namespace nodes
