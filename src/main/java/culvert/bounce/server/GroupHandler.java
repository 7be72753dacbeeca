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
  private volatile boolean setEcho;

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
    this.setEcho = settings.echo();
  }

  /** Whether what a member sends also comes back to it; never in a pair. */
  boolean isEchoOn() {
    return setEcho;
  }

  /** Switches that. */
  void setEcho(boolean on) {
    setEcho = on;
    members.all().forEach(Member::wakeUp);
  }

  /** Lives until the member is over. */
  void run(Member member, Group group) throws IOException, InterruptedException {
    if (group.isSecond(member)) {
      group.members().forEach(Member::wakeUp);
    }
    int echoed = awaitCompany(member, group);
    if (!group.hasHadTwoMembers()) {
      leftAlone(member);
      return;
    }
    member.setState(State.READY);
    if (!group.isPaired()) {
      member.input().release();
      member.input().transferTo(new Fanout(member, echoed, members, events, this::isEchoOn));
      members.disconnect(member, DisconnectReason.CLOSED_BY_PEER);
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
      members.disconnect(member, DisconnectReason.broken(fault.get()));
    } else if (member.input().size() > 0) {
      members.reset(member, DisconnectReason.CLOSED_UNDELIVERED);
    } else {
      members.disconnect(member, DisconnectReason.CLOSED_BY_PEER);
    }
  }

  /** Waits until somebody else has joined or the member is over; returns how much came back. */
  private int awaitCompany(Member member, Group group) throws IOException {
    ReadAheadInput input = member.input();
    int echoed = 0;
    while (!group.hasHadTwoMembers()) {
      if ((input.isFinished() || member.isEnded()) && groups.leaveIfAlone(member)) {
        break;
      }
      int held = input.size();
      if (held > 0) {
        member.setState(State.WAITING);
      }
      if (setEcho && !group.isPaired()) {
        byte[] fresh = input.copyFrom(echoed);
        if (fresh.length > 0) {
          member.deliver(ByteBuffer.wrap(fresh), member);
        }
        echoed += fresh.length;
        held = echoed;
      }
      input.await(held, ReadAheadInput.NO_TIMEOUT);
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
      pair.signalPairEnd();
    }
  }

  private void ended(Relay.Outcome ending, Member first, Member second) {
    String broken = "broken: Connection reset";
    switch (ending) {
      case COMPLETED ->
          ended(DisconnectReason.CLOSED_BY_PEER, first, DisconnectReason.CLOSED_BY_PEER, second);
      case FIRST_FAILED -> ended(broken, first, DisconnectReason.PARTNER_ENDED, second);
      case SECOND_FAILED -> ended(DisconnectReason.PARTNER_ENDED, first, broken, second);
      case IDLE -> {
        String silent = DisconnectReason.idleHalfClosed(settings.halfClose());
        ended(silent, first, silent, second);
      }
      case STOPPED ->
          ended(DisconnectReason.PARTNER_ENDED, first, DisconnectReason.PARTNER_ENDED, second);
    }
  }

  private void ended(String one, Member first, String other, Member second) {
    members.disconnect(first, one);
    members.disconnect(second, other);
  }
}
