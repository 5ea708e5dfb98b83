# SPDX-License-Identifier: MIT
# What `cmake --install` puts where, and the package that find_package(decoupage) finds there. Everything is found
# relative to where it lies, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/decoupage)

# Installs one library and the headers that others may include; the remaining headers of its folder are its own.
function(decoupage_install name)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/${name}/ OUTPUT_VARIABLE headers)
  list(TRANSFORM headers APPEND .h)
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
  install(TARGETS ${name} EXPORT decoupage
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/decoupage)
endfunction()

set(parts graph)
decoupage_install(base atomic_file cores descriptor limits mutex reading)
file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/graph ${PROJECT_SOURCE_DIR}/graph/*.h)
list(TRANSFORM headers REPLACE "\\.h$" "")
decoupage_install(graph ${headers} testing/node_harness)

if(NOT DECOUPAGE_ENGINE_ONLY)
  list(APPEND parts imaging tensors models schedulers methods nodes observers program)
  foreach(name IN ITEMS imaging tensors models schedulers methods nodes program)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${name} ${PROJECT_SOURCE_DIR}/${name}/*.h)
    list(TRANSFORM headers REPLACE "\\.h$" "")
    decoupage_install(${name} ${headers})
  endforeach()
  decoupage_install(observers record/files record/history record/item_records record/journal record/run_record json_lines progress summary trace)

  file(RELATIVE_PATH to_libraries /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})
  set_target_properties(decoupage PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
  set_target_properties(pictures_module models_module PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS pictures_module models_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${PROJECT_BINARY_DIR}/decoupage_picture_nodes.types ${PROJECT_BINARY_DIR}/decoupage_model_nodes.types
    DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(TARGETS decoupage EXPORT decoupage RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY configs assets DESTINATION ${CMAKE_INSTALL_DATADIR}/decoupage)
  install(FILES cmake/FindOpenCVParts.cmake DESTINATION ${package_dir})
endif()

set(DECOUPAGE_PARTS ${parts})
configure_package_config_file(cmake/decoupageConfig.cmake.in ${PROJECT_BINARY_DIR}/decoupageConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/decoupageConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT decoupage NAMESPACE decoupage:: FILE decoupageTargets.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/decoupageConfig.cmake ${PROJECT_BINARY_DIR}/decoupageConfigVersion.cmake
  DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
