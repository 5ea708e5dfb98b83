// SPDX-License-Identifier: MIT
#include "tensors/mapped_file.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <string>

#include "tensors/npz.h"
#include "tests/observers/temp_folder.h"

namespace tensors {
namespace {

class MappedFiles : public FolderTest {};

/// The last byte, so that nothing is optimised away.
char last_of(const MappedFile& file) {
  return static_cast<const volatile char*>(file.data())[file.size() - 1];
}

TEST_F(MappedFiles, HaveWhatTheFileHas) {
  write("a", std::string(10'000, 'x') + "y");
  const MappedFile file(path("a"));
  EXPECT_EQ(file.size(), 10'001u);
  EXPECT_EQ(last_of(file), 'y');
  write("b", "");
  EXPECT_EQ(MappedFile(path("b")).size(), 0u);
}

TEST_F(MappedFiles, AreFiles) {
  EXPECT_THROW(MappedFile(path("none")), FileError);
  EXPECT_THROW(MappedFile{folder_}, FileError);
}

TEST_F(MappedFiles, ThatAreReplacedStayAsTheyWere) {
  write("a", std::string(10'000, 'x'));
  const MappedFile file(path("a"));
  write("b", "short");
  std::filesystem::rename(path("b"), path("a"));
  EXPECT_EQ(last_of(file), 'x');
}

TEST_F(MappedFiles, ThatAreCutOffEndTheProcessWithAWord) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  write("a", std::string(10'000, 'x'));
  const auto lose = [&] {
    end_when_pages_are_lost(7);
    { const MappedFile other(path("a")); }  // its place is used again
    const MappedFile file(path("a")), twice(path("a"));
    std::filesystem::resize_file(path("a"), 100);
    return last_of(twice);
  };
  EXPECT_EXIT(lose(), testing::ExitedWithCode(7), "/a: a part of it is gone");
}

TEST_F(MappedFiles, OfOthersAreNoneOfItsBusiness) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto fail = [] {
    end_when_pages_are_lost(7);
    raise(SIGBUS);
    raise(SIGBUS);
  };
  EXPECT_EXIT(fail(), testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace tensors
