package culvert.bounce.console;

import culvert.bounce.server.BounceAdmin;
import culvert.bounce.server.MemberView;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;

/** A list of members that a test defines. */
final class FakeBounceAdmin implements BounceAdmin {

  private final List<MemberView> members = new CopyOnWriteArrayList<>();
  private volatile boolean isEchoOn;

  FakeBounceAdmin(MemberView... members) {
    this.members.addAll(List.of(members));
  }

  static MemberView ready(long id, String host, int port, int group) {
    return new MemberView(id, address(host, port), OptionalInt.of(group), MemberView.State.READY);
  }

  static MemberView connected(long id, String host, int port) {
    return new MemberView(id, address(host, port), OptionalInt.empty(), MemberView.State.CONNECTED);
  }

  private static InetSocketAddress address(String host, int port) {
    return new InetSocketAddress(host, port);
  }

  @Override
  public List<MemberView> members() {
    return List.copyOf(members);
  }

  @Override
  public boolean isEchoOn() {
    return isEchoOn;
  }

  @Override
  public void setEcho(boolean on) {
    isEchoOn = on;
  }

  @Override
  public boolean kill(long id) {
    return members.removeIf(member -> member.id() == id);
  }

  @Override
  public boolean kill(InetSocketAddress peer) {
    return members.removeIf(member -> member.peer().equals(peer));
  }
}
