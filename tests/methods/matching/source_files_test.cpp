// SPDX-License-Identifier: MIT
#include "methods/matching/source_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/imaging/fixtures.h"

namespace matching {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SourceFiles : public ::testing::Test {
 protected:
  void touch(const std::string& name) const { folder_.write(name, std::string("\xFF\xD8\xFF")); }
  std::vector<std::string> relative(std::vector<std::string> files) const {
    for (std::string& file : files) file = file.substr(folder_.path().size() + 1);
    return files;
  }
  Folder folder_;
};

TEST_F(SourceFiles, LatentsAreFoundInFoldersBelowToo) {
  for (const char* name : {"z.npz", "a/b.npz", "a-b.npz", "a/c/d.NPZ", "a/e.png", "f.npy"}) touch(name);
  EXPECT_THAT(relative(find_latent_files(folder_.path())), ElementsAre("a/b.npz", "a/c/d.NPZ", "a-b.npz", "z.npz"));
  EXPECT_THAT(find_latent_files(folder_.path("z.npz")), ElementsAre(folder_.path("z.npz")));
}

TEST_F(SourceFiles, WhatSystemsLeaveIsPassedOver) {
  for (const char* name : {"a.npz", "._a.npz", "__MACOSX/._a.npz", "@eaDir/b.npz", "b.png"}) touch(name);
  folder_.write("._b.png", std::string("\0\5\x16\7", 4));
  EXPECT_THAT(relative(find_latent_files(folder_.path())), ElementsAre("a.npz"));
  std::string notice;
  EXPECT_THAT(relative(find_source_pictures(folder_.path(), true, &notice)), ElementsAre("b.png"));
  EXPECT_THAT(notice, HasSubstr("passed over ._b.png (of macOS)"));
}

TEST_F(SourceFiles, PicturesAreSortedFolderByFolder) {
  for (const char* name : {"z.png", "a/b.png", "a-b.jpg", "a/c.WebP", "n.npz"}) touch(name);
  EXPECT_THAT(relative(find_source_pictures(folder_.path(), true)),
              ElementsAre("a/b.png", "a/c.WebP", "a-b.jpg", "z.png"));
  EXPECT_THAT(relative(find_source_pictures(folder_.path(), false)), ElementsAre("a-b.jpg", "z.png"));
}

TEST_F(SourceFiles, SayWhatWasLookedForAndWhatElseIsThere) {
  const std::string at = "'" + folder_.path() + "'";
  EXPECT_EQ(
      thrown_by([&] { find_latent_files(folder_.path()); }),
      "no latent file in " + at +
          ": looked for .npz in it and the folders below; decoupage encode IMAGES LATENTS makes them of pictures");
  touch("below/a.png");
  EXPECT_EQ(thrown_by([&] { find_latent_files(folder_.path()); }),
            "no latent file in " + at +
                ": looked for .npz in it and the folders below; it has pictures: give it as source_images, or encode "
                "them first: decoupage encode " +
                folder_.path() + " LATENTS");
  EXPECT_EQ(thrown_by([&] { find_source_pictures(folder_.path(), false); }),
            "no picture in " + at +
                ": looked for .bmp .jpeg .jpg .png .tif .tiff .webp; `recursive: true` looks into the folders below");
  touch("other/a.npz");
  EXPECT_EQ(thrown_by([&] { find_source_pictures(folder_.path("other"), true); }),
            "no picture in '" + folder_.path("other") +
                "': looked for .bmp .jpeg .jpg .png .tif .tiff .webp; it has latent files: give it as source_latents");
}

TEST_F(SourceFiles, RefuseWhatIsOfAnotherKind) {
  for (const char* name : {"a.png", "b.npz", "c.txt"}) touch(name);
  EXPECT_EQ(
      thrown_by([&] { find_latent_files(folder_.path("a.png")); }),
      "'" + folder_.path("a.png") + "' is not a latent file: their names end in .npz; give a picture as source_images");
  EXPECT_EQ(thrown_by([&] { find_latent_files(folder_.path("c.txt")); }),
            "'" + folder_.path("c.txt") + "' is not a latent file: their names end in .npz");
  EXPECT_EQ(thrown_by([&] { find_source_pictures(folder_.path("b.npz"), false); }),
            "'" + folder_.path("b.npz") + "' is a latent file and no picture: give it as source_latents");
  for (const auto& find : {std::function([](const std::string& path) { find_latent_files(path); }),
                           std::function([](const std::string& path) { find_source_pictures(path, false); })})
    EXPECT_THAT(thrown_by([&] { find(folder_.path("gone")); }),
                HasSubstr("no file or folder '" + folder_.path("gone") + "'"));
  EXPECT_EQ(thrown_by([&] { find_latent_files(""); }),
            "the path is empty: give a latent file (.npz) or a folder of them");
}

TEST_F(SourceFiles, MissingPicturesAreEachNamedOnce) {
  touch("a.png");
  std::vector<SourceLatent> sources(4);
  sources[0].source_path = folder_.path("gone/b.png");
  sources[1].source_path = folder_.path("a.png");
  sources[2].source_path = sources[0].source_path;
  sources[3].source_path = folder_.path();  // a folder is not a picture
  EXPECT_THAT(missing_pictures(sources), ElementsAre(folder_.path("gone/b.png"), folder_.path()));
  touch("pictures/b.png");
  touch("pictures/a.png");
  look_for_pictures_in(folder_.path("pictures"), sources);
  EXPECT_EQ(sources[0].source_path, folder_.path("pictures/b.png"));
  EXPECT_EQ(sources[1].source_path, folder_.path("a.png")) << "what is there stays";
  EXPECT_EQ(sources[2].source_path, folder_.path("pictures/b.png"));
  EXPECT_EQ(thrown_by([&] { look_for_pictures_in(folder_.path("gone"), sources); }),
            "no folder '" + folder_.path("gone") + "' to look for pictures in");
}

TEST_F(SourceFiles, ListsDoNotGrowEndless) {
  EXPECT_EQ(list_of_names({}), "");
  EXPECT_EQ(list_of_names({"a", "b"}), "a, b");
  EXPECT_EQ(list_of_names(std::vector<std::string>(12, "a")), "a, a, a, a, a, a, a, a, a, a and 2 more");
}

}  // namespace
}  // namespace matching
