package culvert.testing;

import culvert.net.HostPort;

/** A relay that stands in for the network between the halves. */
public interface Link extends AutoCloseable {

  /** Where it listens. */
  HostPort address();

  @Override
  void close();
}
