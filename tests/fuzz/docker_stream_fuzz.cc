// What an engine streams: events, the progress of a pull, framed logs. How the bytes are cut into
// pieces must not matter.
#include <algorithm>

#include "controller/runtime/docker/events.h"
#include "controller/runtime/docker/log_frames.h"
#include "controller/runtime/docker/pull.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

using namespace runtime::docker;

struct Hints {
  std::vector<std::string> uids;
  bool nonsense = false;

  friend bool operator==(const Hints&, const Hints&) = default;
};

// Until the reader has had enough, as the watcher does it.
Hints ReadEvents(std::string_view input, std::size_t piece) {
  Hints out;
  EventReader reader("inst",
                     [&](const runtime::Hint& hint) { out.uids.push_back(hint.session_uid); });
  for (; !input.empty() && !out.nonsense; input.remove_prefix(std::min(piece, input.size()))) {
    out.nonsense = reader.Feed(input.substr(0, piece)) == EventReader::Verdict::kNonsense;
  }
  return out;
}

PullReader ReadPull(std::string_view input, std::size_t piece) {
  PullReader reader;
  for (; !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
    reader.Feed(input.substr(0, piece));
  }
  return reader;
}

}  // namespace

NEKO_FUZZ(docker_stream) {
  const std::size_t all = std::max<std::size_t>(input.size(), 1), some = 1 + input.size() % 17;
  const Hints hints = ReadEvents(input, all);
  NEKO_PROMISE(hints == ReadEvents(input, some));
  NEKO_PROMISE(std::none_of(hints.uids.begin(), hints.uids.end(),
                            [](const std::string& uid) { return uid.empty(); }));

  const PullReader whole = ReadPull(input, all), pieces = ReadPull(input, some);
  const auto progress = whole.progress();
  NEKO_PROMISE(progress.text == pieces.progress().text && whole.error() == pieces.error());
  NEKO_PROMISE(progress.current_bytes >= 0 && progress.total_bytes >= 0);

  NEKO_PROMISE(JoinLogFrames(input).size() <= input.size());
}

}  // namespace nekoplane
