#include "api/taos/cluster/worker_info.h"

#include <arpa/inet.h>

#include <algorithm>

#include "api/auth/digest.h"
#include "api/http/url.h"

namespace nekoplane::taos {
namespace {

using nlohmann::json;

constexpr std::size_t kMostNameBytes = 200;
// As manifests/crds/browsernodes.yaml has it: one text too long and no status is stored any more.
constexpr std::size_t kMostWordBytes = 63, kMostModelBytes = 253, kMostUrlBytes = 2048;

std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

// At the end of a character: a part of one is no UTF-8.
std::string Cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  text.resize(most);
  return text;
}

std::string Word(const json& object, const char* key) {
  return Cut(Text(object, key), kMostWordBytes);
}

std::int64_t Count(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number_integer()) return 0;
  return it->is_number_unsigned() && it->get<std::uint64_t>() > INT32_MAX
             ? 0
             : std::max<std::int64_t>(0, it->get<std::int64_t>());
}

bool Truthy(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return false;
  if (it->is_boolean()) return it->get<bool>();
  if (it->is_number()) return it->get<double>() != 0;
  return !it->is_null() && !it->empty();
}

const json& Dict(const json& object, const char* key) {
  static const json kNone = json::object();
  if (!object.is_object()) return kNone;
  const auto it = object.find(key);
  return it != object.end() && it->is_object() ? *it : kNone;
}

std::string GoArch(const std::string& arch) {
  if (arch == "x86_64" || arch == "AMD64") return "amd64";
  if (arch == "aarch64") return "arm64";
  return arch;
}

v1alpha1::NodeHardware HardwareOf(const json& hardware) {
  v1alpha1::NodeHardware out;
  const json& cpu = Dict(hardware, "cpu");
  const json& gpu = Dict(hardware, "gpu");
  out.ramMB = Count(hardware, "ram_mb");
  out.cores = Count(cpu, "cores");
  out.arch = GoArch(Word(cpu, "arch"));
  out.soc = Word(cpu, "soc");
  const std::string type = Word(gpu, "type");
  if (!type.empty()) {
    const bool none = type == "none";
    out.gpu = v1alpha1::NodeGpu{.vendor = none ? "" : type,
                                .model = Cut(Text(gpu, "model"), kMostModelBytes),
                                .count = HasGpu(hardware) ? 1 : 0};
  }
  return out;
}

bool HasBrowser(const json& capabilities) {
  return capabilities.is_array() &&
         std::any_of(capabilities.begin(), capabilities.end(),
                     [](const json& c) { return c.is_string() && c == "browser"; });
}

bool IsIp(const std::string& text) {
  in_addr v4{};
  in6_addr v6{};
  return inet_pton(AF_INET, text.c_str(), &v4) == 1 || inet_pton(AF_INET6, text.c_str(), &v6) == 1;
}

// What registration, heartbeat and row have in common.
void TakeShared(const json& body, WorkerInfo& worker) {
  for (const char* key : {"hardware", "backends", "models", "capabilities"}) {
    if (const auto it = body.find(key); it != body.end()) worker.said[key] = *it;
  }
  worker.hardware = HardwareOf(worker.said.value("hardware", json::object()));
  worker.browsers = HasBrowser(worker.said.value("capabilities", json::array()));
  if (const auto it = body.find("load"); it != body.end() && it->is_number()) {
    worker.load = std::clamp(it->get<double>(), 0.0, 1.0);
  }
  if (const std::string status = Word(body, "status"); !status.empty()) worker.status = status;
  if (const std::string ip = Text(body, "host_lan_ip"); !ip.empty()) worker.host_lan_ip = ip;
}

bool LabelChar(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

bool HasGpu(const json& hardware) {
  const json& gpu = Dict(hardware, "gpu");
  return Truthy(gpu, "cuda") || Count(gpu, "vram_mb") > 0;
}

Result<WorkerInfo> ParseWorker(const json& body) {
  const auto invalid = [](std::string message) {
    return MakeStatus(Code::kInvalid, "InvalidWorker", std::move(message));
  };
  if (!body.is_object()) return invalid("a worker is a JSON object");
  WorkerInfo worker;
  worker.name = Text(body, "name");
  worker.url = Text(body, "url");
  worker.platform = Text(body, "platform");
  if (worker.name.empty() || worker.url.empty()) return invalid("name and url are required");
  if (worker.name.size() > kMostNameBytes) return invalid("name is too long");
  if (worker.url.size() > kMostUrlBytes) return invalid("url is too long");
  const auto url = http::Url::Parse(worker.url);
  if (!url) return invalid("url: " + url.error().message);
  TakeShared(body, worker);
  return worker;
}

void TakeHeartbeat(const json& body, WorkerInfo& worker) {
  worker.status = "online";
  TakeShared(body, worker);
}

bool Moved(const json& heartbeat, const WorkerInfo& worker) {
  WorkerInfo now = worker;
  if (const std::string url = Text(heartbeat, "url"); !url.empty()) now.url = url;
  if (const std::string ip = Text(heartbeat, "host_lan_ip"); !ip.empty()) now.host_lan_ip = ip;
  return now.url != worker.url || AddressOf(now) != AddressOf(worker);
}

std::string NodeNameOf(std::string_view worker) {
  std::string name;
  for (const char c : worker.substr(0, 40)) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    name += LabelChar(lower) ? lower : '-';
  }
  while (!name.empty() && name.front() == '-') name.erase(0, 1);
  while (!name.empty() && name.back() == '-') name.pop_back();
  if (name == worker && name != v1alpha1::BrowserNode::kHost) return name;
  // Two workers whose names differ in what had to go stay two.
  return (name.empty() ? "worker" : name) + "-" + auth::Sha256Hex(worker).substr(0, 8);
}

std::string AddressOf(const WorkerInfo& worker) {
  if (const auto url = http::Url::Parse(worker.url)) {
    std::string host = url->host;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (IsIp(host)) return host;
  }
  return IsIp(worker.host_lan_ip) ? worker.host_lan_ip : "";
}

}  // namespace nekoplane::taos
