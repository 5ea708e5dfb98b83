// SPDX-License-Identifier: MIT
#include "imaging/files/picture_files.h"

#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = "\xFF\xD8\xFF";  // a JPEG's first bytes, whatever the name

class PictureFiles : public ::testing::Test {
 protected:
  PictureFiles() {
    for (const char* name : {"photos/b.png", "photos/a.JPG", "photos/c10.webp", "photos/c9.webp", "photos/notes.txt",
                             "photos/.hidden/x.png", "photos/below/d.png", "empty/readme.txt"}) {
      folder_.write(name, kHead);
    }
  }
  std::vector<std::string> names(const std::string& path, bool recursive = false) {
    std::vector<std::string> names;
    for (const std::string& file : find_pictures(folder_.path(path), recursive, &notice_)) {
      names.push_back(std::filesystem::relative(file, folder_.path()).string());
    }
    return names;
  }
  std::string refusal(const std::string& path, bool recursive = false) {
    return thrown_by([&] { find_pictures(path.empty() ? path : folder_.path(path), recursive); });
  }
  Folder folder_;
  std::string notice_;
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
  folder_.write("photos/[1].png", kHead);
  EXPECT_THAT(names("photos/[1].png"), ElementsAre("photos/[1].png"));
}

TEST_F(PictureFiles, LinksToNowhereAreLeftOut) {
  std::filesystem::create_symlink("gone.png", folder_.path("photos/link.png"));
  EXPECT_EQ(names("photos").size(), 4u);
}

TEST_F(PictureFiles, WhatSystemsLeaveIsPassedOver) {
  for (const char* name : {"photos/._a.JPG", "photos/@eaDir/a.JPG/SYNOPHOTO_THUMB_M.jpg", "photos/__MACOSX/._b.png",
                           "photos/Thumbs.db", "photos/.DS_Store", "photos/desktop.ini", "photos/.thumbnails/t.png"})
    folder_.write(name, std::string("\0\5\x16\7 of a system", 16));
  EXPECT_EQ(names("photos").size(), 4u);
  EXPECT_EQ(notice_, folder_.path("photos") + ": passed over ._a.JPG (of macOS)");
  EXPECT_THAT(names("photos", true), ElementsAre("photos/.hidden/x.png", "photos/a.JPG", "photos/b.png",
                                                 "photos/below/d.png", "photos/c10.webp", "photos/c9.webp"));
}

TEST_F(PictureFiles, WhatIsNoPictureByContentIsPassedOverAndTold) {
  EXPECT_EQ(names("photos").size(), 4u);
  EXPECT_EQ(notice_, "") << "a text is none by its name";
  folder_.write("photos/d.jpg", std::string());
  folder_.write("photos/e.png", std::string("<!DOCTYPE html>"));
  folder_.write("photos/f.png", std::string("version https://git-lfs.github.com/spec/v1"));
  folder_.write("photos/g.png", std::string("who knows"));
  folder_.write("photos/h.heic", std::string("x"));
  folder_.write("photos/i.NEF", std::string("x"));
  EXPECT_EQ(names("photos").size(), 4u);
  EXPECT_EQ(notice_, folder_.path("photos") +
                         ": passed over d.jpg (empty), e.png (a web page), f.png (a pointer of Git LFS (git lfs pull "
                         "gets the file)), g.png (not a picture), h.heic (HEIC) and 1 more");
  EXPECT_EQ(names("photos/[ab].*").size(), 2u);
  EXPECT_EQ(notice_, "") << "what was not asked for";
}

TEST_F(PictureFiles, AnimationsAreTold) {
  folder_.write("photos/b.png", std::string("RIFF\0\0\0\0WEBPVP8X\n\0\0\0\2\0\0\0", 24));
  names("photos");
  EXPECT_EQ(notice_, folder_.path("photos") + ": animated, of which the first picture is taken: b.png");
  names("photos/b.png");
  EXPECT_EQ(notice_, folder_.path("photos/b.png") + ": animated, of which the first picture is taken: b.png");
}

TEST_F(PictureFiles, WhatIsNamedAloneIsAPictureOrRefused) {
  folder_.write("alone/._a.png", std::string("\0\5\x16\7", 4));
  folder_.write("alone/raw.NEF", std::string("II*\0", 4));
  folder_.write("alone/a.heic", std::string("\0\0\0\x18"
                                            "ftypheic",
                                            12));
  const auto why = [&](const std::string& name) { return refusal("alone/" + name); };
  const std::string can = ": PNG, JPEG, WebP, BMP and TIFF can";
  EXPECT_EQ(why("._a.png"), folder_.path("alone/._a.png") +
                                ": not a picture that can be read (macOS's note beside a file "
                                "(AppleDouble))" +
                                can);
  EXPECT_EQ(why("raw.NEF"), folder_.path("alone/raw.NEF") + ": not a picture that can be read (a raw file)" + can);
  EXPECT_EQ(why("a.heic"), folder_.path("alone/a.heic") + ": not a picture that can be read (HEIC)" + can);
  EXPECT_THAT(refusal("alone"), HasSubstr("no picture in '" + folder_.path("alone") + "'"));
  EXPECT_THAT(refusal("alone"), HasSubstr("passed over ._a.png (of macOS), a.heic (HEIC), raw.NEF (a raw file)"));
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
