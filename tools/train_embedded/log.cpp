// SPDX-License-Identifier: MIT
#include "tools/train_embedded/log.h"

#include <fstream>
#include <iostream>
#include <stdexcept>

#include "imaging/files/picture.h"
#include "imaging/files/png.h"

namespace train_embedded {

Journal::Journal(std::filesystem::path folder, double minutes) : folder_(std::move(folder)), limit_(60 * minutes) {
  std::filesystem::create_directories(folder_);
}

void Journal::tell(const nlohmann::ordered_json& line) {
  std::ofstream(folder_ / "log.jsonl", std::ios::app) << line.dump() << '\n';
  for (const auto& [key, value] : line.items()) {
    std::cout << key << ' ';
    if (value.is_number_float()) std::cout << std::setprecision(4) << value.get<double>() << "  ";
    else std::cout << value << "  ";
  }
  std::cout << std::endl;
}

void Journal::picture(const std::string& name, const cv::Mat& picture) const {
  const auto png = imaging::encode_png(imaging::to_8bit(picture), {}, 9);
  std::ofstream stream(folder_ / name, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  stream.close();
  if (!stream) throw std::runtime_error((folder_ / name).string() + ": cannot be written");
}

}  // namespace train_embedded
