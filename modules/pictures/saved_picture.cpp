// SPDX-License-Identifier: MIT
#include "modules/pictures/saved_picture.h"

#include "imaging/files/picture.h"

namespace modules {

void SavedPicture::process(graph::Context& cx) const {
  cx.send(kImage, nodes::Image{imaging::read_picture(files_->at({saver_, cx.item().index}))});
}

}  // namespace modules
