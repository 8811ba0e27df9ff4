# How every target of the project is compiled. Link sluice_options to get it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Depend mode takes what a file includes from the compiler's own dependency file, so a miss is not preprocessed
    # before it is compiled. With it GCC's precompiled headers are safe: ccache compares each header they were made of.
    # The sloppiness is what ccache asks for before it caches a file that uses one.
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_DEPEND=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
find_program(MOLD mold)

set(SLUICE_SANITIZE "" CACHE STRING "value for -fsanitize=, e.g. address,undefined or thread")

add_library(sluice_options INTERFACE)
# -fPIE, not CMake's -fPIC for libraries: the latter keeps GCC from inlining what a shared library might replace.
target_compile_options(sluice_options INTERFACE -fPIE)
target_link_options(sluice_options INTERFACE -pie)
target_compile_options(sluice_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion
    -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false positives of these through Boost and coroutines.
    target_compile_options(sluice_options INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()
if(MOLD)
    target_link_options(sluice_options INTERFACE -fuse-ld=mold)
endif()
if(SLUICE_SANITIZE)
    target_compile_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE})
    if(SLUICE_SANITIZE MATCHES "undefined")
        # vptr checks open a pipe to probe memory and misfire in tests that leave no descriptor free.
        target_compile_options(sluice_options INTERFACE -fno-sanitize=vptr)
    endif()
endif()
if(SLUICE_SANITIZE MATCHES "thread")
    # The thread sanitizer knows no bare fences and GCC refuses them; Asio's own queues synchronise by mutex.
    target_compile_definitions(sluice_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
target_compile_definitions(sluice_options INTERFACE $<$<CONFIG:Debug>:SLUICE_DEBUG=1>)
