package culvert.bounce.server;

import java.nio.ByteBuffer;

/** Receives member events, in the threads of the members. No method may block or throw. */
public interface MemberEvents {

  /** Called when a connection was accepted. */
  void connected(MemberView member);

  /** Called when the state has changed. */
  void changed(MemberView member);

  /** Called once, when the member was disconnected. */
  void disconnected(MemberView member, String reason);

  /** Returns whether {@link #read} is to be called at present; if not, reads cost nothing extra. */
  boolean isReadEnabled();

  /**
   * Called when a member has sent bytes.
   *
   * @param bytes the bytes between position and limit, neither of which may be changed
   */
  void read(MemberView member, ByteBuffer bytes);
}
