#include "tests/blackbox/history_file.h"

#include <fstream>
#include <map>
#include <sstream>

namespace nekoplane::blackbox {
namespace {

std::string Text(const State& state) {
  std::ostringstream out;
  out << state.key << " version=" << state.version << " uid=" << state.uid << " mark=" << state.mark
      << '/' << state.twin << " status=" << state.status_mark << (state.deleting ? " deleting" : "")
      << " digest=" << std::hex << state.digest;
  return out.str();
}

std::string Text(const Write& write) {
  static constexpr const char* kOps[] = {"create", "update", "patch", "status", "delete"};
  static constexpr const char* kResults[] = {"acknowledged", "refused", "unknown"};
  std::ostringstream out;
  out << kOps[static_cast<int>(write.op)] << ' ' << write.key << " mark=" << write.mark;
  if (write.expected) out << " expected=" << *write.expected;
  out << " since=" << write.invoked << ": " << kResults[static_cast<int>(write.result)] << ' '
      << write.uid << (write.state ? Text(*write.state) : "");
  return out.str();
}

std::string Text(const StreamItem& item) {
  static constexpr const char* kTypes[] = {"ADDED", "MODIFIED", "DELETED"};
  if (item.what == StreamItem::What::kListed) return "listed at " + std::to_string(item.version);
  if (item.what == StreamItem::What::kBookmark) return "BOOKMARK " + std::to_string(item.version);
  return kTypes[static_cast<int>(item.type)] + (" " + Text(item.state));
}

}  // namespace

void WriteHistory(const History& history, const std::string& path) {
  std::multimap<Moment, std::string> lines;
  for (const Moment death : history.deaths) lines.emplace(death, "DEATH");
  for (const Write& write : history.writes) lines.emplace(write.answered, Text(write));
  for (const Read& read : history.reads) {
    lines.emplace(read.answered, "read since=" + std::to_string(read.invoked) + ": " +
                                     (read.state ? Text(*read.state) : read.key + " absent"));
  }
  for (const Stream& stream : history.streams) {
    for (const StreamItem& item : stream.items)
      lines.emplace(item.at, stream.name + ": " + Text(item));
  }
  for (const Listing& listing : history.listings) {
    std::string text = "list of " + listing.resource + " since=" + std::to_string(listing.invoked) +
                       " version=" + std::to_string(listing.version) + ":";
    for (const State& state : listing.items) text += " [" + Text(state) + "]";
    lines.emplace(listing.answered, std::move(text));
  }
  std::ofstream out(path);
  for (const auto& [at, text] : lines) out << at << ' ' << text << '\n';
}

}  // namespace nekoplane::blackbox
