# SPDX-License-Identifier: MIT
# The three parts of OpenCV that this project uses, as OpenCVParts::opencv. Debian keeps OpenCVConfig.cmake in
# libopencv-dev, which pulls in about 200 packages (VTK, Qt, …); the parts' own -dev packages have no config file.
find_path(OpenCVParts_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_parts "")
foreach(part imgcodecs imgproc core) # in the order in which static ones are linked
  find_library(OpenCVParts_${part}_LIBRARY opencv_${part})
  list(APPEND _parts OpenCVParts_${part}_LIBRARY)
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS OpenCVParts_INCLUDE_DIR ${_parts})
if(OpenCVParts_FOUND AND NOT TARGET OpenCVParts::opencv)
  add_library(OpenCVParts::opencv INTERFACE IMPORTED)
  target_include_directories(OpenCVParts::opencv SYSTEM INTERFACE ${OpenCVParts_INCLUDE_DIR})
  target_link_libraries(OpenCVParts::opencv INTERFACE
    ${OpenCVParts_imgcodecs_LIBRARY} ${OpenCVParts_imgproc_LIBRARY} ${OpenCVParts_core_LIBRARY})
endif()
