package culvert.remote;

import culvert.config.RemoteSettings;
import java.util.List;

/** Creates the endpoints of one remote proxy and keeps their dialects. */
@FunctionalInterface
public interface Endpoints {

  /**
   * Returns the endpoints of these settings, with one for channel groups if there are any. Called
   * at the start, and at each reload, where dialects that stay in use are the same objects. The
   * caller passes the settings of a reload to every dialect, also to a new one.
   *
   * @throws IllegalArgumentException if a file that a new dialect needs cannot be used
   */
  List<Endpoint> of(RemoteSettings settings);
}
