// SPDX-License-Identifier: MIT
#include "tensors/blas.h"

#include <dlfcn.h>

#include "tensors/torch.h"

namespace tensors {

std::string blas_complaint() {
  const auto known = [](const char* symbol) { return dlsym(RTLD_DEFAULT, symbol) != nullptr; };
  if (at::hasMKL() || !known("sgemm_")) return "";
  if (void* parallel = dlsym(RTLD_DEFAULT, "openblas_get_parallel")) {
    const bool own_threads = reinterpret_cast<int (*)()>(parallel)() == 1;
    return own_threads ? "OpenBLAS was built with threads of its own, which fight with those of libtorch: install "
                         "libopenblas0-openmp, or set OPENBLAS_NUM_THREADS=1"
                       : "";
  }
  if (known("MKL_Get_Version") || known("bli_info_get_version_str")) return "";
  return "libtorch calls the reference BLAS, which is some fifty times slower than others: install libopenblas0-openmp";
}

}  // namespace tensors
