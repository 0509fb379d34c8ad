// Scores put the nodes that passed every filter in order; a policy is a list of them.
//
// They are compared one after the other: a later score only decides among nodes that are equal in
// all earlier ones, and the name among those equal in all. So "the host first, then GPUs" cannot be
// outweighed by a sum of small things.
#pragma once

#include <span>
#include <string_view>

namespace nekoplane::scheduler {

struct Candidate;

struct Score {
  std::string_view name;
  double (*value)(const Candidate& candidate);  // the higher the better
};

struct Policy {
  std::string_view name;  // as people write it: --placement-policy
  std::span<const Score> scores;
};

// taOS's order: the host, else workers, GPU first, then the least loaded.
const Policy& DefaultPolicy();
// The fullest node that fits, which keeps machines free for what is big.
const Policy& PackPolicy();
// The node that is emptiest once the session is there.
const Policy& SpreadPolicy();

// "default", "pack" or "spread"; nullptr if there is none of that name.
const Policy* PolicyByName(std::string_view name);

}  // namespace nekoplane::scheduler
