// SPDX-License-Identifier: MIT
#include "models/text/prompt_time_ids.h"

#include "tests/reference.h"

namespace models {
namespace {

at::Tensor rows(const std::vector<at::Tensor>& rows) {
  return at::cat(rows);
}

TEST(TimeIds, EqualDiffusersForMicroConditioning) {
  REQUIRE_REFERENCE("full");
  const at::Tensor negative = base_time_ids({256, 512}, {8, 4}, {1024, 1024});
  const at::Tensor positive = base_time_ids({768, 1024}, {16, 32}, {192, 128});
  const reference::Vectors vectors("full", "txt2img_euler_micro");
  // For two pictures diffusers repeats the pair, though its embeddings are two negative rows, then two positive ones.
  EXPECT_EQ(reference::difference(rows({negative, positive, negative, positive}), vectors["time_ids"]), 0);
}

TEST(TimeIds, EqualDiffusersForThePicturesOwnSize) {
  const at::Tensor ids = base_time_ids({128, 128}, {}, {128, 128});
  EXPECT_EQ(reference::difference(rows({ids, ids}), reference::Vectors("mini", "txt2img_euler")["time_ids"]), 0);
}

TEST(TimeIds, EqualDiffusersForTheRefiner) {
  REQUIRE_REFERENCE("refiner");
  const at::Tensor negative = refiner_time_ids({128, 128}, {}, 2.5), positive = refiner_time_ids({128, 128}, {}, 6);
  const reference::Vectors vectors("refiner", "img2img_euler");
  EXPECT_EQ(reference::difference(rows({negative, positive}), vectors["time_ids"]), 0);
}

}  // namespace
}  // namespace models
