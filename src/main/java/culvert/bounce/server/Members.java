package culvert.bounce.server;

import culvert.net.Deadlines;
import culvert.net.SocketConnection;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** All connections to the server. Disconnects each exactly once, whichever thread is first. */
final class Members {

  private final Groups groups;
  private final MemberEvents events;
  private final AtomicLong nextId = new AtomicLong();
  private final Map<Long, Member> all = new ConcurrentSkipListMap<>();

  /** Creates an empty set of members. */
  Members(Groups groups, MemberEvents events) {
    this.groups = groups;
    this.events = events;
  }

  /** Adds a connection that was just accepted. */
  Member add(SocketConnection socket) {
    var member = new Member(nextId.getAndIncrement(), socket, events);
    all.put(member.id(), member);
    events.connected(member.view());
    return member;
  }

  /** Returns all members, in ascending order of their ids; concurrent changes are allowed. */
  Collection<Member> all() {
    return all.values();
  }

  /** Returns snapshots of all members, in ascending order of their ids. */
  List<MemberView> views() {
    return all.values().stream().map(Member::view).toList();
  }

  /** Returns the member with this id, if it is connected. */
  Optional<Member> find(long id) {
    return Optional.ofNullable(all.get(id));
  }

  /** Returns the member from this address, if it is connected. */
  Optional<Member> find(InetSocketAddress peer) {
    return all.values().stream().filter(member -> member.peer().equals(peer)).findFirst();
  }

  /**
   * Disconnects a member unless that was done before. Never blocks: the member's place is free at
   * once, even if its thread is still writing to another member. Members of a pair are reset,
   * because after a clean end the data received so far would look complete.
   */
  void disconnect(Member member, String reason) {
    Group group = member.group();
    disconnect(member, reason, group != null && group.isPaired() && group.hasHadTwoMembers());
  }

  /** Disconnects a member like {@link #disconnect}, but always with a reset. */
  void reset(Member member, String reason) {
    disconnect(member, reason, true);
  }

  /**
   * Disconnects a member whose input has ended, in its own thread, after it was sent the end: over
   * TLS, a close without one looks like a cut connection. Waits for up to a second if the member
   * does not read.
   */
  void end(Member member, Deadlines deadlines) {
    if (member.markEnded(DisconnectReason.CLOSED_BY_PEER)) {
      try {
        // Its place is free at once: the same client may connect again.
        removeFromGroup(member);
        member.closeOutput(deadlines);
      } finally {
        remove(member, DisconnectReason.CLOSED_BY_PEER, false);
      }
    }
  }

  private void disconnect(Member member, String reason, boolean reset) {
    if (member.markEnded(reason)) {
      remove(member, reason, reset);
    }
  }

  private void remove(Member member, String reason, boolean reset) {
    all.remove(member.id());
    member.close(reset);
    removeFromGroup(member);
    events.disconnected(member.view(), reason);
  }

  /** Removes a member from its group if it is in one. */
  void removeFromGroup(Member member) {
    groups.leave(member).ifPresent(alone -> disconnect(alone, DisconnectReason.SERVER_STOPPED));
  }
}
