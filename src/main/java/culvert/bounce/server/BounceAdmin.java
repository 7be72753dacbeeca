package culvert.bounce.server;

import java.net.InetSocketAddress;
import java.util.List;

/** Operations for the operator of a running bounce server. None of them blocks. */
public interface BounceAdmin {

  /** Returns all connections, in ascending order of their ids. */
  List<MemberView> members();

  /** Returns whether the bytes of a member are also sent back to it. */
  boolean isEchoOn();

  /** Turns the echo on or off, for every group except pairs. */
  void setEcho(boolean on);

  /** Closes the connection with this id; returns false if it does not exist. */
  boolean kill(long id);

  /** Closes the connection from this address; returns false if it does not exist. */
  boolean kill(InetSocketAddress peer);
}
