// What `nekoplane` was told to do: flags, environment and config file made into one struct, checked
// once.
//
// For each setting the first of these that says something wins: the flag (--data-dir), the
// environment (NEKOPLANE_DATA_DIR), the config file (data-dir:), the default. Nothing here reads
// the environment or the disk itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/result.h"

namespace nekoplane::config {

struct PortRange {
  int from = 0, to = 0;  // both inclusive
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

enum class LogFormat { kText, kJson };

// Of `nekoplane serve`; a const value after ParseCommandLine. Every value has been checked.
struct Options {
  std::string data_dir;
  std::string manifests;  // "" = no folder

  std::string api_listen = "127.0.0.1:7443";  // host:port, [v6]:port or unix:/path
  std::string http_listen = "127.0.0.1:7080";
  std::string single_user;  // "" = callers need tokens
  std::string wrapper_namespace = "default";

  std::string docker_host = "unix:///var/run/docker.sock";
  std::string advertise_address;  // what WebRTC tells browsers; "" = find out
  std::string publish_address;    // where containers' ports are published; "" = all addresses
  std::optional<PortRange> http_ports, media_ports;  // nullopt = as the node says
  std::int64_t host_min_ram_mb = 6144;
  std::string taos_url;  // of a taOS controller whose workers are mirrored; "" = none
  std::string placement_policy = "default";
  std::int64_t worker_min_cores = 4;
  Duration node_lost_after = std::chrono::seconds(40);
  Duration node_loss_grace = std::chrono::minutes(1);

  int workers = 4;
  Duration gc_interval = std::chrono::minutes(2);
  Duration gc_grace = std::chrono::minutes(1);

  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;

  // What looks like a mistake but may be none; to be logged.
  std::vector<std::string> warnings;
};

// The outcome of a command line that made sense.
struct CommandLine {
  std::optional<Options> serve;  // `nekoplane serve`
  std::string text;              // otherwise: to be printed on stdout (--help, --version)
};

// What a command line is read from.
struct Surroundings {
  std::map<std::string, std::string> environment;
  // The content of the config file. Errors: any; the message says why it cannot be read.
  std::function<Result<std::string>(const std::string& path)> read_file;
  std::string version;
};

// `arguments` without the program's name. Errors: kInvalid; message names the source of the wrong
// value (flag, variable, file) and says what to do.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                     const Surroundings& surroundings);

}  // namespace nekoplane::config
