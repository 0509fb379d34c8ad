#include "controller/config/settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "api/base/quantity.h"

namespace nekoplane::config {

namespace {

Status Expected(const std::string& text, const std::string& what) {
  return MakeStatus(Code::kInvalid, "InvalidSetting",
                    "\"" + text + "\" is not valid; expected " + what);
}

std::optional<int> ParseInt(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> SetPath(std::string& path, const std::string& text, const char* what) {
  if (text.empty() || text.find('\0') != std::string::npos) return Expected(text, what);
  path = text;
  return {};
}

Result<void> SetListen(std::string& address, const std::string& text) {
  NEKO_RETURN_IF_ERROR(ParseAddress(text));
  address = text;
  return {};
}

// One address that can be told to others, not a name and not "all of them".
Result<void> SetIp(std::string& address, const std::string& text) {
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = inet_pton(AF_INET, text.c_str(), &v4) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, text.c_str(), &v6) == 1;
  if (!is_v4 && !is_v6) return Expected(text, "one IPv4 or IPv6 address, as in 192.168.1.5");
  address = text;
  return {};
}

Result<void> SetAdvertise(std::string& address, const std::string& text) {
  if (text == "0.0.0.0" || text == "::") {
    return Expected(text, "the address under which browsers reach this machine, as in 192.168.1.5");
  }
  return SetIp(address, text);
}

Result<void> SetPorts(std::optional<PortRange>& range, const std::string& text) {
  constexpr char kWhat[] = "two ports with a dash between, lower one first, as in 8800-9799";
  const auto dash = text.find('-');
  if (dash == std::string::npos) return Expected(text, kWhat);
  const auto from = ParseInt(std::string_view(text).substr(0, dash));
  const auto to = ParseInt(std::string_view(text).substr(dash + 1));
  if (!from || !to || *from < 1 || *to > 65535 || *from > *to) return Expected(text, kWhat);
  range = PortRange{*from, *to};
  return {};
}

Result<void> SetDuration(Duration& duration, const std::string& text, Duration at_least) {
  const auto parsed = ParseDuration(text);
  if (!parsed || text.empty() || *parsed < at_least) {
    return Expected(text,
                    "a duration of at least " + FormatDuration(at_least) + ", as in 90s or 2m");
  }
  duration = *parsed;
  return {};
}

Result<void> SetStore(Options&, const std::string& text) {
  if (text == "sqlite") return {};
  if (text == "kubernetes") {
    return MakeStatus(Code::kInvalid, "InvalidSetting",
                      "keeping objects in a Kubernetes cluster is not available in this version; "
                      "use sqlite");
  }
  return Expected(text, "sqlite");
}

Result<void> SetDockerHost(Options& options, const std::string& text) {
  const bool ok = (text.starts_with("unix:///") && text.size() > 8) ||
                  (text.starts_with("tcp://") && text.size() > 6);
  if (!ok) {
    return Expected(text, "unix:///PATH or tcp://HOST:PORT, as in unix:///var/run/docker.sock");
  }
  options.docker_host = text;
  return {};
}

Result<void> SetTaosUrl(Options& options, const std::string& text) {
  const std::size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  const bool clean = text.find_first_of(" \t\r\n?#@") == std::string::npos;
  if (scheme == 0 || text.size() == scheme || text[scheme] == '/' || !clean) {
    return Expected(text, "http://HOST:PORT, as in http://192.168.1.5:6969");
  }
  options.taos_url = text;
  return {};
}

// A user's or namespace's name ends up in objects, logs and URLs: no surprises in it.
bool IsName(const std::string& text, std::string_view also, std::size_t max) {
  return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

Result<void> SetUser(Options& options, const std::string& text) {
  if (!IsName(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ._@-", 253)) {
    return Expected(text, "a user's name of letters, digits and . _ @ -");
  }
  options.single_user = text;
  return {};
}

Result<void> SetNamespace(Options& options, const std::string& text) {
  if (!IsName(text, "-", 63) || text.front() == '-' || text.back() == '-') {
    return Expected(text, "a namespace: lower case letters, digits and -, as in default");
  }
  options.wrapper_namespace = text;
  return {};
}

Result<void> SetMemoryFloor(Options& options, const std::string& text) {
  constexpr std::int64_t kMiB = 1024 * 1024;
  const auto bytes = ParseBytes(text);
  if (!bytes) return Expected(text, "an amount of memory, as in 6144Mi; 0 for no floor");
  if (*bytes > 0 && *bytes < kMiB) {
    return Expected(text, "an amount of memory with its unit: did you mean " + text + "Mi?");
  }
  options.host_min_ram_mb = *bytes / kMiB;
  return {};
}

Result<void> SetPolicy(Options& options, const std::string& text) {
  if (text != "default" && text != "pack" && text != "spread") {
    return Expected(text, "default, pack or spread");
  }
  options.placement_policy = text;
  return {};
}

Result<void> SetCoreFloor(Options& options, const std::string& text) {
  const auto cores = ParseInt(text);
  if (!cores || *cores < 0 || *cores > 1024) {
    return Expected(text, "a number of cores from 0 to 1024; 0 for no floor");
  }
  options.worker_min_cores = *cores;
  return {};
}

Result<void> SetWorkers(Options& options, const std::string& text) {
  const auto workers = ParseInt(text);
  if (!workers || *workers < 1 || *workers > 64) return Expected(text, "a number from 1 to 64");
  options.workers = *workers;
  return {};
}

Result<void> SetLogFormat(Options& options, const std::string& text) {
  if (text != "text" && text != "json") return Expected(text, "text or json");
  options.log_format = text == "json" ? LogFormat::kJson : LogFormat::kText;
  return {};
}

Result<void> SetLogLevel(Options& options, const std::string& text) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{
      {{"debug", LogLevel::kDebug},
       {"info", LogLevel::kInfo},
       {"warning", LogLevel::kWarning},
       {"error", LogLevel::kError}}};
  for (const auto& [name, level] : kLevels) {
    if (text != name) continue;
    options.log_level = level;
    return {};
  }
  return Expected(text, "debug, info, warning or error");
}

constexpr char kFiles[] = "Files";
constexpr char kFaces[] = "Who may talk to it";
constexpr char kBrowsers[] = "Where browsers run";
constexpr char kWork[] = "How it works";

using O = Options;
using S = const std::string;

constexpr std::array kSettings{
    Setting{"data-dir", "DIR", kFiles,
            "Where everything lasting is kept: the store, keys, and admin.kubeconfig, which is "
            "written at the first start. Made if it is not there.",
            "", [](O& o, S& t) { return SetPath(o.data_dir, t, "a folder"); }},
    Setting{"manifests", "DIR", kFiles,
            "A folder of YAML objects to keep applied: added and changed files are applied, what "
            "vanishes from it is deleted, a broken file is reported and changes nothing.",
            "", [](O& o, S& t) { return SetPath(o.manifests, t, "a folder"); }},
    Setting{"store", "KIND", kFiles, "Where objects are kept: sqlite, in the data folder.",
            "sqlite", SetStore},
    Setting{"api-listen", "ADDRESS", kFaces,
            "HTTPS address of the Kubernetes-style API, for kubectl and nekoctl.", "127.0.0.1:7443",
            [](O& o, S& t) { return SetListen(o.api_listen, t); }},
    Setting{"http-listen", "ADDRESS", kFaces,
            "HTTP address of /api/browser, /metrics, /healthz, /livez and /readyz.",
            "127.0.0.1:7080", [](O& o, S& t) { return SetListen(o.http_listen, t); }},
    Setting{"single-user", "NAME", kFaces,
            "Take every caller of /api/browser for this user, without a token. Only while "
            "--http-listen is an address of this machine alone.",
            "", SetUser},
    Setting{"namespace", "NAME", kFaces, "The namespace of sessions made through /api/browser.",
            "default", SetNamespace},
    Setting{"docker-host", "URL", kBrowsers,
            "The container engine of this machine: unix:///PATH or tcp://HOST:PORT. $DOCKER_HOST "
            "counts if nothing else names one.",
            "unix:///var/run/docker.sock", SetDockerHost},
    Setting{"taos-url", "URL", kBrowsers,
            "A taOS controller, as in http://192.168.1.5:6969. Its browser-workers become nodes; "
            "nothing is changed there.",
            "", SetTaosUrl},
    Setting{"advertise-address", "IP", kBrowsers,
            "The one address that streams are offered on; must be reachable for whoever watches. "
            "Without it: the address of the default route.",
            "", [](O& o, S& t) { return SetAdvertise(o.advertise_address, t); }},
    Setting{"publish-address", "IP", kBrowsers,
            "The address of this machine on which browsers' ports are published. Without it: all.",
            "", [](O& o, S& t) { return SetIp(o.publish_address, t); }},
    Setting{"http-ports", "FROM-TO", kBrowsers,
            "Ports for browsers' pages (TCP), one per session. Without it: what node host has in "
            "spec.ports, at first",
            "8800-9799", [](O& o, S& t) { return SetPorts(o.http_ports, t); }},
    Setting{"media-ports", "FROM-TO", kBrowsers,
            "Ports for browsers' streams (UDP and TCP), one per session. Without it: what node "
            "host has in spec.ports, at first",
            "59000-59999", [](O& o, S& t) { return SetPorts(o.media_ports, t); }},
    Setting{"host-memory-floor", "AMOUNT", kBrowsers,
            "The memory that this machine must have to run browsers at all; 0 for no floor.",
            "6144Mi", SetMemoryFloor},
    Setting{"worker-core-floor", "N", kBrowsers,
            "The cores that another machine must have to run browsers at all; 0 for no floor.", "4",
            SetCoreFloor},
    Setting{"placement-policy", "POLICY", kBrowsers,
            "Which of the machines that have room is taken. default: this one if it can, else the "
            "one with a GPU, else the least loaded; pack: the fullest; spread: the emptiest.",
            "default", SetPolicy},
    Setting{"node-lost-after", "TIME", kBrowsers,
            "How long a machine may be silent before it counts as lost and its sessions may go "
            "elsewhere. Never while more than 55 % of all machines are silent at once.",
            "40s",
            [](O& o, S& t) { return SetDuration(o.node_lost_after, t, std::chrono::seconds(1)); }},
    Setting{"node-loss-grace", "TIME", kBrowsers,
            "How long the sessions of a lost machine wait for its return before those that may "
            "start elsewhere do so.",
            "1m",
            [](O& o, S& t) { return SetDuration(o.node_loss_grace, t, std::chrono::seconds(1)); }},
    Setting{"workers", "N", kWork, "Sessions that are worked on at the same time.", "4",
            SetWorkers},
    Setting{
        "gc-interval", "TIME", kWork,
        "How often engines are searched for containers and volumes that nobody owns.", "2m",
        [](O& o, S& t) { return SetDuration(o.gc_interval, t, std::chrono::milliseconds(100)); }},
    Setting{"gc-grace", "TIME", kWork, "How old such a thing must be before it is removed.", "1m",
            [](O& o, S& t) { return SetDuration(o.gc_grace, t, Duration::zero()); }},
    Setting{"log-format", "FORMAT", kWork, "text for people, json for machines; on stderr.", "text",
            SetLogFormat},
    Setting{"log-level", "LEVEL", kWork, "debug, info, warning or error.", "info", SetLogLevel},
};

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSetting(std::string_view name) {
  const auto it = std::find_if(kSettings.begin(), kSettings.end(),
                               [&](const Setting& s) { return s.name == name; });
  return it == kSettings.end() ? nullptr : &*it;
}

std::string VariableOf(std::string_view name) {
  std::string variable = "NEKOPLANE_";
  for (const char c : name) {
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return variable;
}

std::string_view Closest(std::string_view word, std::span<const std::string> candidates) {
  std::string_view best;
  std::size_t best_distance = 3;  // farther away is a different word
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

Result<void> CheckTogether(const Options& options,
                           const std::function<std::string(std::string_view name)>& source_of) {
  const auto wrong = [](std::string message) {
    return MakeStatus(Code::kInvalid, "InvalidSetting", std::move(message));
  };
  if (options.data_dir.empty()) {
    return wrong("no data folder was named; give --data-dir DIR (or " + VariableOf("data-dir") +
                 "), as in --data-dir /var/lib/nekoplane");
  }
  NEKO_TRY(const Address http, ParseAddress(options.http_listen));
  NEKO_TRY(const Address api, ParseAddress(options.api_listen));
  if (!options.single_user.empty() && !http.loopback()) {
    return wrong(source_of("single-user") + ": everybody who can reach " + options.http_listen +
                 " would be " + options.single_user + "; let " + source_of("http-listen") +
                 " be 127.0.0.1:" + std::to_string(http.port) +
                 ", or leave out the single user and give callers tokens");
  }
  if (options.http_listen == options.api_listen && (http.unix || http.port != 0)) {
    return wrong(source_of("http-listen") + " and " + source_of("api-listen") + " are both " +
                 api.host + (api.unix ? "" : ":" + std::to_string(api.port)) +
                 "; each needs an address of its own");
  }
  constexpr PortRange kHttpPorts{8800, 9799}, kMediaPorts{59000, 59999};  // the schema's defaults
  const PortRange a = options.http_ports.value_or(kHttpPorts);
  const PortRange b = options.media_ports.value_or(kMediaPorts);
  if (a.from <= b.to && b.from <= a.to) {
    return wrong(source_of("http-ports") + " and " + source_of("media-ports") +
                 " overlap; a port can serve a page or a stream, not both");
  }
  return {};
}

}  // namespace nekoplane::config
