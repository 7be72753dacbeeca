package culvert.origin;

import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.observe.Log;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/**
 * The parts that all health checks of a role share.
 *
 * @param dialer connects to the origin servers
 * @param places of checks in progress, which the others wait for in turn
 * @param isShortOfDescriptors whether the process can hardly open files and sockets now
 * @param listener receives the results
 */
record CheckParts(
    Dialer dialer,
    Deadlines deadlines,
    Semaphore places,
    BooleanSupplier isShortOfDescriptors,
    ServerCheck.Listener listener,
    Log log) {}
