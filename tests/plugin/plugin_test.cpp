// SPDX-License-Identifier: MIT
#include "graph/plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "graph/loading/plugin_file.h"
#include "graph/testing/node_harness.h"
#include "tests/limits.h"

namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string sample(const std::string& name) {
  return std::string(SAMPLES) + "/" + name + ".so";
}

/// Why a file is refused.
std::string refusal(graph::Registry& registry, const std::string& file) {
  try {
    registry.load_plugin(file);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "it was loaded";
}
std::string refusal(const std::string& file) {
  graph::Registry registry;
  return refusal(registry, file);
}

/// A file of these bytes, gone at the end of the test.
class BytesFile {
 public:
  explicit BytesFile(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  ~BytesFile() { fs::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  const fs::path path_ =
      fs::path(testing::TempDir()) /
      (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + std::to_string(getpid()) + ".so");
};

std::string bytes_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Plugin, AddsItsTypes) {
  graph::Registry registry;
  registry.load_plugin(sample("twice"));
  ASSERT_NE(registry.find("twice"), nullptr);
  EXPECT_EQ(registry.find("twice")->origin, fs::absolute(sample("twice")).string());
  graph::NodeHarness node(registry, "twice");
  node.in("x", 1.5).run();
  EXPECT_EQ(node.out<double>("y"), 3.0);
}

TEST(Plugin, SaysItsAbiWithoutBeingLoaded) {
  EXPECT_EQ(graph::read_plugin_abi(sample("twice")), DECOUPAGE_ABI);
}

TEST(Plugin, OfAnotherAbiIsRefusedBeforeAnythingOfItRuns) {
  EXPECT_THAT(refusal(sample("older")),
              AllOf(HasSubstr("older.so': built for 'decoupage-abi-0 cxxabi-1002 cxx11-strings-0', this program needs "
                              "'" DECOUPAGE_ABI "'"),
                    HasSubstr("build it again")));
  EXPECT_EQ(std::getenv("DECOUPAGE_OLDER_PLUGIN_RAN"), nullptr);
}

TEST(Plugin, WithoutAnAbiIsRefused) {
  EXPECT_THAT(refusal(sample("foreign")),
              HasSubstr("foreign.so': not a decoupage plugin (build it with DECOUPAGE_PLUGIN"));
}

TEST(Plugin, WithoutAnEntryPointIsRefused) {
  EXPECT_THAT(refusal(sample("half")), HasSubstr("half.so': it has no entry point"));
}

TEST(Plugin, ThatIsNotThereIsRefused) {
  EXPECT_THAT(refusal(sample("nowhere")), HasSubstr("nowhere.so': no such file"));
}

TEST(Plugin, ThatIsNoLibraryIsRefused) {
  for (const std::string& bytes : {std::string(), std::string("#!/bin/sh\n"), std::string(4096, '\0')}) {
    const BytesFile file(bytes);
    EXPECT_THAT(refusal(file.path()), HasSubstr("not a shared library of this machine"));
  }
  EXPECT_THAT(refusal(testing::TempDir()), HasSubstr("not a shared library of this machine"));
}

TEST(Plugin, ThatIsCutOffIsRefused) {
  const std::string whole = bytes_of(sample("twice"));
  for (const std::size_t size : {std::size_t{16}, std::size_t{64}, whole.size() / 2, whole.size() - 1}) {
    const BytesFile file(whole.substr(0, size));
    EXPECT_THAT(refusal(file.path()), HasSubstr("not a shared library of this machine")) << size;
  }
}

TEST(Plugin, ThatIsDamagedIsReadWithoutHarm) {
  const std::string whole = bytes_of(sample("twice"));
  for (std::size_t at = 0; at < 64; ++at) {  // the header: every offset and count in it
    std::string bytes = whole;
    bytes[at] = static_cast<char>(0xff);
    const BytesFile file(bytes);
    try {
      graph::read_plugin_abi(file.path());
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), HasSubstr("not a "));
    }
  }
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

TEST(Plugin, ThatLiesAboutASizeCostsNoMemory) {
  std::string bytes = bytes_of(sample("twice"));
  ElfW(Ehdr) header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (int i = 0; i < header.e_shnum; ++i) {
    char* const at = bytes.data() + header.e_shoff + static_cast<std::size_t>(i) * sizeof(ElfW(Shdr));
    ElfW(Shdr) section;
    std::memcpy(&section, at, sizeof section);
    section.sh_size = 200 << 20;
    std::memcpy(at, &section, sizeof section);
  }
  const BytesFile file(bytes);
  const double before = peak_mib();
  EXPECT_THAT(refusal(file.path()), HasSubstr("not a shared library of this machine"));
  EXPECT_LT(peak_mib() - before, 100);
}

TEST(Plugin, TablesHaveALimit) {
  const testing_limits::WithLimit limit("plugin-table-bytes", "16");
  EXPECT_THAT(refusal(sample("twice")), HasSubstr("a table in it has more than 16 bytes (--max plugin-table-bytes=N"));
}

TEST(Plugin, CannotBringATypeThatIsThere) {
  graph::Registry registry;
  registry.load_plugin(sample("twice"));
  EXPECT_THAT(refusal(registry, sample("twice")),
              AllOf(HasSubstr("node type 'twice'"), HasSubstr("is there already"), HasSubstr("twice.so")));
}

}  // namespace
