// SPDX-License-Identifier: MIT
// What the command loads, and when: see docs/design.md, section 5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Modules : public testing::Test {
 protected:
  void SetUp() override { folder_.write("sheet.yaml", kSheet); }

  /// The command with the loader telling on the standard error which files it reads.
  Result traced(const std::vector<std::string>& args) const {
    return decoupage(args, {folder_.path(), {{"LD_DEBUG", "files"}}});
  }

  Folder folder_;
};

TEST_F(Modules, WhatComputesNothingLoadsNone) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"inspect", "unet-step"}, {"schema"}, {"draw", "sheet.yaml"}, {"run", "--help"}}) {
    const Result result = traced(args);
    EXPECT_EQ(result.code, 0) << args[0];
    EXPECT_THAT(result.err, AllOf(HasSubstr("libdecoupage_graph"), Not(HasSubstr("decoupage_picture_nodes")),
                                  Not(HasSubstr("libopencv")), Not(HasSubstr("libtorch"))))
        << args[0];
  }
}

TEST_F(Modules, ACheckLoadsWhatMakesTheNodesAndNoMore) {
  const Result result = traced({"check", "sheet.yaml"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("decoupage_picture_nodes"), Not(HasSubstr("libtorch"))));
}

TEST_F(Modules, AGraphOfPicturesLoadsNoLibtorch) {
  const Result result = traced({"run", "sheet.yaml", "--seed", "1..2", "--output-dir", "out"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("decoupage_picture_nodes"), Not(HasSubstr("libtorch"))));
}

TEST_F(Modules, ADeviceIsLookedForAllTheSame) {
  const Result result = decoupage({"run", "sheet.yaml", "--device", "tpu", "--output-dir", "out"}, {folder_.path()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--device: "));
}

TEST_F(Modules, AResizeAsksAModelForItsSide) {
  folder_.write("side.yaml", R"(graph: side
nodes:
  noise: {type: draw-noise, seed: 0, width: 16, height: 12, style: noise}
  small: {type: resize, model: embedded, in: {image: noise.image}}
  save:  {type: save-image, path: "a.png", in: {image: small.image}}
)");
  const Result result = decoupage({"run", "side.yaml", "--output-dir", "out"}, {folder_.path()});
  EXPECT_EQ(result.code, 0) << result.err;
}

/// The command in a folder of its own, so that what it loads can be spoilt.
class MovedModules : public Modules {
 protected:
  void SetUp() override {
    Modules::SetUp();
    const fs::path built = fs::path(DECOUPAGE).parent_path();
    for (const auto& entry : fs::directory_iterator(built)) {
      const std::string name = entry.path().filename();
      if (name == "decoupage" || name.starts_with("decoupage_picture") || name.starts_with("decoupage_model") ||
          name.starts_with("libdecoupage_graph.so"))
        fs::copy_file(entry.path(), folder_ / name);
    }
  }
  Result moved(const std::vector<std::string>& args) const {
    return Program(args, {folder_.path()}, folder_ / "decoupage").wait();
  }
};

TEST_F(MovedModules, AreFoundBesideTheEngine) {
  const Result result = moved({"run", "sheet.yaml", "--output-dir", "out"});
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(MovedModules, ADescriptionOfAnotherBuildIsRefusedBeforeAnythingRuns) {
  std::string text = folder_.read("decoupage_picture_nodes.types");
  const std::string about = "Brings a picture to a size.";
  text.replace(text.find(about), about.size(), "Brings a picture to a side.");
  folder_.write("decoupage_picture_nodes.types", text);
  for (const char* command : {"check", "run"}) {
    const Result result = moved({command, "sheet.yaml"});
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr("decoupage_picture_nodes.so: it is of another build than its description; build "
                                      "decoupage, or install it, anew and whole"));
  }
}

TEST_F(MovedModules, WhatIsMissingOrDamagedIsNamed) {
  fs::remove(folder_ / "decoupage_picture_nodes.so");
  EXPECT_THAT(moved({"run", "sheet.yaml", "--output-dir", "out"}).err,
              HasSubstr("decoupage_picture_nodes.so: cannot be loaded: "));
  folder_.write("decoupage_model_nodes.types", "3:abc");
  EXPECT_THAT(moved({"check", "sheet.yaml"}).err, HasSubstr("decoupage_model_nodes.types: the description of node "
                                                            "types is damaged at byte 0"));
  fs::remove(folder_ / "decoupage_model_nodes.types");
  const Result result = moved({"check", "sheet.yaml"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("decoupage_model_nodes.types: the description of the node types is not there"));
}

}  // namespace
}  // namespace testing_cli
