// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

TEST(Inspect, ListsTypesByFamilyWithALineEach) {
  const Result result = decoupage({"inspect"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("image:\n"), HasSubstr("\n  resize"), HasSubstr("\n  save-image")));
}

TEST(Inspect, TellsAllAboutOne) {
  const Result result = decoupage({"inspect", "draw-noise"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Outputs:\n  image: image  (height,width,3) f32"),
                    HasSubstr("  width: int in [1, 16384] px, default 512\n      of the sheet"),
                    HasSubstr("style: one of painted, "), HasSubstr("Occupies: cpu."), HasSubstr("Example:\n")));
}

TEST(Inspect, SaysWhichInputsGather) {
  EXPECT_THAT(decoupage({"inspect", "contact-sheet"}).out, HasSubstr("image: image, gathers all items"));
}

/// Lists, ports of several links, what links feed and what they may not.
TEST(Inspect, SaysWhatLinksBring) {
  EXPECT_THAT(decoupage({"inspect", "first"}).out,
              AllOf(HasSubstr("any: any, several links"), HasSubstr("any: that of any")));
  EXPECT_THAT(decoupage({"inspect", "value"}).out, HasSubstr("int: int, where int is given"));
  EXPECT_THAT(decoupage({"inspect", "image-grid"}).out, HasSubstr("images: image[]"));
  EXPECT_THAT(decoupage({"inspect", "text-encode"}).out,
              HasSubstr("Links feed any property but model, lora, embedding, embedding_tokens."));
  EXPECT_THAT(decoupage({"inspect", "patch-bank"}).out, HasSubstr("Links feed none of its properties."));
}

TEST(Inspect, UnknownTypesNameTheNearest) {
  const Result result = decoupage({"inspect", "resiz"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("no node type 'resiz' (did you mean 'resize'?)"));
}

TEST(Inspect, JsonIsForTools) {
  const json all = json::parse(decoupage({"inspect", "--json"}).out);
  const json one = json::parse(decoupage({"inspect", "draw-noise", "--json"}).out);
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const json& type) { return type == one; }));
  EXPECT_EQ(one["type"], "draw-noise");
  EXPECT_EQ(one["origin"], "built in");
  EXPECT_EQ(one["outputs"][0]["type"], "image");
  EXPECT_EQ(one["properties"][1]["default"], 512);
  EXPECT_EQ(one["properties"][1]["unit"], "px");
  EXPECT_EQ(one["properties"][1]["max"], 16384);
}

/// What is generated from the contracts is kept in the repository, for people and for editors.
void expect_fresh(const std::vector<std::string>& words, const std::string& file) {
  const Result result = decoupage(words);
  EXPECT_EQ(result.code, 0);
  std::string command = "decoupage";
  for (const std::string& word : words) command += " " + word;
  EXPECT_TRUE(result.out == Folder::text_of(std::string(SOURCE_DIR) + "/" + file))
      << file << " is stale; refresh it: " << command << " > " << file;
}

TEST(Generated, NodesPageIsFresh) {
  expect_fresh({"inspect", "--markdown"}, "docs/nodes.md");
}

TEST(Generated, SchemaIsFresh) {
  expect_fresh({"schema"}, "docs/graph.schema.json");
}

TEST(Plugins, ThatCannotBeLoadedAreRefused) {
  Folder folder;
  const std::string file = folder.write("broken.so", "this is not a library");
  const Start beside{"", {{"DECOUPAGE_PLUGIN_PATH", folder.path()}}};
  for (const Result& result :
       {decoupage({"inspect", "--plugin", file}), decoupage({"inspect", "--plugin", "broken"}, beside),
        decoupage({"inspect", "--plugin", "broken.so"}, beside)}) {
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, AllOf(HasSubstr("plugin '"), HasSubstr("broken.so'"), HasSubstr("not a shared library")));
  }
  EXPECT_THAT(decoupage({"inspect", "--plugin", "nowhere.so"}).err,
              AllOf(HasSubstr("plugin 'nowhere.so': no such file"), HasSubstr("DECOUPAGE_PLUGIN_PATH")));
  EXPECT_THAT(decoupage({"inspect", "--plugin", "nowhere"}, beside).err,
              HasSubstr("none of that name in the folders on DECOUPAGE_PLUGIN_PATH (" + folder.path() + ")"));
}

TEST(Plugins, LoadOnlyWhenTheyAreNamed) {
  Folder folder;
  folder.write("broken.so", "this is not a library");
  const Result result = decoupage({"inspect"}, {"", {{"DECOUPAGE_PLUGIN_PATH", folder.path()}}});
  EXPECT_EQ(result.code, 0) << result.err;
}

}  // namespace
}  // namespace testing_cli
