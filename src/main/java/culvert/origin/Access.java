package culvert.origin;

import culvert.config.OriginSettings;
import culvert.route.Route;
import culvert.session.OriginDialect;

/**
 * What an attempt to reach a remote proxy uses from start to end: the settings of one moment, and
 * what was made of them.
 *
 * @param dialect logs in there
 * @param route the path to it
 */
record Access(OriginSettings settings, OriginDialect dialect, Route route) {}
