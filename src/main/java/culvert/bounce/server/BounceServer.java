package culvert.bounce.server;

import culvert.config.BounceSettings;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.PeerNames;
import culvert.transport.Transport;
import culvert.transport.stack.TransportStack;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The bounce-server role: joins connections that request the same group, with the protocol of the
 * program BounceServer.
 */
public final class BounceServer implements BounceAdmin, AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

  /** Lines about the slow members of one source in a period. */
  private static final int MAX_SLOW_LINES = 10;

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Counters counters;
  private final Log log;
  private final Groups groups;
  private final Members members;
  private final GroupHandler groupHandler;
  private final MemberHandler handler;
  private final Listener listener;

  private BounceServer(BounceSettings settings, MemberEvents events, Counters counters, Log log)
      throws IOException {
    this.counters = counters;
    this.log = log;
    Transport transport = transport(settings);
    groups = new Groups(settings.groups());
    members = new Members(groups, events);
    groupHandler = new GroupHandler(settings.groups(), groups, members, events, deadlines);
    handler =
        new MemberHandler(
            settings, transport, groups, members, groupHandler, pool, deadlines, counters, log);
    listener = Listener.bind(settings.listen(), "member", pool, handler);
    SlowMembers.watch(
        members,
        settings.groups().dropSlowAfter(),
        deadlines,
        counters,
        new LimitedLog<>(log, counters, MAX_SLOW_LINES, settings.logPeriod()));
  }

  private Transport transport(BounceSettings settings) {
    return TransportStack.accepting(
        settings.transport(), settings.tls(), settings.webSocket(), PeerNames.MEMBER, pool, log);
  }

  /**
   * Binds the address and starts serving.
   *
   * @param events receives the events of every member
   * @param counters counters of this server, which the caller may share with others
   * @param log receives refusals and faults; member events are reported to {@code events}
   * @throws IOException if the address cannot be bound; the message names it
   * @throws IllegalArgumentException if the transport cannot be set up; the message is one line
   *     that names the option and the file
   */
  public static BounceServer start(
      BounceSettings settings, MemberEvents events, Counters counters, Log log) throws IOException {
    var server = new BounceServer(settings, events, counters, log);
    server.listener.start();
    return server;
  }

  /**
   * Applies the authentication and the transport of other settings. New connections use them;
   * members stay.
   *
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public void reload(BounceSettings changed) {
    handler.use(changed.authentication(), transport(changed));
  }

  /** Returns the address that was bound. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  /** Returns the counters. */
  public Counters counters() {
    return counters;
  }

  @Override
  public List<MemberView> members() {
    return members.views();
  }

  @Override
  public boolean isEchoOn() {
    return groupHandler.isEchoOn();
  }

  @Override
  public void setEcho(boolean on) {
    groupHandler.setEcho(on);
  }

  @Override
  public boolean kill(long id) {
    return kill(members.find(id));
  }

  @Override
  public boolean kill(InetSocketAddress peer) {
    return kill(members.find(peer));
  }

  private boolean kill(Optional<Member> member) {
    member.ifPresent(found -> members.disconnect(found, DisconnectReason.KILLED));
    return member.isPresent();
  }

  /** Returns the number of groups that have a member. */
  int groups() {
    return groups.size();
  }

  /** Returns the bytes of all buffers in use. */
  long heldBytes() {
    return pool.budget().held();
  }

  /** Returns the number of large buffers in use. */
  int borrowedBuffers() {
    return pool.borrowed();
  }

  /**
   * Stops accepting and waits until members that share a group have finished. A member that is
   * alone, or that the others leave alone, is disconnected.
   *
   * @param limit maximum time to wait
   * @return whether all members have ended in time
   */
  public boolean drain(Duration limit) {
    listener.close();
    handler.drain();
    return handler.awaitEnd(limit);
  }

  /** Stops accepting and disconnects every member. */
  @Override
  public void close() {
    listener.close();
    handler.disconnectAll();
    handler.awaitEnd(CLOSE_TIMEOUT);
    deadlines.close();
  }
}
