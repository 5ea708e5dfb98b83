// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "imaging/files/png.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class Encode : public testing::Test {
 protected:
  void picture(const std::string& name, int width, int height) const {
    cv::Mat pixels(height, width, CV_8UC3);
    cv::RNG(1).fill(pixels, cv::RNG::UNIFORM, 0, 256);
    const std::vector<std::byte> bytes = imaging::encode_png(pixels);
    folder_.write(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  Result encode(std::vector<std::string> words) const {
    words.insert(words.begin(), "encode");
    words.insert(words.end(), {"--model", std::string(SOURCE_DIR) + "/tests/data/sdxl/mini/model"});
    return decoupage(words, {folder_.path()});
  }
  /// What a bank says of the files: "" when it takes them.
  std::string bank(const std::string& latents) const {
    folder_.write("bank.yaml", "graph: bank\nnodes:\n  bank: {type: patch-bank, source_latents: " + latents + "}\n");
    return decoupage({"run", "bank.yaml", "--quiet", "--output-dir", "out", "--overwrite"}, {folder_.path()}).err;
  }

  Folder folder_;
};

TEST_F(Encode, MakesALatentFileOfEachPicture) {
  picture("photos/a.png", 45, 24);
  picture("photos/b.PNG", 16, 16);
  picture("photos/below/c.png", 16, 16);
  folder_.write("photos/notes.txt", "no picture");
  const Result result = encode({"photos", "latents"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(folder_.names("latents"), ElementsAre("a.npz", "b.npz"));
  EXPECT_THAT(result.out, MatchesRegex("photos/a.png: 45x24 px to 5x3 cells, latents/a.npz \\([0-9.]+ s\\)\n"
                                       "photos/b.PNG: 16x16 px to 2x2 cells, latents/b.npz \\([0-9.]+ s\\)\n"
                                       "encoded 2, left 0, failed 0 of 2 pictures; latents: latents\n"));
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(bank("latents"), IsEmpty());
}

TEST_F(Encode, PassesOverWhatIsNoPictureWithAWord) {
  picture("photos/a.png", 16, 16);
  folder_.write("photos/._a.png", std::string("\0\5\x16\7", 4));
  folder_.write("photos/b.jpg", "<html>");
  const Result result = encode({"photos", "latents"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(folder_.names("latents"), ElementsAre("a.npz"));
  EXPECT_EQ(result.err, "warning: photos: passed over ._a.png (of macOS), b.jpg (a web page)\n");
  EXPECT_EQ(bank("latents"), "");
}

TEST_F(Encode, KeepsTheFoldersBelow) {
  picture("photos/a.png", 16, 16);
  picture("photos/below/c.png", 16, 16);
  EXPECT_EQ(encode({"photos", "latents", "--recursive"}).code, 0);
  EXPECT_THAT(folder_.names("latents"), ElementsAre("a.npz", "below/c.npz"));
}

TEST_F(Encode, LeavesWhatIsThere) {
  picture("photos/a.png", 16, 16);
  picture("photos/b.png", 16, 16);
  encode({"photos/a.png", "latents"});
  const std::string before = folder_.read("latents/a.npz");
  picture("photos/a.png", 24, 24);
  const Result result = encode({"photos", "latents"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("photos/a.png: left, there is latents/a.npz\n"),
                                HasSubstr("encoded 1, left 1, failed 0 of 2 pictures")));
  EXPECT_EQ(folder_.read("latents/a.npz"), before);
  EXPECT_EQ(encode({"photos", "latents", "--overwrite"}).code, 0);
  EXPECT_NE(folder_.read("latents/a.npz"), before);
}

TEST_F(Encode, NeedsNoModelWhereNothingIsToBeDone) {
  picture("a.png", 16, 16);
  encode({"a.png", "latents"});
  const Result result = decoupage({"encode", "a.png", "latents", "--model", "gone/gone/gone"}, {folder_.path()});
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(Encode, IsTheSameEachTimeAndFollowsItsSettings) {
  picture("a.png", 40, 24);
  const auto made = [&](const std::vector<std::string>& settings) {
    std::vector<std::string> words{"a.png", "latents", "--overwrite"};
    words.insert(words.end(), settings.begin(), settings.end());
    const Result result = encode(words);
    EXPECT_EQ(result.code, 0) << result.err;
    return folder_.read("latents/a.npz");
  };
  const std::string mean = made({});
  EXPECT_EQ(made({}), mean);
  EXPECT_NE(made({"--max-width", "16"}), mean);
  EXPECT_NE(made({"--max_height", "16"}), mean) << "underscores are dashes";
  const std::string sample = made({"--encode-mode", "sample"});
  EXPECT_NE(sample, mean);
  EXPECT_EQ(made({"--encode-mode", "sample", "--seed", "0"}), sample);
  EXPECT_NE(made({"--encode-mode", "sample", "--seed", "1"}), sample);
}

TEST_F(Encode, NamesPicturesWholeOrRelative) {
  picture("photos/a.png", 16, 16);
  encode({"photos", "latents"});
  fs::rename(folder_ / "latents", folder_ / "elsewhere");
  EXPECT_THAT(bank("elsewhere"), IsEmpty());
  encode({"photos", "together/latents", "--relative"});
  fs::create_directories(folder_ / "moved");
  fs::rename(folder_ / "photos", folder_ / "moved/photos");
  fs::create_directories(folder_ / "moved/together");
  fs::rename(folder_ / "together/latents", folder_ / "moved/together/latents");
  EXPECT_THAT(bank("moved/together/latents"), IsEmpty());
  EXPECT_THAT(decoupage({"run", "bank.yaml", "--set", "bank.source_latents=elsewhere", "--output-dir", "again"},
                        {folder_.path()})
                  .err,
              HasSubstr("photos/a.png"));
}

TEST_F(Encode, OnePictureDoesNotKeepTheOthers) {
  picture("photos/a.png", 16, 16);
  picture("photos/dot.png", 1, 1);
  folder_.write("photos/text.jpg", "\xFF\xD8\xFF");
  const Result result = encode({"photos", "latents"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(folder_.names("latents"), ElementsAre("a.npz"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("decoupage: error: photos/dot.png: 1x1 pixels: a source has sides of at "),
                                HasSubstr("decoupage: error: photos/text.jpg: cut off")));
  EXPECT_THAT(result.out, HasSubstr("encoded 1, left 0, failed 2 of 3 pictures"));
}

TEST_F(Encode, DoesNotTakeWhatIsNoLatentFileForOne) {
  picture("a.png", 16, 16);
  folder_.write("latents/a.npz", "half a file");
  const Result result = encode({"a.png", "latents"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("latents/a.npz: cannot be read as an .npz"), HasSubstr("--overwrite replaces")));
  EXPECT_EQ(folder_.read("latents/a.npz"), "half a file");
  EXPECT_EQ(encode({"a.png", "latents", "--overwrite"}).code, 0);
}

TEST_F(Encode, RefusesACommandLineThatIsWrong) {
  picture("photos/a.png", 16, 16);
  picture("twice/a.png", 16, 16);
  picture("twice/a.bmp.png", 16, 16);
  fs::rename(folder_ / "twice/a.bmp.png", folder_ / "twice/a.bmp");
  const auto refusal = [&](const std::vector<std::string>& words) {
    const Result result = encode(words);
    EXPECT_EQ(result.code, 2) << result.out;
    EXPECT_THAT(folder_.names("latents"), IsEmpty());
    return result.err;
  };
  EXPECT_THAT(refusal({}), HasSubstr("expected two paths: decoupage encode IMAGES LATENTS"));
  EXPECT_THAT(refusal({"photos"}), HasSubstr("expected two paths"));
  EXPECT_THAT(refusal({"gone", "latents"}), HasSubstr("no file or folder 'gone'"));
  EXPECT_THAT(refusal({"photos", "photos/a.png"}), HasSubstr("LATENTS: 'photos/a.png' is a file; give a folder"));
  EXPECT_THAT(refusal({"twice", "latents"}),
              HasSubstr("twice/a.bmp and twice/a.png would both become a.npz: rename one of them"));
  EXPECT_THAT(refusal({"photos", "latents", "--max-width", "4"}), HasSubstr("max_width 4: at least 8 px"));
  EXPECT_THAT(refusal({"photos", "latents", "--encode-mode", "median"}), HasSubstr("median"));
  EXPECT_THAT(refusal({"photos", "latents", "--device", "abacus"}), HasSubstr("--device: expected auto, cpu"));
  EXPECT_THAT(refusal({"photos", "latents", "--recursiv"}), HasSubstr("did you mean '--recursive'?"));
  const Result model = decoupage({"encode", "photos", "latents", "--model", "gone/gone/gone"}, {folder_.path()});
  EXPECT_EQ(model.code, 2);
  EXPECT_THAT(model.err, HasSubstr("gone/gone/gone: there is no such folder or file"));
}

TEST_F(Encode, TakesTheOriginalsOptions) {
  picture("photos/a.png", 16, 16);
  EXPECT_EQ(encode({"photos", "latents", "--mode", "sample", "--skip-existing"}).code, 0);
  EXPECT_THAT(encode({"photos", "latents", "--skip-existing"}).out, HasSubstr("encoded 0, left 1"));
  EXPECT_EQ(encode({"photos", "latents", "--skip-existing", "--overwrite"}).code, 2);
}

TEST_F(Encode, HelpTeaches) {
  const Result result = decoupage({"encode", "--help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("--max-width PX"), HasSubstr("--encode-mode,--mode mean|sample"),
                                HasSubstr("decoupage encode photos latents --recursive --max-width 2048"),
                                HasSubstr("Exit codes: 0 done, 1 some pictures failed"), Not(HasSubstr("\t"))));
}

/// As on a full disk.
TEST_F(Encode, LeavesNothingHalfWritten) {
  picture("a.png", 512, 512);
  Start start{folder_.path()};
  start.file_limit = 10'000;
  const Result result = decoupage(
      {"encode", "a.png", "latents", "--model", std::string(SOURCE_DIR) + "/tests/data/sdxl/mini/model"}, start);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              AllOf(StartsWith("decoupage: error: cannot write 'latents/a.npz'"), HasSubstr("File too large")));
  EXPECT_THAT(folder_.names("latents"), IsEmpty());
}

}  // namespace
}  // namespace testing_cli
