# The CUDA backend. TAPROOM_CUDA=ON builds it or fails, OFF leaves it out, AUTO builds it where nvcc and cublasLt.h
# are (from the toolkit, or from `./taproom setup --cuda`). nvcc is called directly: the same command on every CMake.
set(TAPROOM_CUDA AUTO CACHE STRING "build the CUDA backend: ON, OFF or AUTO")
set_property(CACHE TAPROOM_CUDA PROPERTY STRINGS AUTO ON OFF)

if(DEFINED ENV{TAPROOM_CACHE})
  set(cublas $ENV{TAPROOM_CACHE}/cuda)
else()
  set(cublas $ENV{HOME}/.cache/taproom/cuda)
endif()
find_program(TAPROOM_NVCC nvcc PATHS /usr/local/cuda/bin)
if(TAPROOM_NVCC)
  get_filename_component(toolkit ${TAPROOM_NVCC} REALPATH)
  get_filename_component(toolkit ${toolkit}/../.. ABSOLUTE)
endif()
find_path(TAPROOM_CUBLAS_INCLUDE cublasLt.h PATHS ${toolkit}/include /usr/local/cuda/include ${cublas}/include NO_DEFAULT_PATH)

set(missing)
if(NOT TAPROOM_NVCC)
  list(APPEND missing "nvcc was not found")
endif()
if(NOT TAPROOM_CUBLAS_INCLUDE)
  list(APPEND missing "cublasLt.h was not found (./taproom setup --cuda fetches it)")
endif()
if(TAPROOM_CUDA STREQUAL "AUTO" AND TAPROOM_SANITIZE)
  list(APPEND missing "a sanitized build does without it")
endif()
set(TAPROOM_CUDA_BUILT OFF)
if(TAPROOM_CUDA STREQUAL "OFF")
  message(STATUS "CUDA backend: left out (TAPROOM_CUDA=OFF)")
elseif(missing AND TAPROOM_CUDA STREQUAL "AUTO")
  list(JOIN missing "; " missing)
  message(STATUS "CUDA backend: not built: ${missing}")
elseif(missing)
  list(JOIN missing "; " missing)
  message(FATAL_ERROR "TAPROOM_CUDA=ON, but ${missing}")
else()
  set(TAPROOM_CUDA_BUILT ON)
  message(STATUS "CUDA backend: built by ${TAPROOM_NVCC}")
endif()

# Device code for these, and code that the driver compiles for newer devices.
set(TAPROOM_NVCC_FLAGS -std=c++17 -O3 -lineinfo --Werror all-warnings
  -Xcompiler=-Wall,-Wextra,-Werror,-Wno-unused-function,-fno-exceptions,-fno-threadsafe-statics,-fPIE -D_DEFAULT_SOURCE
  -gencode arch=compute_80,code=sm_80 -gencode arch=compute_89,code=sm_89
  -gencode arch=compute_90a,code=sm_90a -gencode arch=compute_90,code=compute_90)

if(TAPROOM_CUDA_BUILT)
  file(GLOB cu_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/cuda/*.cu ${CMAKE_SOURCE_DIR}/kernels/cuda/*/*.cu)
  foreach(file ${cu_files})
    get_filename_component(stem ${file} NAME_WE)
    set(object ${CMAKE_BINARY_DIR}/cuda/${stem}.o)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/cuda)
    add_custom_command(OUTPUT ${object} DEPENDS ${file} DEPFILE ${object}.d COMMENT "nvcc ${stem}.cu" VERBATIM
      COMMAND ${TAPROOM_NVCC} ${TAPROOM_NVCC_FLAGS} -I${CMAKE_SOURCE_DIR} -I${TAPROOM_CUBLAS_INCLUDE}
        "-DTAPROOM_CUBLAS_LIB=\"${cublas}/lib\"" -MD -MF ${object}.d -MT ${object} -c ${file} -o ${object})
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(kernels PRIVATE ${object})
  endforeach()
  find_library(TAPROOM_CUDART cudart_static PATHS ${toolkit}/lib64 ${toolkit}/lib /usr/local/cuda/lib64 REQUIRED)
  target_link_libraries(kernels PUBLIC ${TAPROOM_CUDART} dl rt)
else()
  target_sources(kernels PRIVATE ${CMAKE_SOURCE_DIR}/kernels/cuda/none.c)
endif()
