# Everything here is a Debian 12 package; ./dev lists the package names.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(cpprestsdk REQUIRED HINTS /usr/lib/x86_64-linux-gnu/cmake/cpprestsdk
             /usr/lib/aarch64-linux-gnu/cmake/cpprestsdk)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS system)
