// Flags, a line each; after a line "--" variables as NAME=VALUE; after another the config file.
#include "controller/config/options.h"
#include "controller/config/settings.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

void Check(const config::Options& options) {
  NEKO_PROMISE(!options.data_dir.empty());
  NEKO_PROMISE(options.workers >= 1 && options.workers <= 64);
  NEKO_PROMISE(options.gc_interval > Duration::zero() && options.gc_grace >= Duration::zero());
  NEKO_PROMISE(options.host_min_ram_mb >= 0);
  for (const auto& range : {options.http_ports, options.media_ports}) {
    if (range) NEKO_PROMISE(range->from >= 1 && range->from <= range->to && range->to <= 65535);
  }
  const auto http = config::ParseAddress(options.http_listen);
  NEKO_PROMISE(http && config::ParseAddress(options.api_listen));
  // The promise that keeps strangers out.
  NEKO_PROMISE(options.single_user.empty() || http->loopback());
}

}  // namespace

NEKO_FUZZ(command_line) {
  std::vector<std::string> arguments;
  config::Surroundings around{.environment = {}, .read_file = nullptr, .version = "1"};
  int part = 0;
  while (!input.empty() && part < 2) {
    const std::string line(fuzz::TakeLine(input));
    if (line == "--") {
      ++part;
    } else if (part == 0) {
      arguments.push_back(line);
    } else if (const auto equals = line.find('='); equals != std::string::npos) {
      around.environment[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  around.read_file = [file = std::string(input)](const std::string&) -> Result<std::string> {
    return file;
  };
  const auto parsed = config::ParseCommandLine(arguments, around);
  if (!parsed) {
    NEKO_PROMISE(fuzz::Explained(parsed.error()) && parsed.error().code == Code::kInvalid);
  } else if (parsed->serve) {
    Check(*parsed->serve);
  } else {
    NEKO_PROMISE(!parsed->text.empty());
  }
}

}  // namespace nekoplane
