package culvert.session;

import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.observe.Counters;

/** The parts of a role that its dialects use; they live as long as the role. */
public record RoleResources(BufferPool pool, Deadlines deadlines, Counters counters) {}
