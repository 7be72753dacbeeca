package culvert.bounce.server;

import culvert.accept.AcceptFailures;
import culvert.accept.HandshakeFailures;
import culvert.bounce.server.MemberView.State;
import culvert.config.BounceAuthentication;
import culvert.config.BounceSettings;
import culvert.config.TlsServerSettings;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Descriptors;
import culvert.net.HandshakeLimiter;
import culvert.net.KeepAlive;
import culvert.net.LingeringClose;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.bounce.BounceRefusal;
import culvert.protocol.bounce.BounceServerHandshake;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Serves an accepted connection in its own thread: the handshakes, under the limits for
 * unauthenticated connections, then the group. Decides how a failed handshake is counted, logged
 * and answered.
 */
final class MemberHandler implements Listener.Handler<SocketConnection> {

  /** The settings that a reload replaces as a whole. */
  private record Access(byte[] authentication, Transport transport) {}

  /** Heap of a connection before it joins, with its two threads and the bytes read ahead. */
  private static final int PLAIN_BYTES = 32 * 1024;

  private static final int TLS_BYTES = 128 * 1024;

  private final BounceSettings settings;
  private final HandshakeLimiter handshakes;
  private final Groups groups;
  private final Members members;
  private final GroupHandler groupHandler;
  private final BufferPool pool;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final AcceptFailures acceptFailures;
  private final HandshakeFailures failures;

  /** Each connection uses one value from start to end. */
  private volatile Access access;

  /** Members whose thread is running. */
  private final OpenSet<Member> threads = new OpenSet<>();

  /** Creates a handler for any number of connections. */
  MemberHandler(
      BounceSettings settings,
      Transport transport,
      Groups groups,
      Members members,
      GroupHandler groupHandler,
      BufferPool pool,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    use(settings.authentication(), transport);
    this.groups = groups;
    this.members = members;
    this.groupHandler = groupHandler;
    this.pool = pool;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.failures = new HandshakeFailures("member", settings.logPeriod(), deadlines, counters, log);
    this.handshakes =
        new HandshakeLimiter(
            HandshakeLimiter.maxInHeap(
                settings.loginLimits().unauthenticated(),
                settings.transport().isTls() ? TLS_BYTES : PLAIN_BYTES),
            settings.loginLimits().unauthenticatedPerAddress(),
            settings.loginLimits().authTimeout(),
            deadlines,
            counters.adder(Counter.SLOW_HANDSHAKES),
            counters.adder(Counter.HALF_OPEN_DROPPED));
    this.acceptFailures = new AcceptFailures("member accept failed", handshakes, counters, log);
  }

  /** Serves connections accepted from now on with these. */
  void use(Optional<BounceAuthentication> authentication, Transport transport) {
    byte[] bytes = authentication.map(BounceAuthentication::bytes).orElseGet(() -> new byte[0]);
    access = new Access(bytes, transport);
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    acceptFailures.handle(cause, pause, first);
  }

  /** Members that join a group need an unreserved descriptor; connections before that do not. */
  @Override
  public boolean canUseReserve() {
    return true;
  }

  @Override
  public void handle(SocketConnection socket) {
    Member member = members.add(socket);
    if (!threads.add(member)) {
      members.disconnect(member, DisconnectReason.SERVER_STOPPED);
      return;
    }
    var slot =
        handshakes.acquire(source(member), reason -> member.handshakeExpired(reason, deadlines));
    try {
      KeepAlive.NORMAL.applyTo(socket);
      Optional<Group> group = performHandshakes(member, slot);
      if (group.isPresent()) {
        slot.release();
        serveInGroup(member, group.get());
      }
    } catch (IOException e) {
      failed(member, socket, e, slot.lossReason());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      log.bug("internal error while serving a member", e);
      members.disconnect(member, DisconnectReason.INTERNAL_ERROR);
    } finally {
      slot.release();
      members.disconnect(member, DisconnectReason.SERVER_STOPPED);
      // Another thread may have disconnected the member before it joined.
      members.removeFromGroup(member);
      member.closeInput();
      threads.remove(member);
    }
  }

  private static SourcePrefix source(Member member) {
    return SourcePrefix.of(member.peer().getAddress());
  }

  /** Performs the handshakes; returns the group the member joined, or empty if it was refused. */
  private Optional<Group> performHandshakes(Member member, HandshakeLimiter.Slot slot)
      throws IOException, InterruptedException {
    Access now = access;
    member.setTransport(now.transport().wrap(member.connection()), pool);
    if (settings.tls().flatMap(TlsServerSettings::clientAuthorities).isPresent()) {
      slot.setVerified();
    }
    var handshake =
        new BounceServerHandshake(
            settings.greeting(), settings.groups().groups(), now.authentication());
    boolean isSecret = now.authentication().length > 0;
    negotiate(member, handshake, isSecret ? slot::setVerified : () -> {});
    if (handshake.refusal().isPresent()) {
      refuse(member, handshake.refusal().get(), handshake.refusal().get().toString());
      return Optional.empty();
    }
    Transport.setAuthenticated(member.connection());
    member.input().setAuthenticated();
    Optional<Group> group =
        Descriptors.PROCESS.isReserveReached()
            ? Optional.empty()
            : member.joinWithGreeting(
                handshake.welcome(), () -> groups.join(member, handshake.number()));
    if (group.isEmpty()) {
      String full = "group " + handshake.number() + ", this server or the share of the address";
      refuse(member, BounceRefusal.FULL, full + " is full");
    }
    return group;
  }

  private void negotiate(Member member, BounceServerHandshake handshake, Runnable onVerified)
      throws IOException {
    ReadAheadInput input = member.input();
    member.connection().output().write(handshake.banner());
    for (; ; ) {
      // Read before the bytes: if the input has ended, all of its bytes are held.
      boolean ended = input.hasEnded();
      input.consume(handshake::feed);
      if (ended) {
        handshake.pauseElapsed();
      }
      if (ended || member.isTimedOut()) {
        handshake.timedOut();
      }
      switch (handshake.state()) {
        case AWAITING_AUTHENTICATION -> awaitMore(member, ended, ReadAheadInput.NO_TIMEOUT);
        case AWAITING_NUMBER -> {
          authenticated(member, onVerified);
          awaitMore(member, ended, ReadAheadInput.NO_TIMEOUT);
        }
        case READING_NUMBER -> {
          authenticated(member, onVerified);
          if (!awaitMore(member, ended, settings.loginLimits().numberPause().toNanos())) {
            handshake.pauseElapsed();
          }
        }
        case ACCEPTED -> {
          authenticated(member, onVerified);
          return;
        }
        case REFUSED -> {
          return;
        }
      }
    }
  }

  private static void authenticated(Member member, Runnable onVerified) {
    onVerified.run();
    member.setState(State.AUTHENTICATED);
  }

  /**
   * Waits for more bytes of the handshake.
   *
   * @param ended whether the input had ended before the held bytes were consumed; a later end is
   *     left to the next iteration, because bytes may have arrived before it
   * @return false after the timeout
   */
  private static boolean awaitMore(Member member, boolean ended, long nanos) throws IOException {
    if (member.isTimedOut()) {
      throw new IOException("handshake timeout");
    }
    if (ended || member.input().fault().isPresent() || member.isEnded()) {
      throw new EOFException("closed during the handshake");
    }
    return member.input().await(0, nanos);
  }

  private void serveInGroup(Member member, Group group) throws InterruptedException {
    counters.count(Counter.MEMBERS);
    member.setState(State.READY);
    try {
      groupHandler.run(member, group);
    } catch (IOException e) {
      members.disconnect(member, DisconnectReason.failed(e));
    }
  }

  private void refuse(Member member, BounceRefusal refusal, String cause) {
    counters.count(
        switch (refusal) {
          case AUTHENTICATION -> Counter.REFUSED_PEERS;
          case NUMBER -> Counter.PROTOCOL_ERRORS;
          case FULL -> Counter.MEMBERS_OVER_LIMIT;
        });
    failures.logRejected(member.connection(), cause);
    // Further bytes are read and discarded below.
    member.input().release();
    LingeringClose.sendAndClose(member.connection(), refusal.bytes(), deadlines);
    members.disconnect(member, refusal.toString());
  }

  private void failed(
      Member member,
      SocketConnection socket,
      IOException cause,
      Optional<HandshakeLimiter.Reason> lost) {
    failures.handle(socket, cause, lost);
    members.disconnect(
        member,
        lost.map(DisconnectReason::notJoined).orElseGet(() -> DisconnectReason.failed(cause)));
  }

  /**
   * Refuses further members. Disconnects members that are alone, at once or when the others have
   * left, and connections that have not joined a group.
   */
  void drain() {
    groups.drain().forEach(alone -> members.disconnect(alone, DisconnectReason.SERVER_STOPPED));
    for (Member member : members.all()) {
      if (member.group() == null) {
        members.disconnect(member, DisconnectReason.SERVER_STOPPED);
      }
    }
  }

  /** Waits until all members have ended; returns false if that takes longer than the limit. */
  boolean awaitEnd(Duration limit) {
    return threads.awaitEmpty(limit);
  }

  /** Disconnects all members, including later ones. */
  void disconnectAll() {
    threads.closeAll(member -> members.disconnect(member, DisconnectReason.SERVER_STOPPED));
  }
}
