// SPDX-License-Identifier: MIT
#include "tensors/blas.h"

#include <gmock/gmock.h>

namespace tensors {
namespace {

TEST(Blas, ComplaintsNameTheCure) {
  // What is installed decides; the setup of the project installs one without fault.
  EXPECT_THAT(blas_complaint(), ::testing::AnyOf("", ::testing::HasSubstr("install libopenblas0-openmp")));
}

}  // namespace
}  // namespace tensors
