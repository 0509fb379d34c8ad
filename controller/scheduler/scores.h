// Scores put the nodes that passed every filter in order; a policy is a list of them.
//
// They are compared one after the other: a later score only decides among nodes that are equal in
// all earlier ones, and the name among those equal in all. So "the host first, then GPUs" cannot be
// outweighed by a sum of small things.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace nekoplane::scheduler {

struct Candidate;
struct PreparedNode;

struct Score {
  std::string_view name;
  double (*value)(const Candidate& candidate);  // the higher the better
  // What no session can score above on that node: lets a search stop early. Where the session does
  // not matter, it is the value itself.
  double (*bound)(const PreparedNode& node);
};

struct Policy {
  std::string_view name;  // as people write it: --placement-policy
  std::span<const Score> scores;
};

// Compared like a word: the first that differs decides. What a policy does not use is 0.
inline constexpr std::size_t kMaxScores = 4;
using Scores = std::array<double, kMaxScores>;

Scores ScoresOf(const Policy& policy, const Candidate& candidate);
Scores BoundsOf(const Policy& policy, const PreparedNode& node);

// taOS's order: the host, else workers, GPU first, then the least loaded.
const Policy& DefaultPolicy();
// The fullest node that fits, which keeps machines free for what is big.
const Policy& PackPolicy();
// The node that is emptiest once the session is there.
const Policy& SpreadPolicy();

// "default", "pack" or "spread"; nullptr if there is none of that name.
const Policy* PolicyByName(std::string_view name);

}  // namespace nekoplane::scheduler
