#include "neko.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "util.h"

extern char** environ;

namespace standin {

std::atomic<bool> g_ignore_term{false};
std::atomic<int> g_listener{-1};

namespace {

// ---- Neko's state.
// -----------------------------------------------------------------------------------

struct Session {
  string id, token;
  bool admin = false, connected = false;
  string since;
};

std::optional<Health> ParseHealth(const string& text) {
  if (text.empty() || text == "ok") return Health::kOk;
  if (text == "fail") return Health::kFail;      // answers 500
  if (text == "hang") return Health::kHang;      // accepts and never answers
  if (text == "closed") return Health::kClosed;  // the port is shut; the process lives on
  return std::nullopt;
}

std::mutex g_mu;  // guards what follows
std::map<string, Session> g_sessions;
std::map<string, string> g_settings;  // JSON values by key
string g_last_user_left, g_opened_url;
Health g_health = Health::kOk;
int g_next_viewer = 1;

const string g_started = Now();
int g_starts = 0;  // of containers on this home folder; constant once serving
string g_user_password, g_admin_password, g_api_token, g_prefix;
int g_width = 1280, g_height = 720, g_rate = 30;

string ProfileJson(const string& name, bool admin) {
  return "{\"name\":" + Quote(name) + ",\"is_admin\":" + Bool(admin) +
         ",\"can_login\":true,\"can_connect\":" + Bool(name != "API") +
         ",\"can_watch\":true,\"can_host\":true,\"can_share_media\":true,"
         "\"can_access_clipboard\":true,\"sends_inactive_cursor\":true,"
         "\"can_see_inactive_cursors\":" +
         Bool(admin) + ",\"plugins\":{}}";
}

string SessionJson(const Session& s) {
  string state = "{\"is_connected\":" + Bool(s.connected);
  if (s.connected) state += ",\"connected_since\":" + Quote(s.since);
  state += ",\"is_watching\":" + Bool(s.connected);
  if (s.connected) state += ",\"watching_since\":" + Quote(s.since);
  return "{\"id\":" + Quote(s.id) + ",\"profile\":" + ProfileJson(s.id, s.admin) +
         ",\"state\":" + state + "}}";
}

void SetViewers(int count) {
  int have = 0;
  std::vector<string> extra;
  for (auto& [id, session] : g_sessions) {
    if (!session.connected) continue;
    if (++have > count) extra.push_back(id);
  }
  for (const string& id : extra) g_sessions.erase(id);
  if (!extra.empty()) g_last_user_left = Now();
  for (; have < count; ++have) {
    const string id = "viewer-" + std::to_string(g_next_viewer++);
    g_sessions[id] = Session{id, RandomToken(), false, true, Now()};
  }
}

// ---- HTTP.
// -------------------------------------------------------------------------------------------

Reply Error(int status, const string& message) {
  return {status, "{\"code\":" + std::to_string(status) + ",\"message\":" + Quote(message) + "}"};
}

Reply NoContent() { return {204, ""}; }

Reply Login(const string& body) {
  const string name = Field(body, "username").value_or("");
  const string password = Field(body, "password").value_or("");
  const bool admin = password == g_admin_password;
  if (!admin && password != g_user_password) return Error(401, "invalid password");
  if (!admin && g_settings["locked_logins"] == "true") return Error(403, "logins are locked");
  if (name.empty()) return Error(400, "username is missing");
  Session session{name + "-" + RandomToken().substr(0, 5), RandomToken(), admin, false, Now()};
  g_sessions[session.id] = session;
  string reply = SessionJson(session);
  reply.insert(1, "\"token\":" + Quote(session.token) + ",");
  return {200, reply};
}

Reply Stats() {
  int users = 0, admins = 0;
  for (const auto& [id, s] : g_sessions) {
    if (s.connected) ++(s.admin ? admins : users);
  }
  string body = "{\"has_host\":false,\"server_started_at\":" + Quote(g_started) +
                ",\"total_users\":" + std::to_string(users) +
                ",\"total_admins\":" + std::to_string(admins);
  if (users == 0 && !g_last_user_left.empty()) {
    body += ",\"last_user_left_at\":" + Quote(g_last_user_left);
  }
  return {200, body + "}"};
}

Reply Settings(const Request& request) {
  if (request.method == "POST") {
    for (auto& [key, value] : g_settings) {
      if (auto wanted = Field(request.body, key)) value = *wanted;
    }
    return NoContent();
  }
  string body = "{";
  for (const auto& [key, value] : g_settings) body += Quote(key) + ":" + value + ",";
  return {200, body + "\"plugins\":{}}"};
}

Reply OneSession(const Request& request, const string& caller) {
  string id = request.path.substr(string_view("/api/sessions/").size());
  const std::size_t slash = id.find('/');
  const string verb = slash == string::npos ? "" : id.substr(slash);
  id = id.substr(0, slash);
  const auto it = g_sessions.find(id);
  if (it == g_sessions.end()) {
    return request.method == "DELETE" ? Error(400, "session not found")
                                      : Error(404, "session not found");
  }
  if (request.method == "GET" && verb.empty()) return {200, SessionJson(it->second)};
  if (request.method == "DELETE" && verb.empty()) {
    if (id == caller) return Error(400, "you cannot remove your own session");
    if (it->second.connected) g_last_user_left = Now();
    g_sessions.erase(it);
    return NoContent();
  }
  if (request.method == "POST" && verb == "/disconnect") {
    it->second.connected = false;
    g_last_user_left = Now();
    return NoContent();
  }
  return Error(405, "method not allowed");
}

Reply OpenLink(const string& body) {
  if (!EnvBool("NEKO_OPENINAPP_ENABLED")) return Error(404, "not found");
  if (g_settings["implicit_hosting"] != "true") return Error(403, "session is not host");
  const string url = Field(body, "text").value_or("");
  if (!StartsWith(url, "http://") && !StartsWith(url, "https://")) return Error(400, "invalid url");
  g_opened_url = url;
  return NoContent();
}

Reply Metrics() {
  int connected = 0;
  for (const auto& [id, s] : g_sessions) connected += s.connected ? 1 : 0;
  return {200,
          "# TYPE neko_capture_pipelines_total counter\nneko_capture_pipelines_total 0\n"
          "# TYPE neko_capture_streamsink_listeners gauge\nneko_capture_streamsink_listeners " +
              std::to_string(connected) + "\n",
          "text/plain; version=0.0.4"};
}

Reply Page() {
  return {
      200,
      "<!doctype html><meta charset=utf-8><title>Neko stand-in</title>"
      "<h1>This is a stand-in for Neko</h1><p>It answers Neko's HTTP API so that the control plane "
      "can be tried and tested where no image registry can be reached. It runs no browser and "
      "streams nothing.</p><p>Screen " +
          Env("NEKO_DESKTOP_SCREEN", "1280x720@30") + ".</p>\n",
      "text/html; charset=utf-8"};
}

// ---- The test's own door.
// ----------------------------------------------------------------------------

void ListFiles(const string& folder, int depth, std::vector<string>& out) {
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return;
  while (const dirent* entry = readdir(dir)) {
    const string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const string path = folder + "/" + name;

    struct stat st {};

    if (lstat(path.c_str(), &st) != 0 || out.size() >= 1000) continue;
    if (S_ISDIR(st.st_mode) && depth > 0) ListFiles(path, depth - 1, out);
    if (!S_ISREG(st.st_mode)) continue;
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(st.st_mode) & 07777u);
    out.push_back("{\"path\":" + Quote(path) + ",\"size\":" + std::to_string(st.st_size) +
                  ",\"mode\":\"" + mode + "\",\"uid\":" + std::to_string(st.st_uid) +
                  ",\"gid\":" + std::to_string(st.st_gid) + "}");
  }
  closedir(dir);
}

string Array(std::vector<string> items) {
  std::sort(items.begin(), items.end());
  string text = "[";
  for (const string& item : items) text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}

Reply Control(const Request& request) {
  const string what = request.path.substr(string_view("/_standin/").size());
  if (request.method == "GET" && what == "env") {
    std::vector<string> names;
    for (char** e = environ; *e != nullptr; ++e) {
      const string_view entry(*e);
      names.push_back(Quote(entry.substr(0, entry.find('='))));
    }
    return {200, Array(std::move(names))};
  }
  if (request.method == "GET" && what == "files") {
    std::vector<string> files;
    for (const char* folder : {"/etc", "/home", "/opt", "/tmp", "/usr", "/var"}) {
      ListFiles(folder, 8, files);
    }
    return {200, Array(std::move(files))};
  }
  if (request.method == "GET" && what == "state") {
    return {200, "{\"starts\":" + std::to_string(g_starts) +
                     ",\"opened_url\":" + Quote(g_opened_url) + ",\"screen\":" +
                     Quote(std::to_string(g_width) + "x" + std::to_string(g_height) + "@" +
                           std::to_string(g_rate)) +
                     "}"};
  }
  if (request.method != "POST") return Error(404, "no such control");
  if (what == "crash") {
    const int code = std::atoi(Field(request.body, "exitCode").value_or("1").c_str());
    Say("told to crash with exit code " + std::to_string(code));
    _exit(code);
  }
  if (what == "health") {
    const auto mode = ParseHealth(Field(request.body, "mode").value_or("?"));
    if (!mode) return Error(400, "mode must be ok, fail, hang or closed");
    g_health = *mode;
    // Only wakes the acceptor; the descriptor stays its own.
    if (*mode == Health::kClosed) shutdown(g_listener, SHUT_RDWR);
    return NoContent();
  }
  if (what == "viewers") {
    const int count = std::atoi(Field(request.body, "count").value_or("-1").c_str());
    if (count < 0 || count > 1000) return Error(400, "count must be 0..1000");
    SetViewers(count);
    return NoContent();
  }
  if (what == "ignore-sigterm") {
    g_ignore_term = Field(request.body, "on").value_or("true") == "true";
    return NoContent();
  }
  return Error(404, "no such control");
}

}  // namespace

Reply Answer(Request request) {
  if (!g_prefix.empty()) {  // Neko strips it from every route, /health included
    if (!StartsWith(request.path, g_prefix)) return Error(404, "not found");
    request.path.erase(0, g_prefix.size());
    if (request.path.empty()) request.path = "/";
  }
  const std::lock_guard lock(g_mu);
  const string& path = request.path;
  if (path == "/health") {
    if (g_health == Health::kFail) return Error(500, "told to be unhealthy");
    return {200, "true", "text/plain; charset=utf-8"};
  }
  if (path == "/metrics") return Metrics();
  if (path == "/" || path == "/index.html") return Page();

  const bool api = !g_api_token.empty() && request.token == g_api_token;
  string caller = api ? "API" : "";
  bool admin = api;
  for (const auto& [id, s] : g_sessions) {
    if (request.token.empty() || s.token != request.token) continue;
    caller = id;
    admin = s.admin;
  }
  if (StartsWith(path, "/_standin/")) {
    if (!admin && Env("STANDIN_CONTROL") != "open")
      return Error(401, "needs an administrator's token");
    return Control(request);
  }
  if (path == "/api/login" && request.method == "POST") return Login(request.body);
  if (!StartsWith(path, "/api/")) return Error(404, "not found");
  if (caller.empty()) return Error(401, "unauthorized");
  if (path == "/api/logout") {
    if (api) return Error(400, "the API token cannot log out");
    g_sessions.erase(caller);
    return {200, "true"};
  }
  if (path == "/api/whoami") {
    return {200,
            SessionJson(api ? Session{"API", "", true, false, g_started} : g_sessions[caller])};
  }
  if (path == "/api/stats") return Stats();
  if (path == "/api/sessions") {
    std::vector<string> all;
    for (const auto& [id, s] : g_sessions) all.push_back(SessionJson(s));
    return {200, Array(std::move(all))};
  }
  if (path == "/api/room/screen" && request.method == "GET") {
    return {200, "{\"width\":" + std::to_string(g_width) + ",\"height\":" +
                     std::to_string(g_height) + ",\"rate\":" + std::to_string(g_rate) + "}"};
  }
  if (path == "/api/openinapp/openlink") return OpenLink(request.body);
  if (!admin) return Error(403, "session is not admin");
  if (StartsWith(path, "/api/sessions/")) return OneSession(request, caller);
  if (path == "/api/room/settings") return Settings(request);
  if (path == "/api/room/control/take" || path == "/api/room/control/reset") return NoContent();
  if (path == "/api/room/control/release" || path == "/api/chat") return NoContent();
  return Error(404, "not found");
}

Health CurrentHealth() {
  const std::lock_guard lock(g_mu);
  return g_health;
}

bool IsControl(const Request& request) { return StartsWith(request.path, g_prefix + "/_standin/"); }

void Configure(int starts) {
  g_starts = starts;
  g_prefix = Env("NEKO_SERVER_PATH_PREFIX");
  while (!g_prefix.empty() && g_prefix.back() == '/') g_prefix.pop_back();
  g_user_password = Env("NEKO_MEMBER_MULTIUSER_USER_PASSWORD", "neko");
  g_admin_password = Env("NEKO_MEMBER_MULTIUSER_ADMIN_PASSWORD", "admin");
  g_api_token = Env("NEKO_SESSION_API_TOKEN");
  int w = 0, h = 0, r = 0;
  char rest = 0;
  if (std::sscanf(Env("NEKO_DESKTOP_SCREEN").c_str(), "%4dx%4d@%3d%c", &w, &h, &r, &rest) == 3) {
    g_width = w, g_height = h, g_rate = r;  // anything else falls back silently, as in Neko
  }
  for (const char* name : {"private_mode", "locked_logins", "locked_controls", "control_protection",
                           "implicit_hosting", "inactive_cursors", "merciful_reconnect"}) {
    string variable = "NEKO_SESSION_" + string(name);
    for (char& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    g_settings[name] = Bool(EnvBool(variable.c_str(), string_view(name) == "merciful_reconnect"));
  }
  g_settings["heartbeat_interval"] = std::to_string(EnvInt("NEKO_SESSION_HEARTBEAT_INTERVAL", 10));
  const auto health = ParseHealth(Env("STANDIN_HEALTH"));
  if (!health) Die("STANDIN_HEALTH must be ok, fail, hang or closed");
  g_health = *health;
  g_ignore_term = EnvBool("STANDIN_IGNORE_SIGTERM");
  SetViewers(EnvInt("STANDIN_VIEWERS"));
}

}  // namespace standin
