// SPDX-License-Identifier: MIT
// What a graph and a recipe can reach: docs/runs.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "imaging/files/png.h"
#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPhoto = R"(graph: photo
params: {photo: {type: path, default: photos/a.png}}
nodes:
  load: {type: load-image, path: $photo}
  save: {type: save-image, path: small.png, in: {image: load.image}}
)";

constexpr const char* kNamed = R"(graph: named
params: {name: {type: string, default: a}}
nodes:
  noise: {type: draw-noise, width: 8, height: 8}
  save:  {type: save-image, path: "${name}.png", in: {image: noise.image}}
)";

constexpr const char* kBin = R"(graph: bin
nodes:
  noise: {type: draw-noise, width: 8, height: 8}
out: {image: noise.image}
)";

class Reach : public testing::Test {
 protected:
  Result call(const std::vector<std::string>& words) { return decoupage(words, {folder_.path()}); }

  /// A picture that was made from photos/a.png.
  void make_photo() {
    write_png("photos/a.png", {});
    folder_.write("photo.yaml", kPhoto);
    ASSERT_EQ(call({"run", "photo.yaml", "--output-dir", "out", "--quiet"}).code, 0);
  }

  void write_png(const std::string& name, const std::vector<imaging::PngText>& texts) {
    const std::vector<std::byte> png = imaging::encode_png(cv::Mat::zeros(12, 16, CV_8UC3), texts);
    folder_.write(name, {reinterpret_cast<const char*>(png.data()), png.size()});
  }

  /// A picture whose recipe is that of another one, changed.
  template <class Change>
  void forge(const std::string& from, const std::string& to, Change change) {
    json recipe = json::parse(call({"metadata", from, "--json"}).out);
    change(recipe);
    write_png(to, {{"decoupage", recipe.dump()}});
  }

  Folder folder_;
};

TEST_F(Reach, ARecipeReadsOnlyWhatIsAllowed) {
  make_photo();
  const Result refused = call({"rerun", "out/small.png", "--output-dir", "a"});
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("photo.yaml:4:3: error: node 'load' (load-image): "),
                                 HasSubstr("photos/a.png: lies outside of what may be read for a recipe"),
                                 HasSubstr("--allow-read "), HasSubstr("/photos")));
  EXPECT_THAT(folder_.outputs("a"), IsEmpty());
  const auto made = folder_.outputs("out");
  for (const char* allowed : {"photos", "photos/a.png", "."}) {
    const Result again = call({"rerun", "out/small.png", "--allow-read", allowed, "--output-dir", "b", "--overwrite"});
    EXPECT_EQ(again.code, 0) << allowed << ": " << again.err;
    EXPECT_EQ(difference(folder_.outputs("b"), made), "");
  }
  const Result typo = call({"rerun", "out/small.png", "--allow-read", "photo"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.err, HasSubstr("--allow-read: no file or folder 'photo'"));
}

TEST_F(Reach, WhatTheCommandLineNamesIsAllowed) {
  make_photo();
  write_png("other/b.png", {});
  EXPECT_EQ(call({"rerun", "out/small.png", "--photo", "other/b.png", "--output-dir", "a"}).code, 0);
  EXPECT_EQ(call({"rerun", "out/small.png", "--photo", "other/*.png", "--output-dir", "b"}).code, 0);
}

TEST_F(Reach, ALinkIsNoWayOutOfWhatIsAllowed) {
  make_photo();
  fs::rename(folder_ / "photos/a.png", folder_ / "secret.png");
  fs::create_symlink(folder_ / "secret.png", folder_ / "photos/a.png");
  const Result result = call({"rerun", "out/small.png", "--allow-read", "photos", "--output-dir", "a"});
  EXPECT_NE(result.code, 0);
  EXPECT_THAT(result.out + result.err, HasSubstr("lies outside of what may be read"));
  EXPECT_THAT(folder_.outputs("a"), IsEmpty());
}

TEST_F(Reach, ARecipeLoadsNoPlugin) {
  make_photo();
  const std::string plugin = folder_.write("plugins/evil.so", "not loaded, so never found to be no library");
  forge("out/small.png", "forged.png", [&](json& recipe) { recipe["plugins"] = {plugin}; });
  const Result result = call({"rerun", "forged.png", "--allow-read", ".", "--output-dir", "a"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("forged.png: the recipe uses the plugin '" + plugin + "'"),
                                HasSubstr("add --plugin " + plugin)));
}

TEST_F(Reach, ARecipeIncludesOnlyWhatItBrings) {
  make_photo();
  folder_.write("bin.yaml", kBin);
  forge("out/small.png", "forged.png", [&](json& recipe) {
    recipe["files"][0]["text"] = "graph: g\nnodes:\n  a: {include: " + (folder_ / "bin.yaml") + "}\n";
  });
  const Result result = call({"rerun", "forged.png", "--allow-read", ".", "--output-dir", "a"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("bin.yaml': it is not among the files given"));
}

TEST_F(Reach, AStrangersGraphDoesNotSteerATerminal) {
  make_photo();
  const std::string text = "graph: g  # \x1b[2J\nnodes: {}\n";
  forge("out/small.png", "forged.png", [&](json& recipe) { recipe["files"][0]["text"] = text; });
  EXPECT_EQ(call({"metadata", "forged.png", "--graph"}).out, text) << "a file gets it as it is";
  const std::string command = std::string(DECOUPAGE) + " metadata forged.png --graph";
  Program terminal({"-qec", command, "/dev/null"}, {folder_.path()}, "/usr/bin/script");
  EXPECT_EQ(terminal.wait().out, "graph: g  #  [2J\r\nnodes: {}\r\n");
}

TEST_F(Reach, ParamsDoNotLeadOutOfTheOutputFolder) {
  folder_.write("named.yaml", kNamed);
  for (const std::string& name : std::vector<std::string>{"../x", "a/../../x", "/x", "..", folder_ / "x"}) {
    const Result result = call({"run", "named.yaml", "--name", "fine", "--name", name + "/y", "--output-dir", "out"});
    EXPECT_EQ(result.code, 2) << name;
    EXPECT_THAT(result.err, HasSubstr("leaves the output folder")) << name;
    EXPECT_FALSE(fs::exists(folder_ / "out")) << name;
  }
  std::string slugged = kNamed;
  slugged.replace(slugged.find("${name}"), 7, "{name}");
  folder_.write("slugged.yaml", slugged);
  EXPECT_EQ(call({"run", "slugged.yaml", "--name", "../../x", "--output-dir", "out", "--quiet"}).code, 0);
  EXPECT_THAT(folder_.outputs("out"), ElementsAre(testing::Key("x.png")));
}

TEST_F(Reach, LinksDoNotLeadOutOfTheOutputFolder) {
  folder_.write("sheet.yaml", kSheet);
  fs::create_directories(folder_ / "elsewhere");
  fs::create_directories(folder_ / "out");
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "out/pictures");
  const Result result = call({"run", "sheet.yaml", "--output-dir", "out"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("cannot write 'out/pictures/0000.png'"), HasSubstr("'out/pictures' is a link")));
  EXPECT_THAT(folder_.names("elsewhere"), IsEmpty());
}

TEST_F(Reach, ALinkInThePlaceOfAFileIsReplaced) {
  folder_.write("named.yaml", kNamed);
  const std::string mine = folder_.write("mine.png", "mine");
  fs::create_directories(folder_ / "out");
  fs::create_symlink(mine, folder_ / "out/a.png");
  EXPECT_EQ(call({"run", "named.yaml", "--output-dir", "out", "--quiet"}).code, 0);
  EXPECT_EQ(folder_.read("mine.png"), "mine");
  EXPECT_FALSE(fs::is_symlink(folder_ / "out/a.png"));
}

TEST_F(Reach, TheRecordIsNotWrittenThroughALink) {
  folder_.write("named.yaml", kNamed);
  const std::string mine = folder_.write("mine.txt", "");
  fs::create_directories(folder_ / "out");
  fs::create_symlink(mine, folder_ / "out/items.jsonl");
  const Result result = call({"run", "named.yaml", "--output-dir", "out", "--resume"});
  EXPECT_EQ(folder_.read("mine.txt"), "") << result.err;
}

TEST_F(Reach, IncludesStayBelowTheGraphFile) {
  folder_.write("parts/bin.yaml", kBin);
  folder_.write("graphs/below/bin.yaml", kBin);
  const auto graph = [&](const std::string& file) {
    return folder_.write("graphs/g.yaml", "graph: g\nnodes:\n  a: {include: " + file +
                                              "}\n  save: {type: save-image, path: a.png, in: {image: a.image}}\n");
  };
  graph("below/bin.yaml");
  EXPECT_EQ(call({"check", "graphs/g.yaml"}).code, 0);
  fs::create_symlink(folder_ / "parts/bin.yaml", folder_ / "graphs/link.yaml");
  for (const std::string& file :
       {std::string("../parts/bin.yaml"), folder_ / "parts/bin.yaml", std::string("link.yaml")}) {
    graph(file);
    for (const char* command : {"check", "run", "draw"}) {
      const Result result = call({command, "graphs/g.yaml"});
      EXPECT_EQ(result.code, 2) << command << " " << file;
      EXPECT_THAT(result.err,
                  AllOf(HasSubstr("g.yaml:3:16: error: node 'a': cannot include '"),
                        HasSubstr("it lies outside of the folder of 'graphs/g.yaml'"), HasSubstr("--allow-read ")));
      if (std::string(command) == "run") continue;
      EXPECT_EQ(call({command, "graphs/g.yaml", "--allow-read", "parts"}).code, 0) << command << " " << file;
    }
  }
  EXPECT_EQ(call({"run", "graphs/g.yaml", "--allow-read", "parts", "--output-dir", "out", "--quiet"}).code, 0);
}

TEST_F(Reach, AHubIdIsLookedForInTheCacheAlone) {
  const Result result = decoupage({"run", std::string(SOURCE_DIR) + "/configs/txt2img.yaml", "--model", "some/model"},
                                  {folder_.path(), {{"HF_HUB_CACHE", folder_.path()}}});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("the Hugging Face cache has no " + (folder_ / "models--some--model")),
                                HasSubstr("huggingface-cli download some/model")));
}

}  // namespace
}  // namespace testing_cli
