// Keeps nekoplane small: it shares a little computer with the browsers it runs.
#pragma once

namespace nekoplane {

// Gives back what only starting needed: unmaps the pages of program text, of which little is used
// again once a dozen libraries have initialised themselves. Whatever is used comes back from the
// page cache; no state is lost. Any thread, any time; what cannot be given back stays.
void ReleaseStartupMemory();

}  // namespace nekoplane
