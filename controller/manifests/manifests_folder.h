// ManifestsFolder keeps the objects that a folder of YAML and JSON files declares: applied at the
// start and when files change, deleted when they are no longer declared.
//
// It deletes only what it applied (label nekoplane.dev/applied-by=manifests). A file that does not
// parse, or declares something impossible, is reported and leaves everything that came from it as
// it is. A changed folder is acted on when two looks in a row saw the same, so that a file is never
// read while an editor writes it. Changes made by others to fields that no file names survive.
//
// Thread safety: any thread may call. It owns no thread: it works on the timers' and on the store's
//     callback thread, where it reads files of at most 3 MiB; keep the folder on a local disk.
// Lifetime: what Deps refers to outlives it. Stop (or destroy) it before the store.
// Restarts: nothing is kept but the label and the annotations of the objects.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/registry/registry.h"
#include "controller/manifests/directory_reader.h"

namespace nekoplane::manifests {

// The outcome of one pass over the folder.
struct Report {
  std::size_t files = 0, broken_files = 0;
  std::size_t declared = 0;  // objects in files that are not broken
  std::size_t created = 0, changed = 0, deleted = 0, failed = 0;
  std::vector<std::string> problems;  // "file:line: ..."
};

struct FolderOptions {
  Duration poll = std::chrono::seconds(1);
  Duration retry = std::chrono::seconds(10);  // after a pass that failed for reasons that may pass
  std::string default_ns = "default";
};

struct FolderDeps {
  registry::Registry& registry;
  Timers& timers;
  Logger& log;
  // Called after every pass, for metrics and events; may be empty. Must not block.
  std::function<void(const Report&)> on_report;
};

class ManifestsFolder {
 public:
  ManifestsFolder(FolderDeps deps, std::unique_ptr<DirectoryReader> directory,
                  FolderOptions options);
  ~ManifestsFolder();
  ManifestsFolder(const ManifestsFolder&) = delete;
  ManifestsFolder& operator=(const ManifestsFolder&) = delete;

  // Looks at once, then every options.poll. Call it once, after Registry::Bootstrap.
  void Start();

  // Ends after the write in flight, if there is one; returns without waiting for it. Idempotent.
  void Stop();

  // What is wrong now, one line per problem; "" if nothing is.
  std::string last_error() const;

  // Passes finished so far: a caller that wants to wait for the first one can look at it.
  std::size_t passes() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nekoplane::manifests
