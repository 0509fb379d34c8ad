// People and programs that use nekoplane through its API: they create, edit, delete, create again
// under the same name, change their minds, page through lists and watch. Each act is a task that
// ends when its request was answered, or when nobody is left to answer it.
//
// Thread safety: one thread. Lifetime: outlives the tasks it began.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/http/message.h"
#include "tests/sim/life.h"
#include "tests/sim/luck.h"

namespace nekoplane::sim {

struct UserOptions {
  int sessions = 8;
  int profiles = 2;
  int nodes = 1;
  int force_percent = 0;
  int profile_percent = 0;
  int admin_percent = 0;
};

class Users {
 public:
  Users(World& world, Life& life, std::uint64_t seed, UserOptions options);
  ~Users();

  // The next act of somebody.
  void Act();

  // A watch is cut, as by a network.
  void CutWatch();
  void EndWatches();

  // Somebody else asks to delete a session of that name.
  void NoteDeletion(const std::string& name) { deleted_.insert(name); }

  // Session names somebody asked to delete.
  const std::set<std::string>& deleted() const { return deleted_; }

  // Sessions and profiles whose finalizers somebody took off by hand, by uid.
  const std::set<std::string>& stripped() const { return stripped_; }

  // Holds what lists and watches said against the record, and forgets the lists and the watches
  // that have ended. `settled`: everything was delivered, so an open watch has heard of everything.
  std::vector<std::string> WrongAnswers(const EventLog& events, bool settled);

  // By HTTP status; 0 = never answered.
  const std::map<int, int>& answers() const { return answers_; }

 private:
  struct Answer;
  class Reply;
  class WatchStream;
  struct Listed;

  using Json = nlohmann::json;

  // nullopt: nekoplane died first, or does not run.
  std::optional<http::Response> Ask(const std::string& method, const std::string& path,
                                    const std::string& query = "", const std::string& body = "");
  void Spawn(std::function<void()> act);

  std::string AnyName();
  std::string NewName();
  std::string AnyProfile();
  std::string SessionPath(const std::string& name) const;
  std::string ProfilePath(const std::string& name) const;
  std::string AnyNode();
  std::string AnyWorker();
  void Create();
  void Delete();
  void Patch(const Json& patch);
  void ReplaceAfterRead();
  void CreateProfile();
  void DeleteProfile();
  void PageThrough();
  void Watch();
  void WriteStatus();
  void DeleteAnother();
  void ChangeProfile();
  void TearAway(const std::string& collection, const std::string& name, bool anew);
  void ForceAway();
  void ForceProfileAway();
  void Force();
  void Administer();
  void AddWorker();

  World& world_;
  Life& life_;
  SeededRandom random_;
  const UserOptions options_;
  int created_ = 0;
  std::set<std::string> deleted_, stripped_;
  std::vector<Listed> listed_;
  std::vector<std::shared_ptr<WatchStream>> watches_;
  std::map<int, int> answers_;
};

}  // namespace nekoplane::sim
