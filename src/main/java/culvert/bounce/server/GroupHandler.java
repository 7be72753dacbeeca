package culvert.bounce.server;

import culvert.bounce.server.MemberView.State;
import culvert.config.BounceGroups;
import culvert.net.Deadlines;
import culvert.net.IdleWatch;
import culvert.net.Relay;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/**
 * Serves a member while it is in its group, in the member's own thread.
 *
 * <p>The first member of a group waits for a second one. Up to {@link ReadAheadInput#MAX_BYTES} of
 * the bytes it sends meanwhile are held and delivered first when the second member joins. Further
 * bytes are not read, so TCP flow control stops the sender. If the first member ends before that,
 * the held bytes are lost and its connection is reset.
 *
 * <p>After that, the bytes of a member are delivered to the members that are in the group at that
 * moment. A member that is alone because the others have left is still read, and its bytes are
 * dropped until another one joins. The end of a member's input disconnects the member: the protocol
 * has no half-close.
 *
 * <p>The two members of a pair are joined by a {@link Relay}, which supports half-close and ends
 * both.
 */
final class GroupHandler {

  private final BounceGroups settings;
  private final Groups groups;
  private final Members members;
  private final MemberEvents events;
  private final Deadlines deadlines;
  private volatile boolean isEchoOn;

  /** Creates a handler for any number of members. */
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
    this.isEchoOn = settings.echo();
  }

  /** Returns whether the bytes of a member are also sent back to it. Has no effect in a pair. */
  boolean isEchoOn() {
    return isEchoOn;
  }

  /** Turns the echo on or off. */
  void setEcho(boolean on) {
    isEchoOn = on;
    members.all().forEach(Member::wakeUp);
  }

  /** Serves the member until it ends. */
  void run(Member member, Group group) throws IOException, InterruptedException {
    if (group.isSecond(member)) {
      group.members().forEach(Member::wakeUp);
    }
    int echoed = awaitSecondMember(member, group);
    if (!group.hasHadTwoMembers()) {
      endedAlone(member);
      return;
    }
    member.setState(State.READY);
    if (!group.isPaired()) {
      member.input().release();
      deliver(member, echoed);
    } else if (group.isSecond(member)) {
      relay(group);
    } else {
      group.awaitPairEnd();
    }
  }

  /** Delivers a member's bytes to the others until it ends or has been idle for too long. */
  private void deliver(Member member, int echoed) throws IOException {
    Optional<IdleWatch> watch = settings.idle().map(limit -> watch(member, limit));
    watch.ifPresent(IdleWatch::restart);
    try (var fanout = new Fanout(member, echoed, members, events, this::isEchoOn)) {
      member.input().transferTo(fanout);
      members.end(member, deadlines);
    } finally {
      watch.ifPresent(IdleWatch::stop);
    }
  }

  private IdleWatch watch(Member member, Duration limit) {
    return new IdleWatch(
        deadlines,
        limit,
        () -> member.connection().received() + member.connection().sent(),
        () -> members.disconnect(member, idleReason()));
  }

  private String idleReason() {
    return DisconnectReason.idle(settings.idle().orElseThrow());
  }

  /**
   * Disconnects a member that ended before a second one joined. If bytes were held, it is reset: a
   * member that has only closed its output must not take them for delivered.
   */
  private void endedAlone(Member member) {
    var fault = member.input().fault();
    if (fault.isPresent()) {
      members.disconnect(member, DisconnectReason.failed(fault.get()));
    } else if (member.input().size() > 0) {
      members.reset(member, DisconnectReason.CLOSED_UNDELIVERED);
    } else {
      members.end(member, deadlines);
    }
  }

  /**
   * Waits until a second member has joined or this one has ended.
   *
   * @return the number of held bytes that were echoed to the member
   */
  private int awaitSecondMember(Member member, Group group) throws IOException {
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
      if (isEchoOn && !group.isPaired()) {
        byte[] unechoed = input.copyFrom(echoed);
        if (unechoed.length > 0) {
          member.deliver(ByteBuffer.wrap(unechoed), member);
        }
        echoed += unechoed.length;
        held = echoed;
      }
      input.await(held, ReadAheadInput.NO_TIMEOUT);
    }
    return echoed;
  }

  /** Runs the relay of a pair, in the thread of the second member. */
  private void relay(Group pair) {
    Member first = pair.members().getFirst();
    Member second = pair.members().getLast();
    first.input().release();
    second.input().release();
    Relay.Outcome outcome = Relay.Outcome.STOPPED;
    try {
      outcome =
          new Relay(
                  "pair " + pair.number(),
                  new PairedConnection(first, second, events),
                  new PairedConnection(second, first, events),
                  deadlines,
                  settings.idleLimits())
              .run();
    } finally {
      groups.dissolve(pair);
      ended(outcome, first, second);
      pair.signalPairEnd();
    }
  }

  private void ended(Relay.Outcome outcome, Member first, Member second) {
    switch (outcome) {
      case COMPLETED ->
          ended(DisconnectReason.CLOSED_BY_PEER, first, DisconnectReason.CLOSED_BY_PEER, second);
      case FIRST_FAILED ->
          ended(DisconnectReason.RESET, first, DisconnectReason.PARTNER_ENDED, second);
      case SECOND_FAILED ->
          ended(DisconnectReason.PARTNER_ENDED, first, DisconnectReason.RESET, second);
      case HALF_CLOSED_IDLE -> {
        String reason = DisconnectReason.idleHalfClosed(settings.halfClose());
        ended(reason, first, reason, second);
      }
      case IDLE -> ended(idleReason(), first, idleReason(), second);
      case STOPPED ->
          ended(DisconnectReason.PARTNER_ENDED, first, DisconnectReason.PARTNER_ENDED, second);
    }
  }

  private void ended(String firstReason, Member first, String secondReason, Member second) {
    members.disconnect(first, firstReason);
    members.disconnect(second, secondReason);
  }
}
