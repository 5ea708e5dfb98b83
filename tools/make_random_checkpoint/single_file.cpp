// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <vector>

#include "models/files/model_files_known.h"
#include "tensors/safetensors.h"
#include "tools/make_random_checkpoint/checkpoint.h"

namespace make_random_checkpoint {
namespace {

/// A tensor of the file, and the parameters that it is made of: one, or several whose rows follow each other.
struct Target {
  struct Part {
    const tensors::SafetensorsEntry* entry;
    models::Origin origin;
  };
  const tensors::SafetensorsFile* file;
  std::vector<Part> parts;

  at::Tensor value() const {
    std::vector<at::Tensor> rows;
    for (const auto& [entry, origin] : parts) {
      const at::Tensor here = file->tensor(*entry);
      const at::Tensor there = origin.transposed ? here.t() : here;
      rows.push_back(origin.squeezed && here.dim() == 2 ? there.unsqueeze(-1).unsqueeze(-1) : there);
    }
    return rows.size() == 1 ? rows.front().contiguous() : at::cat(rows);
  }
};

}  // namespace

void write_single_file(const std::filesystem::path& folder, const std::filesystem::path& file) {
  std::vector<tensors::SafetensorsFile> files;
  std::map<std::string, Target> targets;
  const std::vector<models::KnownNetwork>& networks = models::known_checkpoints().front().networks;
  files.reserve(networks.size());
  for (const models::KnownNetwork& network : networks) {
    const models::WeightLayout layout = models::layout_of(network);
    const tensors::SafetensorsFile& from = files.emplace_back(weights_of(folder, std::string(network.part)));
    for (const tensors::SafetensorsEntry& entry : from.entries()) {
      const models::Origin origin = layout.origins(entry.name).front();
      Target& target = targets[layout.prefix + origin.key];
      target.file = &from;
      target.parts.resize(static_cast<std::size_t>(origin.parts));
      target.parts[static_cast<std::size_t>(origin.part)] = {&entry, origin};
    }
  }
  std::vector<tensors::SafetensorsWriter::Slot> slots;
  for (const auto& [key, target] : targets) slots.push_back({key, at::kHalf, target.value().sizes().vec()});
  tensors::SafetensorsWriter writer(file, slots, {{"format", "pt"}});
  for (const auto& [key, target] : targets) {
    writer.write(key, target.value());
    for (const auto& part : target.parts) target.file->release(*part.entry);
  }
  writer.finish();
}

}  // namespace make_random_checkpoint
