// SPDX-License-Identifier: MIT
/// How long does a projection of CollageNet take: segment, match, blend, on one thread? What bounds it, and how does it
/// grow?
///
///   projection [LATENTS QUERY.npz]      latent files to match against, and one to match; without: made-up ones
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "bench/made_up.h"
#include "imaging/regions/felzenszwalb.h"
#include "imaging/regions/threshold_regions.h"
#include "methods/matching/blend.h"
#include "methods/matching/latent_file.h"
#include "methods/matching/match_regions.h"
#include "methods/matching/match_squares.h"
#include "methods/matching/regions.h"
#include "methods/matching/source_files.h"

namespace {

using Labels = std::shared_ptr<const imaging::Labels>;
using Bank = std::shared_ptr<const matching::Bank>;

double milliseconds(const std::function<void()>& f) {
  const auto from = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count();
}

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  return numbers[numbers.size() / 2];
}

imaging::Planes planes_of(const at::Tensor& latent) {
  return {latent.data_ptr<float>(), static_cast<int>(latent.size(0)), static_cast<int>(latent.size(1)),
          static_cast<int>(latent.size(2))};
}

/// The times of a projection's parts, ms.
struct Times {
  std::vector<double> segment, match, blend;
};

struct Case {
  std::string name;
  std::function<imaging::Labels(const at::Tensor&)> segment;
  int candidates = 128;
  bool squares = false;
};

void report(const Case& one, const at::Tensor& latent, const Bank& bank, double fma_per_ms, int rounds) {
  Times times;
  Labels labels;
  matching::Matches matches;
  at::Tensor blended;
  matching::NumpyGenerator generator(1234);
  for (int round = 0; round <= rounds; ++round) {
    const double segmented = milliseconds([&] { labels = std::make_shared<imaging::Labels>(one.segment(latent)); });
    const double matched = milliseconds([&] {
      matches = one.squares ? matching::match_squares(latent, labels, bank, {})
                            : matching::match_regions(latent, labels, bank, {.region_candidate_count = one.candidates},
                                                      generator);
    });
    const double mixed = milliseconds([&] { blended = matching::blend(latent, matches, 0.1); });
    if (round == 0) continue;  // what is made once is made here
    times.segment.push_back(segmented);
    times.match.push_back(matched);
    times.blend.push_back(mixed);
  }
  // Each number of a window takes part in a product with the region's, a sum and a square; of squares, one product.
  double numbers = 0;
  if (one.squares) {
    numbers = static_cast<double>(matches.matches.size()) * static_cast<double>(bank->normalised.numel());
  } else {
    std::int64_t cells = 0;
    for (const matching::Region& region : matching::Regions(*labels)) {
      const bool matched =
          std::ranges::any_of(matches.matches, [&](const auto& m) { return m.region == region.label; });
      cells += matched ? region.area : 0;
    }
    numbers = static_cast<double>(cells) * 4 * one.candidates;
  }
  const double operations = numbers * (one.squares ? 1 : 3), match = median(times.match);
  const double whole = median(times.segment) + match + median(times.blend);
  std::printf("%-38s %6zu %8.2f %8.2f %8.2f %9.2f   %7.1f M, %5.2f ms at the peak\n", one.name.c_str(),
              matches.matches.size(), median(times.segment), match, median(times.blend), whole, operations / 1e6,
              operations / fma_per_ms);
}

/// Multiply-adds in a millisecond that a product of matrices reaches on this thread.
double peak_fma_per_ms() {
  const at::Tensor a = at::randn({768, 768}), b = at::randn({768, 768});
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) times.push_back(milliseconds([&] { at::mm(a, b); }));
  return 768.0 * 768 * 768 / *std::ranges::min_element(times);
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  const c10::InferenceMode guard;
  std::vector<matching::SourceLatent> sources;
  at::Tensor latent;
  if (argc > 2) {
    for (const std::string& file : matching::find_latent_files(argv[1]))
      sources.push_back(matching::read_latent_file(file));
    latent = matching::read_latent_file(argv[2]).latent;
  } else {
    sources = bench::made_up_sources();
    latent = bench::smooth(128, 128).contiguous();
  }
  const Bank bank = matching::build_bank(sources, {});
  double cells = 0;
  for (const matching::SourceRecord& record : bank->records) cells += static_cast<double>(record.latent[0].numel());
  const double peak = peak_fma_per_ms();
  std::printf("%zu sources of %.0f cells, %zu patches; products of matrices: %.1f G multiply-adds/s\n\n",
              bank->records.size(), cells, bank->patches.size(), peak / 1e6);
  std::printf("%-38s %6s %8s %8s %8s %9s   %s\n", "", "found", "segment", "match", "blend", "whole, ms",
              "multiply-adds of match");

  const auto felzenszwalb = [](const at::Tensor& t) { return imaging::felzenszwalb(planes_of(t), {}); };
  const auto threshold = [](const at::Tensor& t) {
    return imaging::threshold_regions(planes_of(t), {.connectivity = 4});
  };
  const auto squares = [](const at::Tensor& t) {
    return imaging::square_grid(static_cast<int>(t.size(1)), static_cast<int>(t.size(2)), 1);
  };
  report({"felzenszwalb, 128x128, 128 candidates", felzenszwalb}, latent, bank, peak, 31);
  report({"threshold, 128x128, 128 candidates", threshold}, latent, bank, peak, 31);
  report({"square, 128x128, 50,000 patches", squares, 0, true}, latent, bank, peak, 9);

  const at::Tensor large =
      at::cat({at::cat({latent, latent.flip(1)}, 1), at::cat({latent.flip(2), latent.flip({1, 2})}, 1)}, 2)
          .contiguous();
  report({"felzenszwalb, 128x128, 1,024", felzenszwalb, 1024}, latent, bank, peak, 9);
  report({"felzenszwalb, 256x256, 128", felzenszwalb, 128}, large, bank, peak, 9);
  report({"felzenszwalb, 256x256, 1,024", felzenszwalb, 1024}, large, bank, peak, 5);
  return 0;
}
