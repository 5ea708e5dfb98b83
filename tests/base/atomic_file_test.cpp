// SPDX-License-Identifier: MIT
#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults_on_order.h"
#include "tests/observers/temp_folder.h"

namespace base {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class AtomicFiles : public FolderTest {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
    return names;
  }
};

TEST_F(AtomicFiles, AreThereWhenFinishedAndNotBefore) {
  AtomicFile file(folder_ / "a");
  file.write("one ");
  file.write("two");
  ASSERT_EQ(names().size(), 1u);
  EXPECT_TRUE(names()[0].starts_with(".a."));
  EXPECT_TRUE(is_part_name(names()[0]));
  file.finish();
  EXPECT_THAT(names(), testing::ElementsAre("a"));
  EXPECT_EQ(text_of("a"), "one two");
}

TEST_F(AtomicFiles, LeaveNothingBehindWithoutAnEnd) {
  write_atomically(folder_ / "a", "old");
  {
    AtomicFile file(folder_ / "a");
    file.write("new");
  }
  EXPECT_THAT(names(), testing::ElementsAre("a"));
  EXPECT_EQ(text_of("a"), "old");
}

TEST_F(AtomicFiles, AreWrittenInAnyOrder) {
  AtomicFile file(folder_ / "a");
  const std::string_view first = "one ", second = "two";
  file.write_at(std::as_bytes(std::span(second)), 4);
  file.write_at(std::as_bytes(std::span(first)), 0);
  file.finish();
  EXPECT_EQ(text_of("a"), "one two");
}

TEST_F(AtomicFiles, ReplaceALinkAndNotWhatItLeadsTo) {
  write_atomically(folder_ / "theirs", "theirs");
  fs::create_symlink("theirs", folder_ / "a");
  write_atomically(folder_ / "a", "ours");
  EXPECT_FALSE(fs::is_symlink(folder_ / "a"));
  EXPECT_EQ(text_of("theirs"), "theirs");
}

TEST_F(AtomicFiles, GetASecondNameOverWhatHasIt) {
  write_atomically(folder_ / "a", "a");
  write_atomically(folder_ / "b", "b");
  EXPECT_TRUE(link_atomically(folder_ / "a", folder_ / "b"));
  EXPECT_TRUE(link_atomically(folder_ / "a", folder_ / "b")) << "which it has already";
  EXPECT_EQ(text_of("b"), "a");
  EXPECT_FALSE(link_atomically(folder_ / "gone", folder_ / "b"));
  EXPECT_THAT(names(), testing::UnorderedElementsAre("a", "b"));
}

TEST_F(AtomicFiles, SayWhereTheyCannotBe) {
  try {
    write_atomically(folder_ / "none" / "a", "x");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("none/a': No such file or directory"));
  }
}

TEST(AtomicFilesOnOrder, FailAtEachStepAndKeepWhatWasThere) {
  const auto replace = [](const fs::path& path) { write_atomically(path, "new"); };
  for (const char* order : {"write=ENOSPC", "sync=EDQUOT", "rename=EROFS"}) {
    const testing_faults::WithFault fault(order);
    EXPECT_EXIT(testing_faults::try_to_replace(replace), testing::ExitedWithCode(0),
                "cannot write '.*/file': .* left: file=old[.]")
        << order;
  }
}

TEST(PartNames, AreToldFromOthers) {
  EXPECT_TRUE(is_part_name(".1.png.0123abcd.part"));
  EXPECT_TRUE(is_part_name(".1.png.123456.part"));
  EXPECT_FALSE(is_part_name("1.png.0123abcd.part"));
  EXPECT_FALSE(is_part_name(".part"));
  EXPECT_FALSE(is_part_name(".a.part"));
  EXPECT_FALSE(is_part_name(".a..part"));
  EXPECT_FALSE(is_part_name(".a.b-c.part"));
}

}  // namespace
}  // namespace base
