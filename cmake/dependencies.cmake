# Every third-party library the project links, all from Debian 12 (scripts/deps.sh installs them).
set(Boost_NO_SYSTEM_PATHS OFF)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# resolv is part of libc6; it reads DNS messages for net/dns.
add_library(sluice_dependencies INTERFACE)
target_link_libraries(sluice_dependencies INTERFACE
    Boost::boost Boost::json OpenSSL::SSL OpenSSL::Crypto fmt::fmt spdlog::spdlog yaml-cpp CLI11::CLI11
    prometheus-cpp::core PkgConfig::RE2 PkgConfig::CARES PkgConfig::NGHTTP2 PkgConfig::SYSTEMD resolv Threads::Threads)
# Asio and Beast are compiled once, in base/boost_asio.cpp and commands/boost_beast.cpp.
target_compile_definitions(sluice_dependencies INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
