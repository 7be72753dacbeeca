package culvert.bounce.server;

import java.net.InetSocketAddress;
import java.util.List;

/** What an operator can see and do while the bounce server runs; each returns at once. */
public interface BounceAdmin {

  /** Every connection there is, by ascending id. */
  List<MemberView> members();

  /** Whether what a member sends also comes back to it. */
  boolean isEchoOn();

  /** Switches that, for every group. */
  void setEcho(boolean on);

  /** Ends the connection with that id; returns whether there was one. */
  boolean kill(long id);

  /** Ends the connection from that address; returns whether there was one. */
  boolean kill(InetSocketAddress peer);
}
