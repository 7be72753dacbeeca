package culvert.origin;

import culvert.config.OriginSettings;
import culvert.route.Route;
import culvert.session.OriginDialect;

/**
 * Settings for one attempt to reach a remote proxy, with the dialect and the route made from them.
 * They do not change during the attempt.
 *
 * @param dialect logs in there
 * @param route the path to it
 */
record Access(OriginSettings settings, OriginDialect dialect, Route route) {}
