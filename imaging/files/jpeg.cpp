// SPDX-License-Identifier: MIT
#include "imaging/files/jpeg.h"

#include <jpeglib.h>

#include <cstdio>  // jpeglib.h needs it, and does not say so
#include <stdexcept>

namespace imaging {
namespace {

[[noreturn]] void fail_jpeg(j_common_ptr info) {
  char what[JMSG_LENGTH_MAX];
  info->err->format_message(info, what);
  throw std::runtime_error(std::string("JPEG: ") + what);
}
void say_nothing(j_common_ptr) {}
void count_nothing(j_common_ptr, int) {}

// libjpeg's errors come as exceptions: what it holds belongs to its struct, which is freed here.
class JpegReader {
 public:
  explicit JpegReader(std::span<const std::byte> file) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = fail_jpeg;
    errors_.output_message = say_nothing;
    errors_.emit_message = count_nothing;
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  cv::Mat read() {
    jpeg_read_header(&info_, TRUE);
    const bool inks = info_.num_components == 4;
    info_.out_color_space = inks ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info_);
    cv::Mat pixels(static_cast<int>(info_.output_height), static_cast<int>(info_.output_width), CV_8UC3);
    cv::Mat row(1, pixels.cols, CV_8UC4);
    while (info_.output_scanline < info_.output_height) {
      const int y = static_cast<int>(info_.output_scanline);
      JSAMPROW to = inks ? row.ptr() : pixels.ptr(y);
      jpeg_read_scanlines(&info_, &to, 1);
      if (inks) to_rgb(row, pixels.row(y));
    }
    return pixels;
  }

 private:
  /// Inverted inks: 255 is none.
  static void to_rgb(const cv::Mat& inks, cv::Mat rgb) {
    for (int x = 0; x < inks.cols; ++x) {
      const cv::Vec4b& from = inks.at<cv::Vec4b>(0, x);
      for (int i = 0; i < 3; ++i)
        rgb.at<cv::Vec3b>(0, x)[i] = static_cast<unsigned char>(from[3] - ((255 - from[i]) * from[3] >> 8));
    }
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
};

}  // namespace

cv::Mat decode_jpeg(std::span<const std::byte> file) {
  return JpegReader(file).read();
}

}  // namespace imaging
