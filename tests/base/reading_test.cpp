// SPDX-License-Identifier: MIT
#include "base/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/limits.h"

namespace base {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing_limits::WithLimit;

/// A folder of its own for a test, gone after it. What a test confines ends with its process: see Confined.
class Reading : public testing::Test {
 protected:
  Reading() {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "below");
  }
  ~Reading() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  static std::string refusal(const fs::path& path) {
    try {
      return "it was read: " + read_file(path, "config-bytes");
    } catch (const FileError& e) {
      return e.what();
    }
  }

  const fs::path folder_ =
      fs::canonical(testing::TempDir()) / ("decoupage_reading_" + std::to_string(getpid()) + "_" +
                                           testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Reading, StopsAtTheLimit) {
  const fs::path file = write("a.json", "12345");
  EXPECT_EQ(read_file(file, "config-bytes"), "12345");
  const WithLimit limit("config-bytes", "5");
  EXPECT_EQ(read_file(file, "config-bytes"), "12345");
  const WithLimit less("config-bytes", "4");
  EXPECT_EQ(refusal(file), file.string() +
                               ": is 5 bytes long, where it may have at most 4 bytes (--max config-bytes=N sets "
                               "another limit)");
}

TEST_F(Reading, TakesFilesAlone) {
  EXPECT_THAT(refusal(folder_ / "gone"), EndsWith("gone: cannot be read: No such file or directory"));
  EXPECT_THAT(refusal(folder_ / "below"), EndsWith("below: cannot be read: it is a folder"));
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(folder_ / "pipe"), EndsWith("pipe: cannot be read: it is not a file"));
  EXPECT_THAT(refusal("/dev/zero"), EndsWith("it is not a file"));
}

TEST_F(Reading, JsonIsNoDeeperThanTheLimit) {
  const auto nested = [](int n) { return std::string(n, '[') + "\"]]}\\\"[[[\"" + std::string(n, ']'); };
  EXPECT_NO_THROW(check_json_depth(nested(64), "a.json"));
  EXPECT_THROW(check_json_depth(nested(65), "a.json"), FileError);
  const WithLimit limit("json-depth", "65");
  EXPECT_NO_THROW(check_json_depth(nested(65), "a.json"));
}

/// Confining cannot be taken back, so it is done in a process that ends: what it says is its exit code.
class Confined : public Reading {
 protected:
  /// Whether a path can be read when these places may.
  bool reads(const std::vector<fs::path>& places, const fs::path& path) const {
    const pid_t child = fork();
    if (child == 0) {
      allow_reading_only(places);
      try {
        read_file(path, "config-bytes");
        _exit(0);
      } catch (const FileError&) {
        _exit(1);
      }
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
};

TEST_F(Confined, ReadsWhatIsNamedAndWhatLiesBelow) {
  const fs::path file = write("below/a", "x"), other = write("b", "x");
  EXPECT_TRUE(reads({folder_}, file));
  EXPECT_TRUE(reads({folder_ / "below"}, file));
  EXPECT_TRUE(reads({folder_ / "below/"}, file));
  EXPECT_TRUE(reads({file}, file));
  EXPECT_TRUE(reads({"/"}, file));
  EXPECT_FALSE(reads({}, file));
  EXPECT_FALSE(reads({folder_ / "below"}, other));
  EXPECT_FALSE(reads({folder_ / "bel"}, file)) << "a name that begins alike is another folder";
  EXPECT_FALSE(reads({folder_ / "below"}, folder_ / "below/../b"));
  EXPECT_FALSE(reads({""}, file)) << "a place that is not set is none";
}

TEST_F(Confined, LinksAreFollowedFirst) {
  write("secret", "x");
  fs::create_symlink(folder_ / "secret", folder_ / "below/link");
  EXPECT_FALSE(reads({folder_ / "below"}, folder_ / "below/link"));
  EXPECT_TRUE(reads({folder_ / "below", folder_ / "secret"}, folder_ / "below/link"));
  fs::create_directory_symlink(folder_ / "below", folder_ / "alias");
  write("below/a", "x");
  EXPECT_TRUE(reads({folder_ / "alias"}, folder_ / "below/a"));
  EXPECT_TRUE(reads({folder_ / "below"}, folder_ / "alias/a"));
}

TEST_F(Confined, SaysHowToAllowIt) {
  const fs::path file = write("b", "x");
  const auto refused = [&] {
    allow_reading_only({folder_ / "below"});
    std::fputs(refusal(file).c_str(), stderr);
    _exit(0);
  };
  EXPECT_EXIT(refused(), testing::ExitedWithCode(0), "if you trust it: --allow-read ");
}

TEST(NotThere, SaysWhereItWasLookedFor) {
  const std::string folder = fs::current_path().string();
  EXPECT_THAT(not_there("no/such/photos"), HasSubstr("no file or folder 'no/such/photos', which means " + folder +
                                                     "/no/such/photos; of that there is only " + folder + ";"));
}

}  // namespace
}  // namespace base
