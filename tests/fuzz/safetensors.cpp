// SPDX-License-Identifier: MIT
// The header of a .safetensors file. Data of the size that it asks for is put behind it, the tensors are read, and the
// file is taken for a LoRA and for a textual inversion.
#include "tensors/safetensors.h"

#include "models/files/lora.h"
#include "models/text/textual_inversion.h"
#include "tensors/npz.h"
#include "tests/fuzz/input.h"

namespace {

constexpr std::uint64_t kMostData = 1 << 20;

/// The header and as much of what it asks for as a test has room for: of more, the file is cut off.
std::string with_data(std::string_view header) {
  std::uint64_t bytes = 0;
  try {
    bytes = std::min(kMostData, tensors::SafetensorsHeader::parse(header, "header").data_bytes);
  } catch (const tensors::FileError&) {
  }
  const std::uint64_t length = header.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  file += header;
  return file.append(bytes, '\1');
}

/// Calls it, and says whether it came back.
template <class Call>
void attempt(Call call) {
  try {
    call();
  } catch (const tensors::FileError&) {
  }
}

void read_all(const std::string& path) {
  const tensors::SafetensorsFile file(path);
  for (const tensors::SafetensorsEntry& entry : file.entries()) {
    fuzz::require(file.find(entry.name) == &entry, "a tensor is found by its name");
    const at::Tensor tensor = file.tensor(entry);
    fuzz::require(tensor.nbytes() == entry.end - entry.begin, "a tensor has the bytes of its place");
    if (tensor.numel() > 0) tensor.clone();
    file.prefetch(entry);
    file.release(entry);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File file;
  const std::string_view text = fuzz::text_of(data, size);
  attempt([&] { read_all(file.write(text)); });
  attempt([&] { read_all(file.write(with_data(text))); });
  attempt([&] { models::Lora::read(file.write(with_data(text)), {"unet", "text_encoder", "text_encoder_2"}); });
  attempt([&] { models::read_textual_inversion(file.write(with_data(text)), {"<a>", "<b>"}); });
  return 0;
}
