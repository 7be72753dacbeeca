package culvert.bounce.server;

import culvert.net.SocketConnection;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Every connection there is, and how one ends: once, whoever ends it. */
final class Members {

  private final Groups groups;
  private final MemberEvents events;
  private final AtomicLong nextId = new AtomicLong();
  private final Map<Long, Member> all = new ConcurrentSkipListMap<>();

  /** None yet. */
  Members(Groups groups, MemberEvents events) {
    this.groups = groups;
    this.events = events;
  }

  /** A connection that was just accepted. */
  Member add(SocketConnection socket) {
    var member = new Member(nextId.getAndIncrement(), socket, events);
    all.put(member.id(), member);
    events.connected(member.view());
    return member;
  }

  /** All, by ascending id. */
  Collection<Member> all() {
    return all.values();
  }

  /** All, as they are shown. */
  List<MemberView> views() {
    return all.values().stream().map(Member::view).toList();
  }

  /** The one with that id, if it is there. */
  Optional<Member> find(long id) {
    return Optional.ofNullable(all.get(id));
  }

  /** The one from that address, if it is there. */
  Optional<Member> find(InetSocketAddress peer) {
    return all.values().stream().filter(member -> member.peer().equals(peer)).findFirst();
  }

  /**
   * Ends a member, if nobody has before, and never blocks: its place is free at once, though its
   * thread may still be writing to another. What a pair was sent would look complete if it ended
   * cleanly, so that is reset.
   */
  void disconnect(Member member, String reason) {
    Group group = member.group();
    disconnect(member, reason, group != null && group.isPaired() && group.hasHadTwoMembers());
  }

  /** The same, so that the peer sees an error. */
  void reset(Member member, String reason) {
    disconnect(member, reason, true);
  }

  private void disconnect(Member member, String reason, boolean reset) {
    if (!member.markEnded(reason)) {
      return;
    }
    all.remove(member.id());
    member.close(reset);
    removeFromGroup(member);
    events.disconnected(member.view(), reason);
  }

  /** Takes it out of its group, where it still is in one. */
  void removeFromGroup(Member member) {
    groups.leave(member).ifPresent(alone -> disconnect(alone, DisconnectReason.SERVER_STOPPED));
  }
}
