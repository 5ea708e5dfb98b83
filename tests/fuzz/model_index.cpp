// SPDX-License-Identifier: MIT
// model_index.json of a model's folder, and the index of weights in several files.
#include "models/files/model_files.h"
#include "models/files/weight_index.h"
#include "tensors/npz.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  folder.write("model_index.json", fuzz::text_of(data, size));
  try {
    const auto model = models::open_model_folder(folder.path());
    model->files();
    model->network("unet");
  } catch (const tensors::FileError&) {
  }
  try {
    models::read_weight_index(folder.path() / "model_index.json");
  } catch (const tensors::FileError&) {
  }
  return 0;
}
