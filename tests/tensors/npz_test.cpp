// SPDX-License-Identifier: MIT
#include "tensors/npz.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/limits.h"
#include "tests/reference.h"

namespace tensors {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string npy(const std::string& dict, const std::string& data, const std::string& version = {1, 0}) {
  std::string header = "\x93NUMPY" + version;
  header += static_cast<char>(dict.size() & 0xFF);
  header += static_cast<char>(dict.size() >> 8);
  return header + dict + data;
}

std::string refusal(const std::string& bytes) {
  try {
    parse_npy(as_bytes(bytes), "file: 'a'");
  } catch (const FileError& e) {
    return e.what();
  }
  return "not refused";
}

/// A file that is gone with the test.
class NpzFile : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::vector<std::byte>& bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() /
      (std::string("decoupage_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".npz");
};

TEST_F(NpzFile, ReadsWhatNumpyWrote) {
  const reference::Vectors vectors("mini", "unet");
  EXPECT_EQ(vectors["s16x16_sample"].sizes(), (at::IntArrayRef{2, 4, 16, 16}));
  EXPECT_EQ(vectors["s16x16_sample"].scalar_type(), at::kFloat);
}

TEST_F(NpzFile, ReadsBackWhatItWrote) {
  Npz npz;
  npz.arrays["f32"] = at::arange(6, at::kFloat).view({2, 3});
  npz.arrays["f16"] = at::arange(6, at::kHalf);
  npz.arrays["i64"] = at::tensor({-1, 2}, at::kLong);
  npz.arrays["b"] = at::tensor({0, 1}, at::kLong).ne(0);
  npz.arrays["scalar"] = at::tensor(3.5, at::kDouble);
  npz.arrays["none"] = at::empty({0, 4}, at::kFloat);
  npz.texts["path"] = {"bücher/ä.png"};
  npz.texts["list"] = {"a", "bcd"};
  const Npz back = read_npz(write(npz_bytes(npz)));
  ASSERT_EQ(back.arrays.size(), npz.arrays.size());
  for (const auto& [name, array] : npz.arrays) {
    EXPECT_TRUE(back.at(name, path_).equal(array)) << name;
    EXPECT_EQ(back.at(name, path_).scalar_type(), array.scalar_type()) << name;
  }
  EXPECT_EQ(back.texts, npz.texts);
}

TEST_F(NpzFile, EqualArraysAreEqualBytes) {
  Npz npz;
  npz.arrays["a"] = at::ones({3});
  EXPECT_EQ(npz_bytes(npz), npz_bytes(npz));
}

TEST_F(NpzFile, WritesBfloat16AsFloat) {
  Npz npz;
  npz.arrays["a"] = at::ones({3}, at::kBFloat16);
  EXPECT_EQ(read_npz(write(npz_bytes(npz))).at("a", path_).scalar_type(), at::kFloat);
}

TEST_F(NpzFile, NamesWhatIsThereWhenAnArrayIsMissing) {
  Npz npz;
  npz.arrays["latents"] = at::ones({3});
  const Npz back = read_npz(write(npz_bytes(npz)));
  try {
    static_cast<void>(back.at("latent", path_));
    FAIL();
  } catch (const FileError& e) {
    EXPECT_THAT(e.what(), HasSubstr("has no array 'latent'; it has latents"));
  }
}

TEST_F(NpzFile, RefusesWhatIsNoZipOrCutOff) {
  std::vector<std::byte> bytes = npz_bytes({{{"a", at::ones({1000})}}, {}});
  EXPECT_THROW(read_npz(path_), FileError);
  EXPECT_THROW(read_npz(write({bytes.begin(), bytes.begin() + 100})), FileError);
  EXPECT_THROW(read_npz(write({bytes.begin(), bytes.end() - 10})), FileError);
  bytes[200] ^= std::byte{1};
  EXPECT_THROW(read_npz(write(bytes)), FileError) << "the checksum differs";
}

TEST_F(NpzFile, HoldsItsLimits) {
  const std::vector<std::byte> bytes = npz_bytes({{{"a", at::ones({1000})}, {"b", at::ones({1000})}}, {}});
  write(bytes);
  const auto refusal = [&]() -> std::string {
    try {
      read_npz(path_);
      return "";
    } catch (const FileError& e) {
      return e.what();
    }
  };
  {
    const testing_limits::WithLimit bytes("npz-bytes", "8256"), arrays("npz-arrays", "2");
    EXPECT_EQ(refusal(), "");
  }
  {
    const testing_limits::WithLimit bytes("npz-bytes", "8255");
    EXPECT_THAT(refusal(), HasSubstr("together too large: at most 8255 bytes (--max npz-bytes=N sets another limit)"));
  }
  const testing_limits::WithLimit arrays("npz-arrays", "1");
  EXPECT_THAT(refusal(), HasSubstr("has 2 arrays, at most 1 (--max npz-arrays=N sets another limit)"));
}

TEST(Npy, HeaderHasALimit) {
  const std::string array = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", "x");
  const auto limit = [&](int more) { return std::to_string(static_cast<int>(array.size()) - 10 - 1 + more); };
  {
    const testing_limits::WithLimit enough("npy-header-bytes", limit(0));
    EXPECT_NO_THROW(parse_npy(as_bytes(array), "x"));
  }
  const testing_limits::WithLimit less("npy-header-bytes", limit(-1));
  EXPECT_THAT(refusal(array), HasSubstr("(--max npy-header-bytes=N sets another limit)"));
}

TEST(Npy, ReadsOtherByteOrders) {
  const auto array =
      parse_npy(as_bytes(npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", {0, 1, 1, 0})), "x");
  EXPECT_TRUE(array.array.equal(at::tensor({1, 256}, at::kShort)));
}

TEST(Npy, ReadsFortranOrder) {
  const auto array =
      parse_npy(as_bytes(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", {1, 4, 2, 5, 3, 6})), "x");
  EXPECT_TRUE(array.array.equal(at::tensor({1, 2, 3, 4, 5, 6}, at::kByte).view({2, 3})));
}

TEST(Npy, RefusesWhatItCannotHold) {
  const std::string shape = ", 'fortran_order': False, 'shape': (1,), }";
  EXPECT_THAT(refusal("no numpy"), HasSubstr("file: 'a' is not a .npy array"));
  EXPECT_THAT(refusal(npy("{'descr': '|O'" + shape, "x")), HasSubstr("Python objects, which are never unpickled"));
  EXPECT_THAT(refusal(npy("{'descr': '<c8'" + shape, "x")), HasSubstr("has the dtype '<c8'"));
  EXPECT_THAT(refusal(npy("{'descr': [('a', '<f4')]" + shape, "x")), HasSubstr("an array of structures"));
  EXPECT_THAT(refusal(npy("{'descr': '<f4'" + shape, "xxx")),
              HasSubstr("has 3 bytes of data where its shape asks for 4"));
  for (const char* code : {"\x00\x00\x11\x00", "\x00\xD8\x00\x00"})
    EXPECT_THAT(refusal(npy("{'descr': '<U1'" + shape, std::string(code, 4))), HasSubstr("a text that is not Unicode"));
  EXPECT_THAT(refusal(npy("{'descr': '<f4', 'shape': (1,), }", "xxxx")), HasSubstr("not a .npy header"));
  EXPECT_THAT(refusal(npy("{'descr': '<f4'" + shape, "xxxx", {9, 0})), HasSubstr("version"));
  EXPECT_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }", "")),
              HasSubstr("more than any machine has"));
  EXPECT_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "")),
              HasSubstr("not a .npy header"));
  EXPECT_THAT(refusal("\x93NUMPY" + std::string{2, 0, '\xFF', '\xFF', '\xFF', 0}), HasSubstr("a header of"));
}

}  // namespace
}  // namespace tensors
