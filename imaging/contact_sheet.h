// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace imaging {

/// One cell of a contact sheet.
struct SheetCell {
  cv::Mat picture;    ///< (H,W) CV_32FC3 in [0,1], or CV_8UC3; empty: drawn as an empty place
  std::string label;  ///< under it
};

struct SheetLayout {
  int columns = 0;  ///< 0: see sheet_columns
  int cell = 256;   ///< px; the longer side of a cell; pictures are never enlarged
  int gap = 12;     ///< px between cells and around them
  bool labels = true;
  std::string title{};      ///< above all; "": none
  cv::Scalar background{};  ///< RGB in [0,1]; the text is dark on light and light on dark
};

/// The size of what a sheet shows of a picture.
cv::Size thumbnail_size(cv::Size picture, int cell);
/// Brings a picture to what a sheet shows of it: at most `cell` px on the longer side, never larger than it is.
cv::Mat sheet_thumbnail(const cv::Mat& picture, int cell);

/// Columns for a number of cells of the given size: the sheet is about as wide as high or wider, at most 3 times
/// where that can be, with as few unused places as can be; of equals the one with the fewest columns.
int sheet_columns(int cells, cv::Size cell);

/// How large a sheet of cells of that size, with these labels, will be. REQUIRES: at least one label, which may be "".
cv::Size sheet_size(const std::vector<std::string>& labels, cv::Size cell, const SheetLayout& layout);

/// (H,W) CV_32FC3. REQUIRES: at least one cell. All cells are as large as the largest picture in each direction.
cv::Mat draw_contact_sheet(const std::vector<SheetCell>& cells, const SheetLayout& layout);

}  // namespace imaging
