// SPDX-License-Identifier: MIT
#include "imaging/files/picture_files.h"

#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PictureFiles : public ::testing::Test {
 protected:
  PictureFiles() {
    for (const char* name : {"photos/b.png", "photos/a.JPG", "photos/c10.webp", "photos/c9.webp", "photos/notes.txt",
                             "photos/.hidden/x.png", "photos/below/d.png", "empty/readme.txt"}) {
      folder_.write(name, std::string("x"));
    }
  }
  std::vector<std::string> names(const std::string& path, bool recursive = false) {
    std::vector<std::string> names;
    for (const std::string& file : find_pictures(folder_.path(path), recursive)) {
      names.push_back(std::filesystem::relative(file, folder_.path()).string());
    }
    return names;
  }
  std::string refusal(const std::string& path, bool recursive = false) {
    return thrown_by([&] { find_pictures(path.empty() ? path : folder_.path(path), recursive); });
  }
  Folder folder_;
};

TEST_F(PictureFiles, OfAFolderSortedByName) {
  EXPECT_THAT(names("photos"), ElementsAre("photos/a.JPG", "photos/b.png", "photos/c10.webp", "photos/c9.webp"));
  EXPECT_THAT(names("photos/"), ElementsAre("photos/a.JPG", "photos/b.png", "photos/c10.webp", "photos/c9.webp"));
}

TEST_F(PictureFiles, BelowAFolder) {
  EXPECT_THAT(names("photos", true), ElementsAre("photos/.hidden/x.png", "photos/a.JPG", "photos/b.png",
                                                 "photos/below/d.png", "photos/c10.webp", "photos/c9.webp"));
}

TEST_F(PictureFiles, OneFileWhateverItsName) {
  EXPECT_THAT(names("photos/notes.txt"), ElementsAre("photos/notes.txt"));
}

TEST_F(PictureFiles, OfAPattern) {
  EXPECT_THAT(names("photos/c*.webp"), ElementsAre("photos/c10.webp", "photos/c9.webp"));
  EXPECT_THAT(names("photos/[ab].*"), ElementsAre("photos/a.JPG", "photos/b.png"));
  EXPECT_THAT(names("photos/*.png", true), ElementsAre("photos/.hidden/x.png", "photos/b.png", "photos/below/d.png"));
}

TEST_F(PictureFiles, AFileWithBracketsInItsNameIsThatFile) {
  folder_.write("photos/[1].png", std::string("x"));
  EXPECT_THAT(names("photos/[1].png"), ElementsAre("photos/[1].png"));
}

TEST_F(PictureFiles, LinksToNowhereAreLeftOut) {
  std::filesystem::create_symlink("gone.png", folder_.path("photos/link.png"));
  EXPECT_EQ(names("photos").size(), 4u);
}

TEST_F(PictureFiles, RefusalsNameTheCure) {
  EXPECT_THAT(refusal("empty"), HasSubstr("looked for .bmp .jpeg .jpg .png .tif .tiff .webp; `recursive: true`"));
  EXPECT_THAT(refusal("empty", true), Not(HasSubstr("recursive")));
  EXPECT_THAT(refusal("photo"), HasSubstr("no file or folder '" + folder_.path("photo") + "'"));
  EXPECT_THAT(refusal("photos/z*.png"), HasSubstr("no picture matches '" + folder_.path("photos/z*.png")));
  EXPECT_THAT(refusal("photo/*.png"),
              HasSubstr("no folder '" + folder_.path("photo") + "', where '*.png' was looked for"));
  EXPECT_THAT(refusal("*/a.png"), HasSubstr("wildcards may stand in the last part only"));
  EXPECT_THAT(refusal(""), HasSubstr("the path is empty"));
}

}  // namespace
}  // namespace imaging
