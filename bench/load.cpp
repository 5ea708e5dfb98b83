// SPDX-License-Identifier: MIT
/// How long does it take to load a model, beside reading its files, and how much memory, beside its numbers? Both from
/// a cold page cache, taking turns; from memory that the machine has.
///
///   load MODEL [rounds]      a folder as make_random_checkpoint writes it; all networks are loaded as float32
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"

namespace {

namespace fs = std::filesystem;

double seconds(const std::function<void()>& f) {
  const auto from = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

std::vector<fs::path> weights_of(const std::string& model) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(model)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  return files;
}

void forget(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    const int handle = open(file.c_str(), O_RDONLY);
    if (handle < 0) continue;
    fsync(handle);
    posix_fadvise(handle, 0, 0, POSIX_FADV_DONTNEED);
    close(handle);
  }
}

void read_all(const std::vector<fs::path>& files) {
  std::vector<char> block(8 << 20);
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    while (in.read(block.data(), static_cast<std::streamsize>(block.size()))) {
    }
  }
}

/// A virtual machine's host gives memory when it is first touched, and takes it back some time after it was freed; that
/// can take longer than all else, and is not what is asked here. So as much as will be needed is touched before: for
/// the numbers, which are twice as wide as in the files, and for the files' pages in the system's cache.
void touch_fresh_memory(double bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, size, MADV_HUGEPAGE);
  for (std::size_t at = 0; at < size; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
  munmap(memory, size);
}

double gib(double bytes) {
  return bytes / (std::int64_t{1} << 30);
}

/// Anonymous memory alone: pages of files that are mapped are the system's to take back.
double resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return 1024.0 * std::atof(line.c_str() + 8);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::printf("needs a model: load MODEL [rounds], after make_random_checkpoint --out MODEL\n");
    return 0;
  }
  if (!fs::is_directory(argv[1])) {
    std::fprintf(stderr, "%s is not a folder in the diffusers layout\n", argv[1]);
    return 2;
  }
  const std::vector<fs::path> files = weights_of(argv[1]);
  double bytes = 0;
  for (const fs::path& file : files) bytes += static_cast<double>(fs::file_size(file));
  std::printf("%.2f GiB of weights in %zu files\n", gib(bytes), files.size());
  for (int round = 0; round < (argc > 2 ? std::atoi(argv[2]) : 3); ++round) {
    forget(files);
    const double reading = seconds([&] { read_all(files); });
    forget(files);
    const double touching = seconds([&] { touch_fresh_memory(3 * bytes); });
    const models::Model model(argv[1], {.dtype = at::kFloat});
    std::unique_ptr<const models::UNet> unet;
    std::unique_ptr<const models::Autoencoder> vae;
    std::unique_ptr<const models::PromptEncoder> text;
    const double loading = seconds([&] {
      unet = model.load_unet();
      vae = model.load_vae();
      text = model.load_text();
    });
    const double resident = resident_bytes();
    std::printf(
        "  reading %6.2f s (%.2f GiB/s)   touching %6.2f s   loading %6.2f s: %.2f x reading   %.2f GiB resident\n",
        reading, gib(bytes) / reading, touching, loading, loading / reading, gib(resident));
    std::fflush(stdout);
  }
}
