// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tensors {

/// What is wrong with the BLAS that libtorch calls here, and the cure; empty when nothing is, or when it cannot be
/// seen. Debian's libtorch takes whatever libblas.so.3 is: the reference one is some fifty times slower than OpenBLAS,
/// whose build with threads of its own fights with those of libtorch.
std::string blas_complaint();

}  // namespace tensors
