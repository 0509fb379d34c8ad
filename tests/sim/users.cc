#include "tests/sim/users.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/v1alpha1/browser_session.h"
#include "tests/support/http_doubles.h"

namespace nekoplane::sim {
namespace {

constexpr char kNodes[] = "/apis/nekoplane.dev/v1alpha1/browsernodes/";
constexpr char kBase[] = "/apis/nekoplane.dev/v1alpha1/namespaces/default/";
constexpr int kNames = 12;  // few, so that a new object meets what is left of an old one
constexpr std::size_t kOpenWatches = 2;

std::uint64_t NumberAfter(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return 0;
  std::uint64_t number = 0;
  std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace

// What one watch was told: versions, from one on.
class Users::WatchStream final : public testing::EndableStream {
 public:
  WatchStream(std::uint64_t after, std::string mark)
      : after_(after), last_(after), mark_(std::move(mark)) {}

  bool Write(std::shared_ptr<const std::string> chunk) override {
    if (closed) return false;
    std::size_t from = 0;
    for (std::size_t end = 0; (end = chunk->find('\n', from)) != std::string::npos;
         from = end + 1) {
      Frame(std::string_view(*chunk).substr(from, end - from));
    }
    if (from != chunk->size()) wrong = "S6: half a frame";
    return true;
  }

  std::uint64_t after() const { return after_; }

  // What the objects it selects have in them; "" = it selects all.
  const std::string& mark() const { return mark_; }

  std::uint64_t last() const { return last_; }

  const std::vector<std::uint64_t>& versions() const { return versions_; }

  std::string wrong;

 private:
  void Frame(std::string_view frame) {
    if (frame.find("\"type\":\"ERROR\"") != std::string_view::npos) return End();
    const std::uint64_t version = NumberAfter(frame, "\"resourceVersion\":\"");
    if (version < last_ || (version == last_ && frame.find("BOOKMARK") == std::string_view::npos)) {
      wrong = "S6: a watch went from version " + std::to_string(last_) + " to " +
              std::to_string(version);
    }
    last_ = version;
    if (frame.find("\"type\":\"BOOKMARK\"") == std::string_view::npos) versions_.push_back(version);
  }

  const std::uint64_t after_;
  std::uint64_t last_;
  const std::string mark_;
  std::vector<std::uint64_t> versions_;
};

// What came of one request.
struct Users::Answer {
  bool given() const { return response || stream; }

  std::uint64_t watch_after = 0;
  std::string watch_mark;
  std::optional<http::Response> response;
  std::shared_ptr<WatchStream> stream;
  Fibers::Sleeper asker;
};

class Users::Reply final : public http::Responder {
 public:
  Reply(Fibers& fibers, std::shared_ptr<Answer> answer)
      : fibers_(fibers), answer_(std::move(answer)) {}

  // As the real one.
  ~Reply() override {
    if (!answer_->given()) Reply::Send({500, {}, "{}"});
  }

  void Send(http::Response response) override {
    answer_->response = std::move(response);
    fibers_.Wake(answer_->asker);
  }

  std::shared_ptr<http::Stream> StartStream(int, http::Headers) override {
    answer_->stream = std::make_shared<WatchStream>(answer_->watch_after, answer_->watch_mark);
    fibers_.Wake(answer_->asker);
    return answer_->stream;
  }

 private:
  Fibers& fibers_;
  const std::shared_ptr<Answer> answer_;
};

// What paging through a list came to.
struct Users::Listed {
  std::uint64_t version = 0;
  std::map<std::string, std::uint64_t> objects;  // versions by namespace/name
};

Users::Users(World& world, Life& life, std::uint64_t seed, UserOptions options)
    : world_(world), life_(life), random_(seed), options_(options) {}

Users::~Users() = default;

void Users::Spawn(std::function<void()> act) { world_.fibers.Spawn("user", std::move(act)); }

namespace {

std::shared_ptr<http::Request> Request(const std::string& method, const std::string& path,
                                       const std::string& query, const std::string& body) {
  const char* type = method == "PATCH" ? "application/merge-patch+json" : "application/json";
  return testing::MakeRequest(method, query.empty() ? path : path + "?" + query,
                              {{"Accept", "application/json"}, {"Content-Type", type}}, body);
}

}  // namespace

std::optional<http::Response> Users::Ask(const std::string& method, const std::string& path,
                                         const std::string& query, const std::string& body) {
  Program* program = life_.program();
  if (program == nullptr) return std::nullopt;
  const auto answer = std::make_shared<Answer>();
  program->api().Handle(Request(method, path, query, body),
                        std::make_shared<Reply>(world_.fibers, answer));
  while (!answer->given() && !program->dead()) world_.fibers.Sleep(answer->asker);
  if (program->dead()) {
    ++answers_[0];
    return std::nullopt;
  }
  const int status = answer->response->status;
  if (status == 500) {
    world_.events.wrong.push_back("L5: " + method + " " + path + " is answered 500");
  }
  ++answers_[status];
  return answer->response;
}

// Mostly one that exists.
std::string Users::AnyName() {
  const std::uint64_t draw = random_.Below(kNames);
  Program* program = life_.program();
  if (program != nullptr && random_.Below(4) != 0) {
    const auto sessions = program->store().List(v1alpha1::BrowserSession::kResource);
    std::vector<std::string> names;
    sessions->ForEach("", "", [&](const store::ObjectPtr& object) {
      names.push_back(object->key.name);
      return true;
    });
    if (!names.empty()) return names[draw % names.size()];
  }
  return "s" + std::to_string(draw);
}

// A full house needs guests: where machines are what it is about, mostly one that does not exist.
std::string Users::NewName() {
  if (options_.admin_percent == 0) return AnyName();
  return "s" + std::to_string(random_.Below(3 * kNames));
}

std::string Users::AnyProfile() {
  return "p" + std::to_string(random_.Below(static_cast<unsigned>(options_.profiles)));
}

std::string Users::AnyNode() {
  const auto node = random_.Below(static_cast<unsigned>(options_.nodes));
  return node == 0 ? "host" : "worker-" + std::to_string(node);
}

std::string Users::SessionPath(const std::string& name) const {
  return std::string(kBase) + "browsersessions/" + name;
}

std::string Users::ProfilePath(const std::string& name) const {
  return std::string(kBase) + "browserprofiles/" + name;
}

void Users::Create() {
  Program* program = life_.program();
  if (program == nullptr) return;
  const auto sessions = program->store().List(v1alpha1::BrowserSession::kResource);
  if (static_cast<int>(sessions->size()) >= options_.sessions) return;
  Json object = {{"apiVersion", "nekoplane.dev/v1alpha1"},
                 {"kind", "BrowserSession"},
                 {"metadata", {{"name", NewName()}}},
                 {"spec", {{"url", "https://example.org/" + std::to_string(created_++)}}}};
  Json& spec = object["spec"];
  const bool popular = options_.force_percent > 0;
  if (options_.profile_percent > 0 || random_.Below(3) < (popular ? 2U : 1U)) {
    spec["profileRef"]["name"] = AnyProfile();
  }
  if (random_.Below(10) == 0) spec["operatingMode"] = "Suspended";
  if (options_.nodes > 1 && random_.Below(3) == 0) spec["nodeName"] = AnyNode();
  if (options_.admin_percent > 0) {
    constexpr const char* kPolicies[] = {"Auto", "Wait", "StartEmpty"};
    if (random_.Below(4) != 0) spec.erase("nodeName");
    spec["priority"] = static_cast<int>(random_.Below(3));
    spec["nodeLossPolicy"] = kPolicies[random_.Below(3)];
    if (random_.Below(3) == 0) spec["tolerations"] = {{{"key", "slow"}, {"operator", "Exists"}}};
  }
  Spawn([this, body = object.dump()] {
    Ask("POST", std::string(kBase) + "browsersessions", "", body);
  });
}

void Users::Delete() {
  const std::string name = AnyName();
  deleted_.insert(name);
  Spawn([this, name] { Ask("DELETE", SessionPath(name)); });
}

void Users::Patch(const Json& patch) {
  Spawn(
      [this, name = AnyName(), body = patch.dump()] { Ask("PATCH", SessionPath(name), "", body); });
}

// As a controller of somebody else does: the version read must be the version replaced.
void Users::ReplaceAfterRead() {
  Spawn([this, name = AnyName(), color = std::to_string(random_.Below(3))] {
    const auto read = Ask("GET", SessionPath(name));
    if (!read || read->status != 200) return;
    Json object = Json::parse(read->body);
    const std::uint64_t before = NumberAfter(read->body, "\"resourceVersion\":\"");
    object["metadata"]["labels"]["color"] = "c" + color;
    const auto written = Ask("PUT", SessionPath(name), "", object.dump());
    if (!written || written->status != 200) return;
    const std::uint64_t after = NumberAfter(written->body, "\"resourceVersion\":\"");
    for (std::uint64_t v = before + 1; v < after && v <= world_.events.last(); ++v) {
      const auto& entry = world_.events.entries()[v - 1];
      if (entry.object != nullptr && entry.object->key.name == name &&
          entry.object->key.resource == v1alpha1::BrowserSession::kResource) {
        world_.events.wrong.push_back("S4: a replacement of version " + std::to_string(before) +
                                      " of " + name + " overwrote version " + std::to_string(v));
      }
    }
  });
}

void Users::CreateProfile() {
  Json object = {{"apiVersion", "nekoplane.dev/v1alpha1"},
                 {"kind", "BrowserProfile"},
                 {"metadata", {{"name", AnyProfile()}}},
                 {"spec", Json::object()}};
  if (random_.Below(2) == 0) object["spec"]["retentionPolicy"] = "Delete";
  Spawn([this, body = object.dump()] {
    Ask("POST", std::string(kBase) + "browserprofiles", "", body);
  });
}

void Users::DeleteProfile() {
  Spawn([this, name = AnyProfile()] { Ask("DELETE", ProfilePath(name)); });
}

// The pages of one chain show one instant, whatever is written between them.
void Users::PageThrough() {
  Spawn([this] {
    Listed listed;
    std::string token;
    do {
      const auto page = Ask("GET", std::string(kBase) + "browsersessions",
                            token.empty() ? "limit=2" : "limit=2&continue=" + token);
      if (!page || page->status != 200) return;  // 410: that instant is not kept any more
      const Json list = Json::parse(page->body);
      const Json& meta = list["metadata"];
      const std::uint64_t version = NumberAfter(meta.dump(), "\"resourceVersion\":\"");
      if (listed.version != 0 && listed.version != version) {
        world_.events.wrong.push_back("S7: a page of " + std::to_string(listed.version) +
                                      " says it is of " + std::to_string(version));
      }
      listed.version = version;
      for (const Json& item : list["items"]) {
        const Json& m = item["metadata"];
        listed.objects[m["namespace"].get<std::string>() + "/" + m["name"].get<std::string>()] =
            NumberAfter(m.dump(), "\"resourceVersion\":\"");
      }
      token = meta.value("continue", "");
    } while (!token.empty());
    listed_.push_back(std::move(listed));
  });
}

// Lists and watches from there, or goes on where a watch that ended had come to.
void Users::Watch() {
  std::size_t open = 0;
  for (const auto& watch : watches_) open += watch->closed ? 0 : 1;
  if (open >= kOpenWatches) return;
  const bool resume = !watches_.empty() && random_.Below(3) != 0;
  const std::uint64_t from = resume ? watches_.back()->last() : 0;
  const std::string mark = random_.Below(3) == 0 ? R"("color":"c1")" : "";
  Spawn([this, from, mark] {
    std::uint64_t after = from;
    if (after == 0) {
      const auto list = Ask("GET", std::string(kBase) + "browsersessions", "limit=1");
      if (!list || list->status != 200) return;
      after = NumberAfter(list->body, "\"resourceVersion\":\"");
      const Json meta = Json::parse(list->body)["metadata"];
      after = NumberAfter(meta.dump(), "\"resourceVersion\":\"");
    }
    Program* program = life_.program();
    if (program == nullptr) return;
    const auto answer = std::make_shared<Answer>();
    answer->watch_after = after;
    std::string query = "watch=1&allowWatchBookmarks=true&resourceVersion=" + std::to_string(after);
    if (!mark.empty()) {
      answer->watch_mark = mark;
      query += "&labelSelector=color=c1";
    }
    program->api().Handle(Request("GET", std::string(kBase) + "browsersessions", query, ""),
                          std::make_shared<Reply>(world_.fibers, answer));
    while (!answer->given() && !program->dead()) world_.fibers.Sleep(answer->asker);
    if (answer->stream) watches_.push_back(answer->stream);
  });
}

// Whoever may write a status may not write a spec with it.
void Users::WriteStatus() {
  Spawn([this, name = AnyName()] {
    const auto read = Ask("GET", SessionPath(name));
    if (!read || read->status != 200) return;
    Json object = Json::parse(read->body);
    object["spec"]["url"] = "https://example.com/smuggled";
    Ask("PUT", SessionPath(name) + "/status", "", object.dump());
  });
}

// Of one that is long gone: the one that bears its name now must stay.
void Users::DeleteAnother() {
  Spawn([this, name = AnyName()] {
    Ask("DELETE", SessionPath(name), "",
        R"({"preconditions":{"uid":"00000000-0000-4000-8000-000000000000"}})");
  });
}

// Is refused: a session keeps its profile.
void Users::ChangeProfile() {
  if (random_.Below(4) == 0) return Patch({{"spec", {{"profileRef", nullptr}}}});
  Patch({{"spec", {{"profileRef", {{"name", AnyProfile()}}}}}});
}

// Deletes it, takes the finalizers off, and perhaps begins anew under the same name, as impatient
// people do. By uid, so that it is this one of all that ever have that name.
void Users::TearAway(const std::string& collection, const std::string& name, bool anew) {
  const std::string path = kBase + collection + "/" + name;
  const auto read = Ask("GET", path);
  if (!read || read->status != 200) return;
  Json object = Json::parse(read->body);
  const std::string uid = object["metadata"]["uid"];
  stripped_.insert(uid);
  Ask("DELETE", path, "", Json{{"preconditions", {{"uid", uid}}}}.dump());
  Ask("PATCH", path, "", Json{{"metadata", {{"uid", uid}, {"finalizers", nullptr}}}}.dump());
  if (!anew) return;
  object["metadata"] = {{"name", name}};
  object.erase("status");
  Ask("POST", kBase + collection, "", object.dump());
}

void Users::ForceAway() {
  const std::string name = AnyName();
  deleted_.insert(name);
  Spawn([this, name] { TearAway("browsersessions", name, true); });
}

// A session that runs with it goes on, and gets the new one of that name, if there is one.
void Users::ForceProfileAway() {
  Spawn([this, name = AnyProfile(), anew = random_.Below(2) == 0] {
    TearAway("browserprofiles", name, anew);
  });
}

void Users::Force() {
  const auto what = random_.Below(100);
  if (what < 40) return ForceAway();
  if (what < 65) return ForceProfileAway();
  if (what < 80) return DeleteProfile();
  CreateProfile();
}

// Machines are cordoned, drained and tainted, and taken into use again.
// Never the host: it is made when nekoplane starts.
std::string Users::AnyWorker() {
  return "worker-" + std::to_string(1 + random_.Below(static_cast<unsigned>(options_.nodes) - 1));
}

void Users::AddWorker() {
  Spawn([this, name = AnyWorker()] {
    const auto read = Ask("GET", std::string(kNodes) + "host");
    if (!read || read->status != 200) return;
    const Json host = Json::parse(read->body);
    Json node = {{"apiVersion", host["apiVersion"]}, {"kind", host["kind"]}};
    node["metadata"]["name"] = name;
    for (const char* field : {"docker", "address", "capacity"}) {
      if (host["spec"].contains(field)) node["spec"][field] = host["spec"][field];
    }
    Ask("POST", "/apis/nekoplane.dev/v1alpha1/browsernodes", "", node.dump());
  });
}

void Users::Administer() {
  const auto what = random_.Below(100);
  if (what < 4) {
    Spawn([this, name = AnyWorker()] { Ask("DELETE", std::string(kNodes) + name); });
    return;
  }
  if (what < 12) return AddWorker();
  Json spec;
  if (what < 15) {
    spec = {{"schedulingPolicy", "Unschedulable"}};
  } else if (what < 30) {
    spec["drain"] = {{"policy", "Evict"}};
  } else if (what < 45) {
    spec["drain"] = {{"policy", "WaitForUsers"}, {"deadline", random_.Below(2) == 0 ? "1m" : ""}};
  } else if (what < 55) {
    spec["taints"] = {
        {{"key", "slow"}, {"effect", random_.Below(2) == 0 ? "NoSchedule" : "PreferNoSchedule"}}};
  } else {
    spec = {{"schedulingPolicy", "Schedulable"}, {"drain", nullptr}, {"taints", nullptr}};
  }
  Spawn([this, name = AnyNode(), body = Json{{"spec", spec}}.dump()] {
    Ask("PATCH", std::string(kNodes) + name, "", body);
  });
}

void Users::Act() {
  if (options_.admin_percent > 0 &&
      random_.Below(100) < static_cast<unsigned>(options_.admin_percent)) {
    return Administer();
  }
  if (options_.force_percent > 0 &&
      random_.Below(100) < static_cast<unsigned>(options_.force_percent)) {
    return Force();
  }
  if (options_.profile_percent > 0 &&
      random_.Below(100) < static_cast<unsigned>(options_.profile_percent)) {
    const auto what = random_.Below(100);
    if (what < 30) return CreateProfile();
    return what < 55 ? DeleteProfile() : Create();
  }
  const auto what = random_.Below(100);
  if (what < 24) return Create();
  if (what < 36) return Delete();
  if (what < 42) {
    return Patch({{"spec", {{"screen", std::to_string(800 + random_.Below(4)) + "x600@30"}}}});
  }
  if (what < 45) return Patch({{"spec", {{"url", "https://example.net/"}}}});
  if (what < 55) {
    return Patch({{"spec", {{"operatingMode", random_.Below(2) == 0 ? "Suspended" : "Running"}}}});
  }
  if (what < 56) return ChangeProfile();
  if (what < 59) return ForceProfileAway();
  if (what < 65) return ReplaceAfterRead();
  if (what < 74) return CreateProfile();
  if (what < 80) return DeleteProfile();
  if (what < 84) return PageThrough();
  if (what < 94) return Watch();
  if (what < 96) return random_.Below(2) == 0 ? WriteStatus() : DeleteAnother();
  ForceAway();
}

void Users::CutWatch() {
  for (const auto& watch : watches_) {
    if (!watch->closed) return watch->End();
  }
}

void Users::EndWatches() {
  for (const auto& watch : watches_) watch->End();
}

std::vector<std::string> Users::WrongAnswers(const EventLog& events, bool settled) {
  std::vector<std::string> wrong;
  constexpr const char* kResource = v1alpha1::BrowserSession::kResource;
  for (const auto& listed : listed_) {
    if (events.StateAt(kResource, listed.version) == listed.objects) continue;
    wrong.push_back("S7: a list at version " + std::to_string(listed.version) +
                    " shows other objects than there were");
  }
  listed_.clear();
  for (const auto& watch : watches_) {
    if (!watch->wrong.empty()) wrong.push_back(watch->wrong);
    const std::uint64_t until = settled && !watch->closed ? events.last() : watch->last();
    if (events.VersionsOf(kResource, watch->after(), until, watch->mark()) != watch->versions()) {
      wrong.push_back("S6: a watch from version " + std::to_string(watch->after()) + " to " +
                      std::to_string(until) + " had gaps or repeats");
    }
  }
  std::erase_if(watches_, [](const auto& watch) { return watch->closed; });
  return wrong;
}

}  // namespace nekoplane::sim
