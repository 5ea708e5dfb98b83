// SPDX-License-Identifier: MIT
// Collage Diffusion as people run it: the original's own files, edits, faults at their places, what it costs.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <regex>
#include <span>

#include "imaging/files/picture.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kLayerSet = SOURCE_DIR "/tests/data/layers/";

class CollageDiffusion : public testing::Test {
 protected:
  Result run(std::vector<std::string> words, const std::string& folder = "out", bool quiet = true) {
    if (std::ranges::count(words, "--model") == 0) words.insert(words.end(), {"--model", kLayerSet + "model"});
    words.insert(words.begin(),
                 {"run", SOURCE_DIR "/configs/collage_diffusion.yaml", "--output-dir", folder_ / folder});
    if (quiet) words.push_back("--quiet");
    return decoupage(words, {kLayerSet});
  }
  /// On the embedded model, whose pictures mean something.
  Result run_embedded(std::vector<std::string> words, const std::string& folder) {
    words.insert(words.end(), {"--model", "embedded", "--steps", "12", "--guidance-scale", "3"});
    return run(std::move(words), folder);
  }
  json request(const std::string& name) { return json::parse(Folder::text_of(kLayerSet + "requests/" + name)); }
  cv::Mat picture(const std::string& path) { return imaging::read_picture(folder_ / path); }
  std::vector<std::string> names(const std::string& folder = "out") {
    std::vector<std::string> all;
    for (const auto& [name, bytes] : folder_.outputs(folder)) all.push_back(name);
    return all;
  }
  /// What a params file is refused with.
  std::string refused(const std::string& text) {
    folder_.write("bad.json", text);
    const Result result = run({"--params", folder_ / "bad.json", "--steps", "2"});
    EXPECT_EQ(result.code, 2) << result.err;
    return result.err;
  }

  Folder folder_;
};

TEST_F(CollageDiffusion, TakesTheOriginalsRequestsAsTheyAre) {
  const Result result = run({"--params", kLayerSet + "requests/attention.json", "--width", "128", "--height", "128",
                             "--noise-blur", "4", "--compat", "ref", "--layers[1].noise", "0.2,0.9"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(names().size(), 2u);
  const json record = json::parse(folder_.read("out/run.json"));
  EXPECT_EQ(record["params"]["prompt"]["values"][0], request("attention.json")["prompt"]);
  EXPECT_THAT(record["params"]["prompt_suffix"].dump(), HasSubstr("best quality"));
}

TEST_F(CollageDiffusion, TheExampleIsOne) {
  const Result result =
      run_embedded({"--params", SOURCE_DIR "/examples/collage_diffusion/collage.json", "--auto-tune"}, "example");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(names("example"), ElementsAre("0007-0000.png"));
}

/// A list of collages around addresses: nothing is fetched.
TEST_F(CollageDiffusion, TakesTheGalleryAsItIs) {
  json collage = request("main.json");
  collage["collagePrompt"] = collage["prompt"];
  collage.erase("prompt");
  collage["numInferenceSteps"] = 2;
  collage.update(json{{"numFrames", 5}, {"inputTokenData", {{"a", 1}}}, {"layerToIndexMap", {{"k", 0}}}});
  for (json& layer : collage["layers"]) {
    std::string name = layer["originalImgUrl"];
    layer["originalImgUrl"] = "https://host/o/" + name.replace(name.find('/'), 1, "%2F") + "?alt=media";
  }
  const json entry{{"collage", collage}, {"collageImage", "https://host/a"}, {"generatedImage", "https://host/b"}};
  json other = entry;
  other["collage"]["seed"] = 43;
  folder_.write("one.json", json::array({entry}).dump());
  folder_.write("two.json", json::array({entry, other}).dump());
  const Result one = run({"--params", folder_ / "one.json", "--layer-images", "layers"});
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(names(), ElementsAre("0042-0000.png"));
  const Result two = run({"--items", folder_ / "two.json", "--layer-images", "layers"}, "table");
  ASSERT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(names("table").size(), 2u);
  EXPECT_THAT(run({"--params", folder_ / "two.json"}).err, HasSubstr("a list of 2: give it as --items"));
  EXPECT_THAT(run({"--params", folder_ / "one.json"}, "fetched").err,
              HasSubstr("is an address, and nothing is fetched"));
}

TEST_F(CollageDiffusion, FaultsStandWhereTheFileSaysIt) {
  const std::string head = "{\"prompt\": \"a moon\",\n\"layers\": [\n{\"textPrompt\": \"moon\", \"originalImgUrl\": ",
                    moon = "\"layers/moon.png\"";
  EXPECT_THAT(refused(head + moon + ", \"noiseStrength\": 2}]}"),
              HasSubstr("bad.json:3:78: error: param layers[0].noise: 2 is above the maximum 1"));
  EXPECT_THAT(refused(head + moon + ",\n\"polygon\": [{\"x\": 0, \"y\": 0}]}]}"),
              HasSubstr("bad.json:4:12: error: node 'collage' (load-collage): layers[0].polygon: has 1 point"));
  EXPECT_THAT(refused(head + "\"gone.png\"}]}"), HasSubstr("bad.json:3:42: error: node 'collage' (load-collage): "
                                                           "layers[0].image: no file or folder 'gone.png'"));
  EXPECT_THAT(refused(head + moon + ",\n\"wordEmbedding\": \"word.ti.pt\"}]}"),
              HasSubstr("bad.json:4:18: error: node 'collage' (load-collage): layers[0].embedding: word.ti.pt: "));
  EXPECT_THAT(
      refused("{\"prompt\": \"a boat\",\n\"layers\": [{\"textPrompt\": \"moon\", \"originalImgUrl\": " + moon + "}]}"),
      HasSubstr("bad.json:2:27: error: node 'collage' (load-collage): layers[0].text: 'moon' does not stand"));
  EXPECT_THAT(refused(head + moon + ",\n\"transform\": {\"position\": {\"x\": 3}}}]}"),
              HasSubstr("bad.json:3:1: error: node 'collage' (load-collage): layers[0]: lies wholly beside"));
  EXPECT_THAT(refused("{\"prompt\": \"\", \"layers\": [{\"textPrompt\": \"moon\", \"originalImgUrl\": " + moon + "}]}"),
              HasSubstr("bad.json:1:12: error: node 'collage' (load-collage): prompt: is empty"));
  EXPECT_THAT(run({"--params", "requests/main.json", "--steps", "0"}).err, HasSubstr("0 is below the minimum 1"));
  EXPECT_THAT(run({"--params", "requests/main.json", "--width", "100"}).err, HasSubstr("100 is not a multiple of 8"));
  EXPECT_THAT(run({"--params", "requests/main.json", "--num-seeds", "0"}).err, HasSubstr("must be 1 or more, got 0"));
}

/// Canvases of any multiple of 8, a layer that is drawn, another scheduler.
TEST_F(CollageDiffusion, DrawsLayersOnCanvasesOfAnySize) {
  const std::string layers =
      "[{text: wall, image: layers/wall.png, noise: 0.4}, {text: a moon, prompt: a moon, scale: 0.01, x: 0.4}]";
  const Result result = run({"--prompt", "a moon over a wall", "--layers", layers, "--width", "72", "--height", "40",
                             "--steps", "4", "--sweep", "scheduler=euler,dpmpp-2m,ddim,lcm", "--hold-level", "next"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(names().size(), 4u);
  EXPECT_EQ(picture("out/0042-0000.png").size(), cv::Size(72, 40));
}

/// A finished picture under the layers, of which one is drawn anew: the others stay what they are, within what the
/// autoencoder makes of them.
TEST_F(CollageDiffusion, EditsKeepTheOtherLayers) {
  ASSERT_EQ(run_embedded({"--seed", "3"}, "first").code, 0);
  const Result again = decoupage({"rerun",
                                  folder_ / "first/0003-0000.png",
                                  "--background",
                                  folder_ / "first/0003-0000.png",
                                  "--layers[0].noise",
                                  "0",
                                  "--layers[1].noise",
                                  "0",
                                  "--layers[2].noise",
                                  "0.8",
                                  "--seed",
                                  "4",
                                  "--sweep",
                                  "hold_level=current,next",
                                  "--noise-blur",
                                  "2",
                                  "--allow-read",
                                  SOURCE_DIR,
                                  "--allow-read",
                                  folder_.path(),
                                  "--output-dir",
                                  folder_ / "second",
                                  "--quiet"},
                                 {folder_.path()});
  ASSERT_EQ(again.code, 0) << again.err;
  // What the autoencoder alone makes of the first picture: nothing is above the noise that is kept.
  ASSERT_EQ(decoupage({"run", SOURCE_DIR "/configs/img2img.yaml", "--image", folder_ / "first/0003-0000.png", "--width",
                       "128", "--height", "128", "--strength", "0.02", "--steps", "50", "--quiet", "--guidance-scale",
                       "1", "--output-dir", folder_ / "code"},
                      {folder_.path()})
                .code,
            0);
  const cv::Mat before = picture("first/0003-0000.png");
  const auto change = [&](const std::string& path, const cv::Rect& where) {
    return 255 * cv::norm(before(where), picture(path)(where), cv::NORM_L1) / (3.0 * where.area());
  };
  const cv::Rect meadow(72, 88, 56, 40), house(22, 50, 30, 34);
  const std::vector<std::string> made = names("second");
  const double code = change("code/" + names("code").front(), meadow);
  const double current = change("second/0004-0000.png", meadow), next = change("second/0004-0001.png", meadow);
  RecordProperty("autoencoder", std::to_string(code));
  RecordProperty("current", std::to_string(current));
  RecordProperty("next", std::to_string(next));
  RecordProperty("house", std::to_string(change("second/0004-0000.png", house)));
  EXPECT_LT(next, code + 1) << "grey levels, on average";
  EXPECT_LT(current, code + 4);
  EXPECT_GT(change("second/0004-0000.png", house), 2 * current + 2);
}

/// As many calls of the denoiser as img2img makes, and none of what is switched off.
TEST_F(CollageDiffusion, WithoutControlsItCallsWhatImg2imgCalls) {
  const std::string one = "[{text: moon, image: layers/moon.png, noise: 0.6}]";
  const Result collage =
      run({"--prompt", "a moon", "--layers", one, "--no-attention-control", "--steps", "10", "--guidance-scale", "1"},
          "out", false);
  ASSERT_EQ(collage.code, 0) << collage.err;
  const Result plain = decoupage({"run",
                                  SOURCE_DIR "/configs/img2img.yaml",
                                  "--image",
                                  kLayerSet + "layers/moon.png",
                                  "--width",
                                  "128",
                                  "--height",
                                  "128",
                                  "--model",
                                  kLayerSet + "model",
                                  "--strength",
                                  "0.6",
                                  "--scheduler",
                                  "euler-ancestral",
                                  "--steps",
                                  "10",
                                  "--guidance-scale",
                                  "1",
                                  "--output-dir",
                                  folder_ / "plain"},
                                 {folder_.path()});
  ASSERT_EQ(plain.code, 0) << plain.err;
  const auto calls = [](const std::string& table, const std::string& node) {
    std::smatch match;
    return std::regex_search(table, match, std::regex("\n" + node + " +([0-9]+) ")) ? std::stoi(match[1]) : 0;
  };
  const std::string made = collage.out + collage.err, due = plain.out + plain.err;
  EXPECT_EQ(calls(made, "denoise[.]step"), 6) << made;
  EXPECT_EQ(calls(due, "denoise[.]step"), 6) << due;
  for (const char* idle : {"told", "denoise[.]control-1", "parts[.]draw[.]step", "lines-1", "edges-1"})
    EXPECT_EQ(calls(made, idle), 0) << idle;
  EXPECT_EQ(calls(made, "encoded"), 1);
  EXPECT_EQ(calls(made, "text"), 1);
  EXPECT_EQ(calls(made, "image"), 1);
}

/// Per net and per layer: edges of each layer alone, and strengths in the place of their own.
TEST_F(CollageDiffusion, ControlNetsCountWhereLayersSay) {
  const std::string layers = "[{text: moon, image: layers/moon.png, noise: 0.8, edge: 0.5, scale: 0.01}]";
  const auto made = [&](std::vector<std::string> words, const std::string& folder) {
    words.insert(words.end(), {"--prompt", "a moon", "--layers", layers, "--steps", "3"});
    const Result result = run(std::move(words), folder);
    EXPECT_EQ(result.code, 0) << result.err;
    return folder_.outputs(folder)["0042-0000.png"];
  };
  const std::string nets = kLayerSet + "controlnet_1, " + kLayerSet + "controlnet_2";
  const std::string plain = made({}, "plain"), both = made({"--controlnets", nets}, "both");
  EXPECT_NE(both, plain);
  EXPECT_NE(made({"--controlnets", nets, "--control-strengths", "[[0.5], [0]]"}, "one"), both);
  EXPECT_NE(made({"--controlnets", nets, "--control-hint", "layers"}, "alone"), both);
  EXPECT_NE(made({"--controlnets", nets, "--control-images", "[layers/wall.png]"}, "ready"), both);
  EXPECT_THAT(run({"--prompt", "a moon", "--layers", layers, "--controlnets", "gone"}).err, HasSubstr("gone"));
}

}  // namespace
}  // namespace testing_cli
