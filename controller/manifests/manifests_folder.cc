#include "controller/manifests/manifests_folder.h"

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/base/mutex.h"
#include "controller/manifests/manifest_plan.h"
#include "controller/manifests/manifest_set.h"

namespace nekoplane::manifests {
namespace {

using nlohmann::json;
using registry::WriteReply;

std::string Subject(const Action& action) {
  std::string text = action.file;
  if (action.line > 0) text += ":" + std::to_string(action.line);
  text += ": ";
  if (action.what == Action::Do::kDelete) text += "delete ";
  text += action.kind->kind + " ";
  if (!action.id.ns.empty()) text += action.id.ns + "/";
  return text + action.id.name;
}

std::shared_ptr<const json> Parse(const store::ObjectPtr& object) {
  json value = json::parse(object->bytes, nullptr, false);
  if (!value.is_object() || !value.contains("metadata")) return nullptr;
  return std::make_shared<const json>(std::move(value));
}

LiveObjects ReadLive(const registry::Registry& registry, const ManifestSet& set) {
  LiveObjects live;
  for (const codec::Kind& kind : registry.kinds().kinds()) {
    const std::string resource = kind.resource();
    registry.store().List(resource)->ForEach("", "", [&](const store::ObjectPtr& object) {
      // Looking at the bytes first spares the parsing of everything else.
      if (object->bytes.find(kLabelAppliedBy) == std::string::npos) return true;
      if (auto value = Parse(object); value && IsApplied(*value)) {
        live[{resource, object->key.ns, object->key.name}] = std::move(value);
      }
      return true;
    });
  }
  for (const Manifest& manifest : set.manifests) {
    if (live.contains(manifest.id)) continue;
    const auto object =
        registry.store().Get({manifest.id.resource, manifest.id.ns, manifest.id.name});
    if (object == nullptr) continue;
    if (auto value = Parse(object)) live[manifest.id] = std::move(value);
  }
  return live;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

// One pass over the folder's actions, one write at a time.
struct Pass {
  ManifestPlan plan;
  Report report;
  std::size_t next = 0;
  bool retry = false;
};

}  // namespace

class ManifestsFolder::Impl : public std::enable_shared_from_this<ManifestsFolder::Impl> {
 public:
  Impl(FolderDeps deps, std::unique_ptr<DirectoryReader> directory, FolderOptions options)
      : deps_(std::move(deps)), directory_(std::move(directory)), options_(std::move(options)) {}

  void Stop() EXCLUDES(mu_) {
    std::unique_ptr<Timers::Handle> timer;
    {
      MutexLock lock(mu_);
      stopped_ = true;
      timer = std::move(timer_);
    }
  }

  std::string last_error() const EXCLUDES(mu_) {
    MutexLock lock(mu_);
    return last_error_;
  }

  std::size_t passes() const EXCLUDES(mu_) {
    MutexLock lock(mu_);
    return passes_;
  }

  // One look. Never runs twice at a time: the next one is scheduled when this one is over.
  void Look() EXCLUDES(mu_) {
    auto entries = directory_->List();
    if (!entries) return FinishUnreadable(entries.error());
    std::erase_if(*entries, [](const DirectoryEntry& e) { return !IsManifestName(e.name); });
    const bool first = !seen_.has_value();
    const bool changed = first || *seen_ != *entries;
    const bool settled = !changed && unapplied_;
    const bool again = retry_at_ && deps_.registry.clock().Now() >= *retry_at_;
    seen_ = *entries;
    // A change is acted on when the next look sees the same; the start needs no second look.
    unapplied_ = changed && !first;
    if (first || settled || (again && !unapplied_)) {
      Apply(*entries);
    } else {
      Schedule();
    }
  }

 private:
  void Schedule() EXCLUDES(mu_) {
    // Made without the lock: the callback may come at once.
    auto timer = deps_.timers.After(options_.poll, [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && !self->IsStopped()) self->Look();
    });
    std::unique_ptr<Timers::Handle> old;  // destroyed after the lock, like a `timer` nobody wants
    MutexLock lock(mu_);
    if (stopped_) return;
    old = std::move(timer_);
    timer_ = std::move(timer);
  }

  bool IsStopped() const EXCLUDES(mu_) {
    MutexLock lock(mu_);
    return stopped_;
  }

  void Apply(const std::vector<DirectoryEntry>& entries) {
    std::vector<ManifestFile> files;
    for (const DirectoryEntry& entry : entries) {
      auto text = directory_->Read(entry.name);
      if (text) {
        files.push_back({entry.name, *std::move(text), std::nullopt});
      } else {
        files.push_back({entry.name, "", std::move(text).error()});
      }
    }
    const ManifestSet set = ReadManifests(deps_.registry.kinds(), files, options_.default_ns);
    auto pass = std::make_shared<Pass>();
    pass->plan = PlanManifests(deps_.registry.kinds(), set, ReadLive(deps_.registry, set));
    pass->retry = pass->plan.incomplete;
    pass->report.files = files.size();
    pass->report.broken_files = set.broken_files.size();
    pass->report.declared = set.manifests.size();
    pass->report.problems = set.problems;
    Continue(pass);
  }

  // Runs actions until one is answered later. The answer of a write may come inside the call (then
  // the loop goes on) or on another thread (then that thread goes on): whoever is second goes on.
  void Continue(const std::shared_ptr<Pass>& pass) {
    while (pass->next < pass->plan.actions.size()) {
      if (IsStopped()) return;
      const std::size_t index = pass->next++;
      auto handshake = std::make_shared<std::atomic<bool>>(false);
      Write(pass->plan.actions[index],
            [self = shared_from_this(), pass, index, handshake](Result<WriteReply> reply) {
              self->Record(*pass, pass->plan.actions[index], std::move(reply));
              if (handshake->exchange(true)) self->Continue(pass);
            });
      if (!handshake->exchange(true)) return;
    }
    Finish(*pass);
  }

  void Write(const Action& action, registry::Registry::Done done) {
    registry::WriteOptions strict;
    strict.field_validation = registry::FieldValidation::kStrict;
    switch (action.what) {
      case Action::Do::kCreate:
        return deps_.registry.Create(*action.kind, action.id.ns, *action.body, strict,
                                     std::move(done));
      case Action::Do::kPatch: {
        json patch = *action.body;
        patch["metadata"]["uid"] = action.uid;  // not whatever took its place meanwhile
        return deps_.registry.Patch(*action.kind, action.id.ns, action.id.name,
                                    registry::PatchType::kMerge, std::move(patch),
                                    registry::Subresource::kNone, strict, std::move(done));
      }
      case Action::Do::kDelete: {
        registry::DeleteOptions options;
        options.uid = action.uid;
        return deps_.registry.Delete(*action.kind, action.id.ns, action.id.name, options,
                                     std::move(done));
      }
    }
  }

  void Record(Pass& pass, const Action& action, Result<WriteReply> reply) {
    Report& report = pass.report;
    const bool gone = action.what == Action::Do::kDelete && reply.is(Code::kNotFound);
    if (!reply && !gone) {
      ++report.failed;
      report.problems.push_back(Subject(action) + ": " + reply.error().message);
      // The same text would be refused again; everything else may look different later.
      if (reply.error().code != Code::kInvalid) pass.retry = true;
      return;
    }
    switch (action.what) {
      case Action::Do::kCreate:
        ++report.created;
        break;
      case Action::Do::kPatch:
        ++report.changed;
        break;
      case Action::Do::kDelete:
        ++report.deleted;
        break;
    }
  }

  void FinishUnreadable(const Status& error) {
    // Once it can be read again, the outcome of the last pass is to be told again.
    unapplied_ = seen_.has_value();
    Pass pass;
    pass.retry = retry_at_.has_value();
    pass.report.problems = {error.message + "; nothing is changed until it can be read again"};
    Finish(pass);
  }

  void Finish(const Pass& pass) EXCLUDES(mu_) {
    const Report& report = pass.report;
    const std::string problems = Join(report.problems);
    retry_at_.reset();
    if (pass.retry) retry_at_ = deps_.registry.clock().Now() + options_.retry;
    bool news = false;
    {
      MutexLock lock(mu_);
      news = problems != last_error_;
      last_error_ = problems;
      ++passes_;
    }
    if (news) {
      for (const std::string& problem : report.problems) {
        deps_.log.Warning("manifest problem",
                          {{"folder", directory_->path()}, {"problem", problem}});
      }
      if (problems.empty()) {
        deps_.log.Info("manifests are fine again", {{"folder", directory_->path()}});
      }
    }
    if (report.created + report.changed + report.deleted > 0) {
      deps_.log.Info("manifests applied", {{"folder", directory_->path()},
                                           {"created", std::to_string(report.created)},
                                           {"changed", std::to_string(report.changed)},
                                           {"deleted", std::to_string(report.deleted)}});
    }
    if (deps_.on_report) deps_.on_report(report);
    Schedule();
  }

  const FolderDeps deps_;
  const std::unique_ptr<DirectoryReader> directory_;
  const FolderOptions options_;

  // Of the look in progress; looks follow one another, each started by the one before.
  std::optional<std::vector<DirectoryEntry>> seen_;
  bool unapplied_ = false;
  std::optional<MonoTime> retry_at_;

  mutable Mutex mu_;
  bool stopped_ GUARDED_BY(mu_) = false;
  std::unique_ptr<Timers::Handle> timer_ GUARDED_BY(mu_);
  std::string last_error_ GUARDED_BY(mu_);
  std::size_t passes_ GUARDED_BY(mu_) = 0;
};

ManifestsFolder::ManifestsFolder(FolderDeps deps, std::unique_ptr<DirectoryReader> directory,
                                 FolderOptions options)
    : impl_(std::make_shared<Impl>(std::move(deps), std::move(directory), std::move(options))) {}

ManifestsFolder::~ManifestsFolder() { Stop(); }

void ManifestsFolder::Start() { impl_->Look(); }

void ManifestsFolder::Stop() { impl_->Stop(); }

std::string ManifestsFolder::last_error() const { return impl_->last_error(); }

std::size_t ManifestsFolder::passes() const { return impl_->passes(); }

}  // namespace nekoplane::manifests
