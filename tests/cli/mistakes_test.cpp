// SPDX-License-Identifier: MIT
// What people get wrong first, and what they are told: where it is wrong, what was expected, and what to try next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Zeros of a shape under a name, as a .safetensors file.
std::string safetensors(const std::vector<std::pair<std::string, std::vector<int>>>& tensors) {
  nlohmann::json header;
  std::size_t at = 0;
  for (const auto& [name, shape] : tensors) {
    std::size_t bytes = 4;
    for (const int side : shape) bytes *= static_cast<std::size_t>(side);
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  const std::string text = header.dump();
  std::string file(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(file.data(), &length, sizeof length);
  return file + text + std::string(at, '\0');
}

/// A graph of nodes, each a line; with the param `photos` where one of them names it.
std::string graph_of(const std::vector<std::string>& nodes) {
  std::string lines;
  for (const std::string& node : nodes) lines += "  " + node + "\n";
  const bool param = lines.find("$photos") != std::string::npos;
  return std::string("graph: g\n") + (param ? "params: {photos: {type: path, default: photos}}\n" : "") + "nodes:\n" +
         lines;
}

const std::string kSave = "save: {type: save-image, path: a.png, in: {image: a.image}}";

struct Mistake {
  std::string name;
  std::vector<std::string> words;  ///< behind "run"; "g.yaml" is `graph`
  std::vector<std::string> said;
  std::string graph{};
  int code = 2;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.name;
}

const std::string kTxt2img = std::string(SOURCE_DIR) + "/configs/txt2img.yaml";

const std::vector<Mistake> kMistakes{
    {"ModelFolderThatIsNotThere",
     {kTxt2img, "--model", "sdxl"},
     {"txt2img.yaml:23:3: error: node 'text' (text-encode): sdxl: there is no such folder or file",
      "give a folder in diffusers' layout, a .safetensors checkpoint, a hub id, or embedded"}},
    {"ModelFolderThatIsNone",
     {kTxt2img, "--model", "photos"},
     {"photos: has no model_index.json, so it is not a model in diffusers' layout", "give the .safetensors itself"}},
    {"PickledCheckpoint",
     {kTxt2img, "--model", "old.ckpt"},
     {"old.ckpt: is a pickle, which can run any code and is never read: convert it to .safetensors"}},
    {"PickleUnderAnotherName",
     {kTxt2img, "--model", "fake.safetensors"},
     {"fake.safetensors: is a PyTorch pickle under another name: convert it to safetensors"}},
    {"LoraOfAnotherModel",
     {kTxt2img, "--lora", "lora.safetensors", "--steps", "1", "--output-dir", "out"},
     {"lora.safetensors: ", "the LoRA is for another model, it seems for Stable Diffusion 1.x"}},
    {"LoraThatIsNotThere",
     {kTxt2img, "--lora", "gone.safetensors"},
     {"gone.safetensors: there is no such file", "looked for /"}},
    {"NodeTypeMisspelt",
     {"g.yaml"},
     {"g.yaml:3:13: error: node 'a': unknown type 'draw_nois' (did you mean 'draw-noise'?)"},
     graph_of({"a: {type: draw_nois}", kSave})},
    {"NodeTypeOfAnotherProgram",
     {"g.yaml"},
     {"node 'a': unknown type 'KSampler'; there are adamw, add-noise, attend, "},
     graph_of({"a: {type: KSampler}", kSave})},
    {"PropertyMisspelt",
     {"g.yaml"},
     {"g.yaml:3:25: error: node 'a' (draw-noise): no property 'widht' (did you mean 'width'?)"},
     graph_of({"a: {type: draw-noise, widht: 8}", kSave})},
    {"ParamMisspelt", {kTxt2img, "--promt", "a cat"}, {"--promt: error: ", "(did you mean '--prompt'?)"}},
    {"ParamOfDiffusers",
     {kTxt2img, "--num_inference_steps", "20"},
     {"--num_inference_steps: error: ", "; here it is --steps"}},
    {"ParamOfWebui", {kTxt2img, "--cfg-scale", "7"}, {"; here it is --guidance-scale"}},
    {"SeedsOfDiffusers", {kTxt2img, "--num_images_per_prompt", "4"}, {"; here it is --num-seeds"}},
    {"ParamThatIsNone",
     {"g.yaml", "--quality", "7"},
     {"--quality: error: graph 'g' has no param of that name", "; its params are --photos"},
     graph_of({"a: {type: load-image, path: $photos}", kSave})},
    {"ParamWithoutDashes",
     {"g.yaml", "photos=pictures"},
     {"'photos=pictures' is not an option: a param is set by --photos pictures"},
     graph_of({"a: {type: load-image, path: $photos}", kSave})},
    {"QuotesForgotten",
     {kTxt2img, "--prompt", "a", "cat"},
     {"'cat' belongs to nothing before it: a value with spaces stands in quotes"}},
    {"QuoteThatDoesNotClose",
     {kTxt2img, "--sweep", "prompt=\"a cat, sitting,a dog"},
     {"--sweep prompt: error: param 'prompt': a double quote does not close in '\"a cat, sitting,a dog'"}},
    {"SidesOfNoCells",
     {kTxt2img, "--width", "1001"},
     {"txt2img.yaml:34:3: error: node 'noise' (noise): width 1001 is not a multiple of 8; 1000 and 1008 are"}},
    {"NoSteps", {kTxt2img, "--steps", "0"}, {"--steps: error: param 'steps': 0 is below the minimum 1"}},
    {"RangeWithADash",
     {kTxt2img, "--seed", "5-9"},
     {"--seed: error: param 'seed': '5-9' is not a number; a range is written 5..9"}},
    {"RangeWithAStepBackwards",
     {kTxt2img, "--seed", "9..0..-1"},
     {"the step of the range 9..0..-1 must be above 0: the direction follows from its ends"}},
    {"SchedulerThatIsNone",
     {kTxt2img, "--scheduler", "k_euler_b"},
     {"txt2img.yaml:33:56: error: node 'schedule' (schedule): scheduler: no scheduler 'k_euler_b'",
      "there are euler, euler-ancestral, "}},
    {"GpuWhereThereIsNone",
     {kTxt2img, "--device", "cuda"},
     {"--device: there is no GPU here for 'cuda'", "take cpu, or auto"}},
    {"DtypeOfTorch",
     {kTxt2img, "--dtype", "float16"},
     {"--dtype: expected auto, fp32, fp16 or bf16, got 'float16' (did you mean fp16?)"}},
    {"ConvolutionsUnknown",
     {kTxt2img, "--convolutions", "winograd"},
     {"--convolutions: expected auto or direct, got 'winograd'"}},
    {"LatentsOfThreeChannels",
     {"g.yaml", "--output-dir", "out"},
     {"failed: item 0: node 'a': vae: latents: expected (B, 4, h, w), found [1, 3, 8, 8]"},
     graph_of({"latents: {type: load-tensor, path: rgb.safetensors, key: rgb, as: latents}",
               "a: {type: vae-decode, in: {latents: latents.value}}", kSave}),
     1},
    {"FolderOfPicturesThatIsNotThere",
     {"g.yaml", "--photos", "photo/mine"},
     {"g.yaml:4:3: error: node 'a' (load-image): no file or folder 'photo/mine', which means ",
      "; of that there is only ",
      "a relative path in a graph file counts from its folder, one in a flag from the working folder"},
     graph_of({"a: {type: load-image, path: $photos}", kSave})},
    {"FolderOfPicturesThatIsEmpty",
     {"g.yaml"},
     {"g.yaml:4:3: error: node 'a' (load-image): no picture in 'photos': looked for .bmp .jpeg ",
      "`recursive: true` looks into the folders below"},
     graph_of({"a: {type: load-image, path: $photos}", kSave})},
    {"PictureThatIsNone",
     {"g.yaml", "--photos", "text.png", "--output-dir", "out"},
     {"g.yaml:4:3: error: node 'a' (load-image): text.png: not a picture that can be read: PNG, JPEG, WebP, BMP and TIFF "
      "can"},
     graph_of({"a: {type: load-image, path: $photos}", kSave})},
    {"LinkOfAnotherType",
     {"g.yaml"},
     {"g.yaml:4:39: error: node 'b' (vae-decode): input 'latents': it takes latents, and 'a.image' sends image"},
     graph_of({"a: {type: draw-noise}", "b: {type: vae-decode, in: {latents: a.image}}", kSave})},
    {"LinkWithoutIn",
     {"g.yaml"},
     {"no property 'image'; it is an input: write in: {image: node.port}"},
     graph_of({"a: {type: draw-noise}", "b: {type: save-image, image: a.image}"})},
    {"Circle",
     {"g.yaml"},
     {"g.yaml:3:3: error: nodes feed each other in a circle: a -> b -> a; what repeats is a loop"},
     graph_of({"a: {type: resize, width: 8, in: {image: b.image}}", "b: {type: resize, width: 8, in: {image: a.image}}",
               kSave})},
    {"IncludeThatIsNotThere",
     {"g.yaml"},
     {"g.yaml:3:16: error: node 'a': cannot include 'frme.yaml': there is no such file (did you mean 'frame.yaml'?)"},
     graph_of({"a: {include: frme.yaml}", kSave})},
    {"TabsForIndentation",
     {"g.yaml"},
     {"g.yaml:3:3: error: not YAML: a tab in the indentation; indent with spaces"},
     "graph: g\nnodes:\n\ta: {type: draw-noise}\n"},
    {"FolderForAGraph",
     {"photos"},
     {"photos: error: cannot read the graph file: it is a folder; give a graph file in it"}},
    {"NoGraph", {}, {"no graph file given: decoupage run GRAPH, such as decoupage run configs/demo.yaml"}},
    {"OutputThatCannotBeWritten",
     {"g.yaml", "--output-dir", "/sys"},
     {"cannot write '/sys/run.json': ", "(choose a place that you may write to)"},
     graph_of({"a: {type: draw-noise, width: 8, height: 8}", kSave})},
    {"FormatThatIsNotWritten",
     {"g.yaml"},
     {"g.yaml:4:34: error: node 'save' (save-image): path: 'a.gif' ends in .gif: pictures are written as .png, .jpg or "
      ".webp"},
     graph_of(
         {"a: {type: load-image, path: text.png}", "save: {type: save-image, path: a.gif, in: {image: a.image}}"})},
    {"MemoryThatIsNoSize", {kTxt2img, "--memory", "lots"}, {"--memory: expected a size such as 8G, 500M or 75%"}},
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreExplained) {
  Folder folder;
  fs::create_directories(folder / "photos");
  folder.write("frame.yaml", graph_of({"a: {type: draw-noise}"}));
  folder.write("old.ckpt", "PK\x03\x04");
  folder.write("fake.safetensors", "PK\x03\x04 and more");
  folder.write("text.png", "this is not a picture");
  folder.write("rgb.safetensors", safetensors({{"rgb", {1, 3, 8, 8}}}));
  const std::string layer = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k";
  folder.write("lora.safetensors",
               safetensors({{layer + ".lora_down.weight", {2, 768}}, {layer + ".lora_up.weight", {640, 2}}}));
  const Mistake& mistake = GetParam();
  if (!mistake.graph.empty()) folder.write("g.yaml", mistake.graph);
  std::vector<std::string> words{"run"};
  words.insert(words.end(), mistake.words.begin(), mistake.words.end());
  const Result result = decoupage(words, {folder.path(), {{"CUDA_VISIBLE_DEVICES", ""}}});
  EXPECT_EQ(result.code, mistake.code) << result.err;
  for (const std::string& said : mistake.said) EXPECT_THAT(result.out + result.err, HasSubstr(said));
  EXPECT_FALSE(fs::exists(folder / "out/a.png"));
}

TEST(MistakesOfASecondRun, AFolderThatHoldsOneIsNotWrittenInto) {
  Folder folder;
  folder.write("dots.yaml", kDots);
  const std::vector<std::string> words{"run", "dots.yaml", "--output-dir", "out"};
  ASSERT_EQ(decoupage(words, {folder.path()}).code, 0);
  const Result again = decoupage(words, {folder.path()});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("'out' holds a run already (go on with it by --resume, forget it by --overwrite, or "
                                   "choose another --output-dir)"));
}

TEST(MistakesOfSize, TooLittleMemoryIsToldWithWhatHelps) {
  Folder folder;
  folder.write("g.yaml", graph_of({"a: {type: draw-noise, width: 8, height: 8}", kSave}));
  const Result result =
      decoupage({"run", "g.yaml", "--output-dir", "out"}, {folder.path(), {{"DECOUPAGE_FAULTS", "call@a:1+=memory"}}});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out,
              HasSubstr("failed: item 0: node 'a': out of memory, even with no other call running: fewer lanes "
                        "(--lanes), a memory budget (--memory) or a smaller size"));
}

INSTANTIATE_TEST_SUITE_P(OfNewUsers, Mistakes, testing::ValuesIn(kMistakes),
                         [](const auto& info) { return info.param.name; });

/// Words that a shell hands on though they say nothing, and dashes that a word processor has made of hyphens.
TEST(MistakesOfTheShell, EmptyValuesAndDashesThatAreNone) {
  const Folder folder;
  folder.write("dots.yaml", kDots);
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "dots.yaml"});
    const Result result = decoupage(words, {folder.path()});
    EXPECT_EQ(result.code, 2) << result.err;
    return result.err;
  };
  EXPECT_THAT(refusal({"--output-dir", "", "--resume"}), HasSubstr("--output-dir: the value is empty, and DIR is due"));
  EXPECT_THAT(refusal({"--trace="}), HasSubstr("--trace: the value is empty, and FILE is due"));
  EXPECT_THAT(refusal({"\u2014seed", "3"}), HasSubstr("begins with a dash that is not '-': write --seed"));
  EXPECT_THAT(refusal({"\u2013\u2013seed=3"}), HasSubstr("write --seed=3"));
  EXPECT_THAT(refusal({"-seed", "3"}), HasSubstr("did you mean --seed?"));
  EXPECT_THAT(refusal({"--trace", "out/items.jsonl", "--output-dir", "out"}),
              HasSubstr("--trace: 'out/items.jsonl' is a name under which the run keeps its own record"));
  EXPECT_FALSE(fs::exists(folder / "outputs"));
}

/// A file that is opened where a closed stream was would take the lines that were meant for that.
TEST(MistakesOfTheShell, ClosedStreamsLeaveTheRecordAlone) {
  const Folder folder;
  folder.write("dots.yaml", kDots);
  const std::string command = std::string("cd '") + folder.path() + "' && '" + DECOUPAGE +
                              "' run dots.yaml --seed 0..5 --output-dir o >&- 2>&- <&-";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::istringstream lines(folder.read("o/items.jsonl"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_EQ(count, 6);
}

}  // namespace
}  // namespace testing_cli
