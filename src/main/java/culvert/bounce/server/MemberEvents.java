package culvert.bounce.server;

import java.nio.ByteBuffer;

/** Hears what happens to members, in their own threads; must not block, nor fail. */
public interface MemberEvents {

  /** It has dialled in. */
  void connected(MemberView member);

  /** It is in another state than before. */
  void changed(MemberView member);

  /** It is gone. */
  void disconnected(MemberView member, String reason);

  /** Whether {@link #read} is to be told now: whoever does not ask pays nothing for it. */
  boolean isReadEnabled();

  /** It has sent bytes: those between position and limit, which are not to be moved. */
  void read(MemberView member, ByteBuffer bytes);
}
