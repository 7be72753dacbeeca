package culvert.bounce.server;

import culvert.bounce.server.MemberView.State;
import culvert.config.BounceGroups;
import culvert.net.Deadlines;
import culvert.net.Relay;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A member's life in its group, in its own thread.
 *
 * <p>Whoever is first in a group waits for a second one; what it sends meanwhile is held, up to
 * {@link ReadAheadInput#MAX_BYTES}, and comes first when the second one is there. Nothing beyond
 * that is read, so that the network holds it back. If it ends before, what was held is gone with
 * it, and its connection is reset.
 *
 * <p>From then on what a member sends goes to those who are there when it is sent on. Who is alone
 * again after others have left is read, and its bytes are dropped, until somebody joins. The end of
 * a member's bytes is the member's end: this wire has no half-close.
 *
 * <p>A pair is joined by a {@link Relay}, which does have one, and ends both.
 */
final class GroupHandler {

  private final BounceGroups settings;
  private final Groups groups;
  private final Members members;
  private final MemberEvents events;
  private final Deadlines deadlines;
  private volatile boolean echo;

  /** For any number of members. */
  GroupHandler(
      BounceGroups settings,
      Groups groups,
      Members members,
      MemberEvents events,
      Deadlines deadlines) {
    this.settings = settings;
    this.groups = groups;
    this.members = members;
    this.events = events;
    this.deadlines = deadlines;
    this.echo = settings.echo();
  }

  /** Whether what a member sends also comes back to it; never in a pair. */
  boolean echoes() {
    return echo;
  }

  /** Switches that. */
  void echo(boolean on) {
    echo = on;
    members.all().forEach(Member::look);
  }

  /** Lives until the member is over. */
  void live(Member member, Group group) throws IOException, InterruptedException {
    if (group.isSecond(member)) {
      group.members().forEach(Member::look);
    }
    int echoed = awaitCompany(member, group);
    if (!group.hasMet()) {
      leftAlone(member);
      return;
    }
    member.is(State.READY);
    if (!group.isPaired()) {
      member.input().release();
      member.input().transferTo(new Fanout(member, echoed, members, events, this::echoes));
      members.end(member, DisconnectReason.BY_PEER);
    } else if (group.isSecond(member)) {
      relay(group);
    } else {
      group.awaitPairEnd();
    }
  }

  /** Who has ended its output and still listens must not take what it said for delivered. */
  private void leftAlone(Member member) {
    var fault = member.input().fault();
    if (fault.isPresent()) {
      members.end(member, DisconnectReason.broken(fault.get()));
    } else if (member.input().size() > 0) {
      members.reset(member, DisconnectReason.UNHEARD);
    } else {
      members.end(member, DisconnectReason.BY_PEER);
    }
  }

  /** Waits until somebody else has joined or the member is over; returns how much came back. */
  private int awaitCompany(Member member, Group group) throws IOException {
    ReadAheadInput input = member.input();
    int echoed = 0;
    while (!group.hasMet()) {
      if ((input.isOver() || member.isOver()) && groups.leaveAlone(member)) {
        break;
      }
      int held = input.size();
      if (held > 0) {
        member.is(State.WAITING);
      }
      if (echo && !group.isPaired()) {
        byte[] fresh = input.beyond(echoed);
        if (fresh.length > 0) {
          member.take(ByteBuffer.wrap(fresh), member);
        }
        echoed += fresh.length;
        held = echoed;
      }
      input.await(held, ReadAheadInput.FOREVER);
    }
    return echoed;
  }

  /** In the second one's thread. */
  private void relay(Group pair) {
    Member first = pair.members().getFirst();
    Member second = pair.members().getLast();
    first.input().release();
    second.input().release();
    Relay.Outcome ending = Relay.Outcome.STOPPED;
    try {
      ending =
          new Relay(
                  "pair " + pair.number(),
                  new PairedConnection(first, second, events),
                  new PairedConnection(second, first, events),
                  deadlines,
                  settings.halfClose())
              .run();
    } finally {
      groups.dissolve(pair);
      ended(ending, first, second);
      pair.pairEnds();
    }
  }

  private void ended(Relay.Outcome ending, Member first, Member second) {
    String broken = "broken: Connection reset";
    switch (ending) {
      case COMPLETED -> ended(DisconnectReason.BY_PEER, first, DisconnectReason.BY_PEER, second);
      case FIRST_FAILED -> ended(broken, first, DisconnectReason.WITH_PEER, second);
      case SECOND_FAILED -> ended(DisconnectReason.WITH_PEER, first, broken, second);
      case IDLE -> {
        String silent = DisconnectReason.silent(settings.halfClose());
        ended(silent, first, silent, second);
      }
      case STOPPED -> ended(DisconnectReason.WITH_PEER, first, DisconnectReason.WITH_PEER, second);
    }
  }

  private void ended(String one, Member first, String other, Member second) {
    members.end(first, one);
    members.end(second, other);
  }
}
