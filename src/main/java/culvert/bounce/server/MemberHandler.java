package culvert.bounce.server;

import static culvert.observe.LogEvent.event;

import culvert.bounce.server.MemberView.State;
import culvert.config.BounceAuthentication;
import culvert.config.BounceSettings;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import culvert.net.KeepAlive;
import culvert.net.LingeringClose;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.protocol.bounce.BounceRefusal;
import culvert.protocol.bounce.BounceServerHandshake;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * What happens to a connection that dialled in, in its own thread: the handshakes under the bounds
 * of strangers, then its group. Whose fault it was if it joins none is decided here.
 */
final class MemberHandler implements Listener.Handler {

  private final BounceSettings settings;
  private final byte[] authentication;
  private final Transport transport;
  private final HandshakeLimiter halfOpen;
  private final Groups groups;
  private final Members members;
  private final GroupHandler lives;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<SourcePrefix> lines;

  /** Those that have a thread. */
  private final OpenSet<Member> threads = new OpenSet<>();

  /** For any number of connections. */
  MemberHandler(
      BounceSettings settings,
      Transport transport,
      Groups groups,
      Members members,
      GroupHandler lives,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.authentication =
        settings.authentication().map(BounceAuthentication::bytes).orElseGet(() -> new byte[0]);
    this.transport = transport;
    this.groups = groups;
    this.members = members;
    this.lives = lives;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.lines = new LimitedLog<>(log, counters, 1, settings.logPeriod());
    this.halfOpen =
        new HandshakeLimiter(
            settings.entry().halfOpen(),
            settings.entry().halfOpenPerAddress(),
            settings.entry().authTimeout(),
            deadlines,
            counters.adder(Counter.SLOW_HANDSHAKES),
            counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    counters.count(Counter.ACCEPT_FAILURES);
    if (first) {
      log.warn(
          event("cannot accept members for a moment")
              .with("cause", cause.getMessage())
              .with("pause", Durations.of(pause)));
    }
  }

  @Override
  public void handle(SocketConnection socket) {
    Member member = members.add(socket);
    if (!threads.add(member)) {
      members.disconnect(member, DisconnectReason.SERVER_STOPPED);
      return;
    }
    var place = halfOpen.acquire(source(member), member::handshakeExpired);
    try {
      KeepAlive.NORMAL.applyTo(socket);
      Optional<Group> group = enter(member);
      if (group.isPresent()) {
        place.release();
        live(member, group.get());
      }
    } catch (IOException e) {
      failed(member, socket, e, place.lossReason());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      log.bug("a member met a bug", e);
      members.disconnect(member, DisconnectReason.INTERNAL_ERROR);
    } finally {
      place.release();
      members.disconnect(member, DisconnectReason.SERVER_STOPPED);
      // Also where it was ended by another before it had joined.
      members.removeFromGroup(member);
      threads.remove(member);
    }
  }

  private static SourcePrefix source(Member member) {
    return SourcePrefix.of(member.peer().getAddress());
  }

  /** The handshakes; returns the group it has joined, or nothing if it was refused. */
  private Optional<Group> enter(Member member) throws IOException, InterruptedException {
    member.setTransport(transport.wrap(member.connection()));
    var admission =
        new BounceServerHandshake(settings.wire(), settings.groups().groups(), authentication);
    negotiate(member, admission);
    if (admission.refusal().isPresent()) {
      refuse(member, admission.refusal().get(), admission.refusal().get().toString());
      return Optional.empty();
    }
    Transport.setAuthenticated(member.connection());
    Optional<Group> group =
        member.joinWithGreeting(admission.welcome(), () -> groups.join(member, admission.number()));
    if (group.isEmpty()) {
      refuse(
          member,
          BounceRefusal.FULL,
          "no place in group " + admission.number() + ", or on this server");
    }
    return group;
  }

  private void negotiate(Member member, BounceServerHandshake admission) throws IOException {
    ReadAheadInput input = member.input();
    member.connection().output().write(admission.banner());
    for (; ; ) {
      // Asked first: what came before the end is held by then.
      boolean ended = input.hasEnded();
      input.consume(admission::feed);
      if (ended) {
        admission.pauseElapsed();
      }
      if (ended || member.isTimedOut()) {
        admission.timedOut();
      }
      switch (admission.state()) {
        case AWAITING_AUTHENTICATION -> awaitMore(member, ended, ReadAheadInput.NO_TIMEOUT);
        case AWAITING_NUMBER -> {
          member.setState(State.AUTHENTICATED);
          awaitMore(member, ended, ReadAheadInput.NO_TIMEOUT);
        }
        case READING_NUMBER -> {
          member.setState(State.AUTHENTICATED);
          if (!awaitMore(member, ended, settings.entry().numberPause().toNanos())) {
            admission.pauseElapsed();
          }
        }
        case ACCEPTED -> {
          member.setState(State.AUTHENTICATED);
          return;
        }
        case REFUSED -> {
          return;
        }
      }
    }
  }

  /**
   * Waits for more of its handshake.
   *
   * @param ended whether the look before saw its end; one that has come since is for the next look
   */
  private static boolean awaitMore(Member member, boolean ended, long nanos) throws IOException {
    if (member.isTimedOut()) {
      throw new IOException("its time was up");
    }
    if (ended || member.input().fault().isPresent() || member.isEnded()) {
      throw new EOFException("closed during the handshake");
    }
    return member.input().await(0, nanos);
  }

  private void live(Member member, Group group) throws InterruptedException {
    counters.count(Counter.MEMBERS);
    member.setState(State.READY);
    try {
      lives.run(member, group);
    } catch (IOException e) {
      members.disconnect(member, DisconnectReason.broken(e));
    }
  }

  private void refuse(Member member, BounceRefusal refusal, String cause) {
    counters.count(
        switch (refusal) {
          case AUTHENTICATION -> Counter.REFUSED_PEERS;
          case NUMBER -> Counter.PROTOCOL_ERRORS;
          case FULL -> Counter.MEMBERS_OVER_LIMIT;
        });
    limited(member, "member refused", cause);
    LingeringClose.sendAndClose(member.connection(), refusal.bytes(), deadlines);
    members.disconnect(member, refusal.toString());
  }

  private void failed(
      Member member,
      SocketConnection socket,
      IOException cause,
      Optional<HandshakeLimiter.Reason> lost) {
    switch (cause) {
      case ForeignPeerException e -> {
        counters.count(Counter.FOREIGN_PEERS);
        limited(member, "not a member", DisconnectReason.cause(e));
        LingeringClose.sendAndClose(socket, e.answer(), deadlines);
      }
      case RefusedException e -> {
        counters.count(Counter.REFUSED_PEERS);
        limited(member, "member refused", DisconnectReason.cause(e));
        LingeringClose.sendAndClose(socket, new byte[0], deadlines);
      }
      case ProtocolException e -> {
        counters.count(Counter.PROTOCOL_ERRORS);
        limited(member, "handshake broke the protocol", DisconnectReason.cause(e));
        LingeringClose.sendAndClose(socket, new byte[0], deadlines);
      }
      default -> {
        if (lost.isPresent()) {
          limited(member, "no handshake in time", lost.get().toString());
          members.disconnect(member, DisconnectReason.notJoined(lost.get()));
          return;
        }
        log.debug(
            event("connection ended early")
                .with("peer", member.name())
                .with("cause", cause.getMessage()));
      }
    }
    members.disconnect(member, DisconnectReason.broken(cause));
  }

  private void limited(Member member, String event, String cause) {
    lines.warn(source(member), event(event).with("peer", member.name()).with("cause", cause));
  }

  /** Lets nobody in any more, and ends those that have nobody, now or as soon as they have none. */
  void drain() {
    groups.drain().forEach(alone -> members.disconnect(alone, DisconnectReason.SERVER_STOPPED));
    for (Member member : members.all()) {
      if (member.group() == null) {
        members.disconnect(member, DisconnectReason.SERVER_STOPPED);
      }
    }
  }

  /** Waits until the last one is gone; returns false if that takes longer than the limit. */
  boolean awaitGone(Duration limit) {
    return threads.awaitEmpty(limit);
  }

  /** Ends all of them, and whoever comes. */
  void endAll() {
    threads.closeAll(member -> members.disconnect(member, DisconnectReason.SERVER_STOPPED));
  }
}
