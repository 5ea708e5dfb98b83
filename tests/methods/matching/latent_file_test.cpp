// SPDX-License-Identifier: MIT
#include "methods/matching/latent_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/imaging/fixtures.h"
#include "tests/limits.h"
#include "tests/methods/matching/collagenet.h"

namespace matching {
namespace {

using tensors::Npz;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

at::Tensor whole(std::int64_t value) {
  return at::full({}, value, at::TensorOptions(at::kLong));
}
at::Tensor number(double value) {
  return at::full({}, value, at::TensorOptions(at::kDouble));
}

class LatentFile : public ::testing::Test {
 protected:
  std::string write(const Npz& npz) const { return folder_.write("latents/a.npz", tensors::npz_bytes(npz)); }

  /// What is said of a sound file that was spoilt; it begins with the file's path.
  std::string refusal(const std::function<void(Npz&)>& spoil) const {
    Npz npz = tensors::read_npz(collagenet::data("latents/paper_0.npz"));
    spoil(npz);
    return refusal(write(npz));
  }
  static std::string refusal(const std::string& file) {
    const std::string text = thrown_by([&] { read_latent_file(file); });
    EXPECT_THAT(text, StartsWith(file + ": "));
    return text.substr(std::min(text.size(), file.size() + 2));
  }

  Folder folder_;
};

TEST_F(LatentFile, ArraysTogetherHaveALimit) {
  const std::filesystem::path file = collagenet::data("latents/paper_0.npz");
  const testing_limits::WithLimit limit("latent-bytes",
                                        "4K");  // the latent alone is 4 · 20 · 25 · 2 bytes and a header
  EXPECT_THAT(thrown_by([&] { read_latent_file(file); }),
              HasSubstr("together too large: at most 4 KiB (--max latent-bytes=N sets another limit)"));
}

TEST_F(LatentFile, ReadsWhatCollageNetWrote) {
  const std::filesystem::path file = collagenet::data("latents/paper_0.npz");
  const SourceLatent source = read_latent_file(file);
  EXPECT_EQ(source.latent.sizes(), (at::IntArrayRef{4, 20, 25}));
  EXPECT_EQ(source.latent.scalar_type(), at::kFloat);
  EXPECT_TRUE(source.latent.equal(tensors::read_npz(file).arrays.at("latent").to(at::kFloat)));
  EXPECT_EQ(source.path, file.string());
  EXPECT_EQ(source.source_path, collagenet::data("images/paper_0.png").string());
  EXPECT_EQ(source.original_width, 203);
  EXPECT_EQ(source.original_height, 160);
  EXPECT_EQ(source.processed_width, 200);
  EXPECT_EQ(source.processed_height, 160);
  EXPECT_EQ(source.scale_x, 203.0 / 200);
  EXPECT_EQ(source.scale_y, 1.0);
  EXPECT_EQ(source.downsample_factor, 8);
  EXPECT_EQ(source.vae_id, "synthetic");
  EXPECT_EQ(source.vae_identity, "");
  EXPECT_EQ(source.scaling_factor, 0.13025);
  EXPECT_EQ(source.mode, "mean");
}

TEST_F(LatentFile, ReadsBackWhatItWrote) {
  SourceLatent source = read_latent_file(collagenet::data("latents/paper_2.npz"));
  source.source_path = "/pictures/bücher/ä.jpg";
  source.vae_identity = "0123456789abcdef";
  source.mode = "sample";
  const std::string file = folder_.write("a.npz", latent_file_bytes(source));
  const SourceLatent back = read_latent_file(file);
  EXPECT_TRUE(back.latent.equal(source.latent));
  EXPECT_EQ(back.source_path, source.source_path);
  EXPECT_EQ(back.vae_identity, source.vae_identity);
  EXPECT_EQ(back.mode, source.mode);
  EXPECT_EQ(back.scale_y, 333.0 / 328);
  EXPECT_EQ(latent_file_bytes(source), latent_file_bytes(source));
}

TEST_F(LatentFile, HasCollageNetsArraysAndTypes) {
  const Npz due = tensors::read_npz(collagenet::data("latents/paper_1.npz"));
  const SourceLatent source = read_latent_file(collagenet::data("latents/paper_1.npz"));
  const Npz made = tensors::read_npz(folder_.write("a.npz", latent_file_bytes(source)));
  ASSERT_EQ(made.arrays.size(), due.arrays.size());
  for (const auto& [name, array] : due.arrays) {
    EXPECT_EQ(made.arrays.at(name).scalar_type(), array.scalar_type()) << name;
    EXPECT_TRUE(made.arrays.at(name).equal(array)) << name;
  }
  EXPECT_EQ(made.texts.size(), due.texts.size()) << "no vae_identity where it is not known";
}

TEST_F(LatentFile, TakesARelativePictureFromItsOwnFolder) {
  Npz npz = tensors::read_npz(collagenet::data("latents/paper_0.npz"));
  npz.texts["source_path"] = {"../pictures/./a.png"};
  EXPECT_EQ(read_latent_file(write(npz)).source_path, folder_.path("pictures/a.png"));
  npz.texts["source_path"] = {"/elsewhere/a.png"};
  EXPECT_EQ(read_latent_file(write(npz)).source_path, "/elsewhere/a.png");
}

TEST_F(LatentFile, FillsInWhatOlderFilesLack) {
  Npz npz = tensors::read_npz(collagenet::data("latents/paper_0.npz"));
  for (const char* key :
       {"processed_to_original_scale_x", "processed_to_original_scale_y", "latent_downsample_factor", "scaling_factor"})
    npz.arrays.erase(key);
  npz.texts.erase("vae_id");
  npz.texts.erase("mode");
  const SourceLatent source = read_latent_file(write(npz));
  EXPECT_EQ(source.scale_x, 203.0 / 200);
  EXPECT_EQ(source.scale_y, 1.0);
  EXPECT_EQ(source.downsample_factor, 8);
  EXPECT_EQ(source.vae_id, "");
  EXPECT_EQ(source.scaling_factor, 0.13025);
  EXPECT_EQ(source.mode, "mean");
}

TEST_F(LatentFile, RoundsToHalfWhatIsStoredMoreExactly) {
  Npz npz = tensors::read_npz(collagenet::data("latents/paper_0.npz"));
  npz.arrays["latent"] = at::full({4, 20, 25}, 0.1, at::TensorOptions(at::kDouble));
  EXPECT_TRUE(read_latent_file(write(npz)).latent.eq(at::tensor(0.1).to(at::kHalf).to(at::kFloat)).all().item<bool>());
}

TEST_F(LatentFile, NamesWhatIsMissing) {
  for (const char* key :
       {"latent", "original_width", "original_height", "processed_width", "processed_height", "source_path"}) {
    EXPECT_THAT(refusal([&](Npz& npz) {
                  npz.arrays.erase(key);
                  npz.texts.erase(key);
                }),
                AllOf(StartsWith("has no '" + std::string(key) + "', so it is not a latent file of a picture; it has "),
                      HasSubstr("mode"), HasSubstr("decoupage encode writes such files")));
  }
  EXPECT_THAT(refusal([](Npz& npz) {
                npz = {{{"latents", at::zeros({4, 2, 2})}}, {}};
              }),
              HasSubstr("has no 'latent', so it is not a latent file of a picture; it has latents; "));
}

TEST_F(LatentFile, RefusesLatentsThatAreNone) {
  const auto with = [&](const at::Tensor& latent) { return refusal([&](Npz& npz) { npz.arrays["latent"] = latent; }); };
  EXPECT_EQ(with(at::zeros({1, 4, 20, 25}, at::kHalf)),
            "'latent' has the shape (1, 4, 20, 25), expected (channels, height, width)");
  EXPECT_EQ(with(at::zeros({4, 0, 25}, at::kHalf)),
            "'latent' has the shape (4, 0, 25), expected (channels, height, width)");
  EXPECT_THAT(with(at::zeros({4, 20, 25}, at::kInt)), HasSubstr("'latent' is Int, expected floating point"));
  EXPECT_EQ(with(at::full({4, 20, 25}, std::numeric_limits<double>::quiet_NaN())),
            "'latent' holds what is not a number (NaN or infinite)");
  EXPECT_EQ(with(at::full({4, 20, 25}, 1e6)), "'latent' holds what is not a number (NaN or infinite)") << "in fp16";
  EXPECT_EQ(with(at::zeros({4, 20, 24}, at::kHalf)),
            "'processed_width' is 200, but 24 cells of 'latent' at 8 px are 192 px");
  EXPECT_EQ(with(at::zeros({4, 21, 25}, at::kHalf)),
            "'processed_height' is 160, but 21 cells of 'latent' at 8 px are 168 px");
}

TEST_F(LatentFile, RefusesSizesThatAreNone) {
  const auto with = [&](const std::string& key, const at::Tensor& value) {
    return refusal([&](Npz& npz) { npz.arrays[key] = value; });
  };
  EXPECT_EQ(with("original_width", whole(0)), "'original_width' is 0, expected a whole number from 1 to 16777216");
  EXPECT_THAT(with("original_width", whole(std::int64_t{1} << 40)), HasSubstr("expected a whole number from 1 to"));
  EXPECT_THAT(with("original_height", number(2.5)), HasSubstr("'original_height' is 2.5, expected a whole number"));
  EXPECT_THAT(with("original_height", number(std::numeric_limits<double>::quiet_NaN())), HasSubstr("is nan"));
  EXPECT_EQ(with("original_height", at::ones({2}, at::kLong)),
            "'original_height' has the shape (2), expected one number");
  EXPECT_THAT(with("latent_downsample_factor", whole(-8)), HasSubstr("expected a whole number from 1 to 1024"));
  EXPECT_EQ(with("processed_to_original_scale_x", number(0)),
            "'processed_to_original_scale_x' is 0, expected a number above 0");
  EXPECT_THAT(with("processed_to_original_scale_y", number(std::numeric_limits<double>::infinity())),
              HasSubstr("is inf, expected a number above 0"));
  EXPECT_EQ(with("processed_to_original_scale_y", number(1e9)),
            "'processed_to_original_scale_y' is 1e+09, which leads far out of a picture of 160 px");
  EXPECT_EQ(with("scaling_factor", number(-1)), "'scaling_factor' is -1, expected a number above 0");
}

TEST_F(LatentFile, RefusesArraysOfAnotherKind) {
  EXPECT_EQ(refusal([](Npz& npz) {
              npz.arrays.erase("original_width");
              npz.texts["original_width"] = {"203"};
            }),
            "'original_width' is of another kind: expected numbers");
  EXPECT_EQ(refusal([](Npz& npz) {
              npz.texts.erase("vae_id");
              npz.arrays["vae_id"] = whole(1);
            }),
            "'vae_id' is of another kind: expected a text");
  EXPECT_EQ(refusal([](Npz& npz) {
              npz.texts["source_path"] = {"a", "b"};
            }),
            "'source_path' has 2 texts, expected one");
  EXPECT_EQ(refusal([](Npz& npz) { npz.texts["source_path"] = {""}; }),
            "'source_path' is empty, expected the path of the picture");
}

std::uint32_t crc32(const std::string& bytes) {
  std::uint32_t sum = ~0u;
  for (const char byte : bytes) {
    sum ^= static_cast<unsigned char>(byte);
    for (int i = 0; i < 8; ++i) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0u);
  }
  return ~sum;
}

/// A zip of one member, whose bytes stand in it deflated.
std::string zip_of(const std::string& name, const std::string& deflated, std::uint32_t size, std::uint32_t sum) {
  const auto le = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const std::string entry = le(20, 2) + le(0, 2) + le(8, 2) + le(0, 4) + le(sum, 4) +
                            le(static_cast<std::uint32_t>(deflated.size()), 4) + le(size, 4) +
                            le(static_cast<std::uint32_t>(name.size()), 2) + le(0, 2);
  const std::string local = "PK\x03\x04" + entry + name + deflated;
  const std::string central = "PK\x01\x02" + le(20, 2) + entry + le(0, 2) + le(0, 2) + le(0, 2) + le(0, 4) + le(0, 4);
  return local + central + name + "PK\x05\x06" + le(0, 4) + le(1, 2) + le(1, 2) +
         le(static_cast<std::uint32_t>(central.size() + name.size()), 4) +
         le(static_cast<std::uint32_t>(local.size()), 4) + le(0, 2);
}

TEST_F(LatentFile, RefusesZipBombs) {
  // A deflate block with the fixed code: a zero, then "258 times what was before" (0xC5 and five zero bits) for 300
  // MiB.
  std::string stream;
  unsigned held = 0, bits = 0;
  const auto put = [&](unsigned code, unsigned count) {  // Huffman codes go in from their highest bit
    for (unsigned i = count; i-- > 0;) {
      held |= (code >> i & 1) << bits;
      if (++bits < 8) continue;
      stream += static_cast<char>(held);
      held = bits = 0;
    }
  };
  put(0b110, 3);
  put(0x30, 8);
  for (std::uint32_t made = 1; made < 300u << 20; made += 258) {
    put(0xC5, 8);
    put(0, 5);
  }
  put(0, 7);
  put(0, 7);
  const std::string file = folder_.write("bomb.npz", zip_of("latent.npy", stream, 300u << 20, 0));
  EXPECT_THAT(refusal(file), HasSubstr("'latent' makes all arrays of the file together too large: at most 256 MiB"));
}

TEST_F(LatentFile, RefusesObjectsWithoutUnpicklingThem) {
  const std::string dict = "{'descr': '|O', 'fortran_order': False, 'shape': (), }";
  const std::string npy =
      std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(dict.size()) + '\0' + dict + "cos\nsystem\n(S'true'\ntR.";
  // A stored block of deflate: a byte that says so, length, its complement.
  const auto size = static_cast<std::uint32_t>(npy.size());
  const std::string block = std::string{1, static_cast<char>(size), static_cast<char>(size >> 8),
                                        static_cast<char>(~size), static_cast<char>(~size >> 8)} +
                            npy;
  EXPECT_THAT(refusal(folder_.write("pickle.npz", zip_of("source_path.npy", block, size, crc32(npy)))),
              HasSubstr("'source_path' has Python objects, which are never unpickled"));
}

TEST_F(LatentFile, RefusesWhatIsNoFileOfArrays) {
  EXPECT_THAT(refusal(folder_.path("gone.npz")), HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(refusal(folder_.write("text.npz", std::string("a text"))), HasSubstr("cannot be read as an .npz"));
  EXPECT_THAT(refusal(folder_.write("empty.npz", std::string())), HasSubstr("cannot be read as an .npz"));
  EXPECT_NE(refusal(folder_.path()), "");
}

}  // namespace
}  // namespace matching
