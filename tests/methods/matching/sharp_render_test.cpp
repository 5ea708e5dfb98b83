// SPDX-License-Identifier: MIT
#include "methods/matching/sharp_render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "methods/matching/latent_file.h"
#include "tests/imaging/fixtures.h"
#include "tests/methods/matching/collagenet.h"

namespace matching {
namespace {

using ::testing::HasSubstr;

std::vector<SourceLatent> papers() {
  std::vector<SourceLatent> sources;
  for (const char* name : {"paper_0", "paper_1", "paper_2"})
    sources.push_back(read_latent_file(collagenet::data(std::string("latents/") + name + ".npz")));
  return sources;
}

SourceRecord record_of(const SourceLatent& source, int index, int rotation) {
  SourceRecord record;
  record.source = index;
  record.rotation = rotation;
  record.latent = source.latent.rot90(rotation, {1, 2}).contiguous();
  record.original_width = source.original_width;
  record.original_height = source.original_height;
  record.scale_x = source.scale_x;
  record.scale_y = source.scale_y;
  if (rotation % 2 == 1) {
    std::swap(record.original_width, record.original_height);
    std::swap(record.scale_x, record.scale_y);
  }
  return record;
}

/// As much of a bank as cutting needs.
std::shared_ptr<Bank> bank_of(std::vector<SourceLatent> sources, bool do_rotated = false) {
  auto bank = std::make_shared<Bank>();
  bank->settings.do_rotated = do_rotated;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (int k = 0; k < (do_rotated ? 4 : 1); ++k)
      bank->records.push_back(record_of(sources[i], static_cast<int>(i), k));
  }
  bank->sources = std::move(sources);
  return bank;
}

std::shared_ptr<imaging::Labels> labels_of(const at::Tensor& ids, int patch_size = 0) {
  auto labels = std::make_shared<imaging::Labels>();
  labels->height = static_cast<int>(ids.size(0));
  labels->width = static_cast<int>(ids.size(1));
  labels->count = ids.max().item<int>() + 1;
  labels->patch_size = patch_size;
  const at::Tensor flat = ids.to(at::kInt).contiguous();
  labels->ids.assign(flat.data_ptr<std::int32_t>(), flat.data_ptr<std::int32_t>() + flat.numel());
  return labels;
}

/// One row of the original's assignments: region, record, y, x, y0, x0, height, width.
Match match_of(const std::int32_t* row) {
  return {row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], 0};
}

Matches regions_of(const tensors::Npz& npz, const std::string& projection, std::shared_ptr<const Bank> bank) {
  Matches matches;
  matches.bank = std::move(bank);
  matches.labels = labels_of(npz.arrays.at(projection + "_labels"));
  const at::Tensor rows = npz.arrays.at(projection + "_assign").contiguous();
  for (std::int64_t i = 0; i < rows.size(0); ++i) matches.matches.push_back(match_of(rows[i].data_ptr<std::int32_t>()));
  return matches;
}

Matches squares_of(const tensors::Npz& npz, const std::string& projection, int patch_size,
                   std::shared_ptr<const Bank> bank) {
  const at::Tensor& indices = npz.arrays.at(projection + "_indices");
  const int rows = static_cast<int>(indices.size(0)), columns = static_cast<int>(indices.size(1));
  const at::Tensor squares = at::arange(indices.numel(), at::kInt).view({rows, columns});
  Matches matches;
  matches.bank = std::move(bank);
  matches.labels = labels_of(squares.repeat_interleave(patch_size, 0).repeat_interleave(patch_size, 1), patch_size);
  for (int i = 0; i < rows * columns; ++i) {
    const auto patch = indices[i / columns][i % columns].item<std::int64_t>();
    const auto of = [&](const char* name) { return npz.arrays.at(name)[patch].item<std::int32_t>(); };
    matches.matches.push_back({i, of("bank_record"), of("bank_y"), of("bank_x"), i / columns * patch_size,
                               i % columns * patch_size, patch_size, patch_size, 0});
  }
  return matches;
}

/// Of all samples, the part that is not the same.
double unlike_part(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return 1;
  cv::Mat unlike;
  cv::compare(a.reshape(1), b.reshape(1), unlike, cv::CMP_NE);
  return static_cast<double>(cv::countNonZero(unlike)) / static_cast<double>(unlike.total());
}

struct RenderCase {
  std::string set, method;
  int projection, scale;
};

class SharpRenders : public ::testing::TestWithParam<RenderCase> {};

TEST_P(SharpRenders, AreCollageNetsByteForByte) {
  const auto& [set, method, projection, scale] = GetParam();
  const tensors::Npz npz = collagenet::arrays(set);
  const nlohmann::json config = collagenet::settings(set)["config"];
  const auto bank = bank_of(papers(), config["do_rotated"]);
  const std::string name = method + "_" + std::to_string(projection);
  const Matches matches =
      method == "square" ? squares_of(npz, name, config["patch_size"], bank) : regions_of(npz, name, bank);
  SourcePictures pictures;
  const cv::Mat made = render_sharp(matches, *bank, pictures, {.pixel_render_scale = scale});
  const cv::Mat due = imaging::read_pixels(
      collagenet::data("expected/" + set + "_" + method + "_x" + std::to_string(scale) + ".png").string());
  EXPECT_EQ(unlike_part(made, due), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Expected, SharpRenders,
    ::testing::Values(RenderCase{"default", "felzenszwalb", 1, 1}, RenderCase{"default", "felzenszwalb", 1, 2},
                      RenderCase{"default", "threshold", 1, 1}, RenderCase{"default", "threshold", 1, 2},
                      RenderCase{"default", "square", 1, 1}, RenderCase{"default", "square", 1, 2},
                      RenderCase{"rotated_bounded", "felzenszwalb", 1, 1},
                      RenderCase{"rotated_bounded", "threshold", 1, 1}, RenderCase{"patch4_top3", "square", 1, 1}),
    [](const auto& info) {
      return info.param.set + "_" + info.param.method + "_x" + std::to_string(info.param.scale);
    });

/// A picture of pixels_8bit() as the only source: two by two cells and more, of which the first few are a region.
class SharpRenderOf : public ::testing::Test {
 protected:
  SourceLatent source(const std::string& picture, int width, int height) const {
    SourceLatent source;
    source.path = "latents/a.npz";
    source.source_path = picture;
    source.latent = at::zeros({4, height / 8, width / 8});
    source.original_width = width;
    source.original_height = height;
    source.processed_width = width / 8 * 8;
    source.processed_height = height / 8 * 8;
    source.scale_x = static_cast<double>(width) / source.processed_width;
    source.scale_y = static_cast<double>(height) / source.processed_height;
    return source;
  }
  std::string picture(const std::string& name, int width, int height) const {
    return folder_.write(name, imaging::encode_png(pixels_8bit(width, height)));
  }
  /// Two regions, one above the other in two by two cells; the upper one has a match of a cell at (y,x).
  static Matches upper_half(const std::shared_ptr<const Bank>& bank, int y, int x) {
    Matches matches;
    matches.bank = bank;
    matches.labels = labels_of(at::tensor({0, 0, 1, 1}, at::kInt).view({2, 2}));
    matches.matches.push_back({0, 0, y, x, 0, 0, 1, 2, 0});
    return matches;
  }
  cv::Mat render(const Matches& matches, const SharpRender& settings = {}) {
    return render_sharp(matches, *matches.bank, pictures_, settings);
  }

  Folder folder_;
  SourcePictures pictures_;
};

TEST_F(SharpRenderOf, RegionsWithoutAMatchAreBlack) {
  const auto bank = bank_of({source(picture("a.png", 32, 24), 32, 24)});
  const cv::Mat made = render(upper_half(bank, 1, 1));
  ASSERT_EQ(made.size(), cv::Size(16, 16));
  EXPECT_TRUE(same_pixels(made(cv::Rect(0, 0, 16, 8)), pixels_8bit(32, 24)(cv::Rect(8, 8, 16, 8))));
  EXPECT_EQ(cv::norm(made(cv::Rect(0, 8, 16, 8))), 0);
}

TEST_F(SharpRenderOf, RegionsWithoutAMatchShowThePlainPicture) {
  const auto bank = bank_of({source(picture("a.png", 32, 24), 32, 24)});
  const cv::Mat plain(16, 16, CV_8UC3, cv::Scalar(10, 20, 30)), before = plain.clone();
  for (const int scale : {1, 3}) {
    const cv::Mat made = render(upper_half(bank, 0, 0), {scale, plain});
    ASSERT_EQ(made.size(), cv::Size(16 * scale, 16 * scale));
    EXPECT_TRUE(same_pixels(made(cv::Rect(0, 8 * scale, 16 * scale, 8 * scale)),
                            cv::Mat(8 * scale, 16 * scale, CV_8UC3, cv::Scalar(10, 20, 30))));
    EXPECT_FALSE(same_pixels(made(cv::Rect(0, 0, 16 * scale, 8 * scale)),
                             cv::Mat(8 * scale, 16 * scale, CV_8UC3, cv::Scalar(10, 20, 30))));
  }
  EXPECT_TRUE(same_pixels(plain, before)) << "it is another node's";
}

TEST_F(SharpRenderOf, WhatLiesOutsideOfThePictureIsBlack) {
  SourceLatent odd = source(picture("a.png", 32, 24), 32, 24);
  odd.scale_x = 40;  // every window but those at the left begins behind the right edge
  const auto bank = bank_of({odd});
  const cv::Mat made = render(upper_half(bank, 1, 1));
  EXPECT_EQ(cv::norm(made), 0);
  const auto turned = bank_of({odd}, true);
  for (int k = 1; k < 4; ++k) {
    Matches matches = upper_half(turned, 0, 0);
    matches.matches[0] = {0, k, 0, 0, 0, 0, 2, 1, 0};
    EXPECT_EQ(render(matches).size(), cv::Size(16, 16));
  }
}

TEST_F(SharpRenderOf, PicturesMayBeAsCollageNetReadThem) {
  // A photograph taken with the camera turned: CollageNet encoded it lying.
  const cv::Mat lying = pixels_8bit(32, 24);
  const std::string file = folder_.write("a.jpg", turned_clockwise(imaging::encode_jpeg(lying, 100)));
  const cv::Mat stored = imaging::read_pixels(file, imaging::Orientation::kAsStored);
  const auto bank = bank_of({source(file, 32, 24)});
  EXPECT_TRUE(same_pixels(render(upper_half(bank, 0, 0))(cv::Rect(0, 0, 16, 8)), stored(cv::Rect(0, 0, 16, 8))));
  const cv::Mat upright = imaging::read_pixels(file);
  const auto ours = bank_of({source(file, 24, 32)});
  EXPECT_TRUE(same_pixels(render(upper_half(ours, 0, 0))(cv::Rect(0, 0, 16, 8)), upright(cv::Rect(0, 0, 16, 8))));
}

TEST_F(SharpRenderOf, NamesAllPicturesThatAreMissing) {
  const std::string there = picture("a.png", 32, 24), gone = folder_.path("b.png"), too = folder_.path("c.png");
  const auto bank = bank_of({source(there, 32, 24), source(gone, 32, 24), source(too, 32, 24)});
  Matches matches = upper_half(bank, 0, 0);
  EXPECT_EQ(thrown_by([&] { render(matches); }), "") << "what is not cut from may be missing";
  matches.matches[0].record = 2;
  EXPECT_EQ(thrown_by([&] { render(matches); }),
            "cannot cut from pictures that are not there: " + gone + ", " + too +
                "; put them there, name their folder (picture_folder of patch-bank), or encode them where they are now "
                "(decoupage encode)");
}

TEST_F(SharpRenderOf, RefusesAPictureThatIsNotTheOneThatWasEncoded) {
  const std::string file = picture("a.png", 30, 24);
  const auto bank = bank_of({source(file, 32, 24)});
  EXPECT_EQ(thrown_by([&] { render(upper_half(bank, 0, 0)); }),
            file +
                ": has 30x24 pixels, but latents/a.npz was made of 32x24: put that picture back, or encode this one "
                "(decoupage encode)");
  const std::string damaged = folder_.write("b.png", std::string("no picture"));
  const auto other = bank_of({source(damaged, 32, 24)});
  EXPECT_THAT(thrown_by([&] { render(upper_half(other, 0, 0)); }), HasSubstr(damaged + ": not a picture"));
}

TEST_F(SharpRenderOf, CutsTheSameWindowsFromAnotherBank) {
  const auto bank = bank_of({source(picture("a.png", 32, 24), 32, 24)});
  const std::string large = picture("large.png", 64, 48);
  SourceLatent twice = source(large, 64, 48);
  twice.latent = at::zeros({4, 3, 4});
  twice.scale_x = twice.scale_y = 2;
  const auto other = bank_of({twice});
  const Matches matches = upper_half(bank, 1, 1);
  const cv::Mat made = render_sharp(matches, *other, pictures_, {.pixel_render_scale = 2});
  EXPECT_TRUE(same_pixels(made(cv::Rect(0, 0, 32, 16)), pixels_8bit(64, 48)(cv::Rect(16, 16, 32, 16))));
  const auto none = bank_of({source(large, 64, 48)});
  EXPECT_THAT(thrown_by([&] { render_sharp(matches, *none, pictures_, {}); }),
              HasSubstr("the bank to cut from has other sources than the one that was matched: 1 and 1"));
}

TEST_F(SharpRenderOf, RefusesCollagesThatAreTooLarge) {
  const auto bank = bank_of({source(picture("a.png", 32, 24), 32, 24)});
  EXPECT_EQ(thrown_by([&] { render(upper_half(bank, 0, 0), {.pixel_render_scale = 5000}); }),
            "a collage of 80000x80000 px: a side may have at most 65535; lower pixel_render_scale");
}

TEST_F(SharpRenderOf, NothingMatchedIsAllBlackOrAllPlain) {
  Matches matches = upper_half(bank_of({source("gone.png", 32, 24)}), 0, 0);
  matches.matches.clear();
  EXPECT_EQ(cv::norm(render(matches)), 0);
  const cv::Mat plain = pixels_8bit(16, 16);
  EXPECT_TRUE(same_pixels(render(matches, {1, plain}), plain));
}

TEST_F(SharpRenderOf, PicturesAreReadOnce) {
  const SourceLatent one = source(picture("a.png", 32, 24), 32, 24);
  const cv::Mat first = pictures_.get(one);
  std::filesystem::remove(one.source_path);
  EXPECT_EQ(pictures_.get(one).data, first.data);
}

TEST_F(SharpRenderOf, PicturesBeyondTheLimitAreDroppedTheOldestFirst) {
  SourcePictures few(2 * 32 * 24 * 3);
  std::vector<SourceLatent> sources;
  for (const char* name : {"a.png", "b.png", "c.png"}) sources.push_back(source(picture(name, 32, 24), 32, 24));
  few.get(sources[0]);
  few.get(sources[1]);
  few.get(sources[0]);
  few.get(sources[2]);  // b goes
  for (const SourceLatent& one : sources) std::filesystem::remove(one.source_path);
  EXPECT_NO_THROW(few.get(sources[0]));
  EXPECT_NO_THROW(few.get(sources[2]));
  EXPECT_THAT(thrown_by([&] { few.get(sources[1]); }), HasSubstr("b.png: cannot be read"));
  SourcePictures none(0);
  const SourceLatent large = source(picture("d.png", 320, 240), 320, 240);
  EXPECT_EQ(none.get(large).cols, 320) << "one is always held";
}

TEST_F(SharpRenderOf, ThreadsShareWhatOneOfThemReads) {
  std::vector<SourceLatent> sources;
  for (const char* name : {"a.png", "b.png"}) sources.push_back(source(picture(name, 320, 240), 320, 240));
  SourcePictures small(320 * 240 * 3);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (small.get(sources[(t + i) % 2]).cols != 320) ++wrong;
        if (!same_pixels(pictures_.get(sources[i % 2]), pixels_8bit(320, 240))) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace matching
