package culvert.bounce.server;

import culvert.config.BounceSettings;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.observe.Counters;
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
 * The bounce role: joins whoever dials in and names the same group, by the wire of the program
 * BounceServer.
 */
public final class BounceServer implements BounceAdmin, AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Counters counters;
  private final Groups groups;
  private final Members members;
  private final GroupHandler lives;
  private final MemberHandler handler;
  private final Listener listener;

  private BounceServer(BounceSettings settings, MemberEvents events, Counters counters, Log log)
      throws IOException {
    this.counters = counters;
    Transport transport =
        TransportStack.accepting(
            settings.transport(),
            settings.tls(),
            settings.webSocket(),
            PeerNames.MEMBER,
            pool,
            log::warn);
    groups = new Groups(settings.groups());
    members = new Members(groups, events);
    lives = new GroupHandler(settings.groups(), groups, members, events, deadlines);
    handler =
        new MemberHandler(settings, transport, groups, members, lives, deadlines, counters, log);
    listener = Listener.bind(settings.listen(), "member", pool, handler);
    SlowMembers.watch(members, settings.groups().dropSlowAfter(), deadlines, counters, log);
  }

  /**
   * Binds the address and begins to serve.
   *
   * @param events hears of every member
   * @param counters counts for this server, and for what else has them
   * @param log takes refusals and faults; what happens to members is for {@code events}
   * @throws IOException naming the address, if it cannot be bound
   * @throws IllegalArgumentException whose one line names the option and the file, if the transport
   *     cannot be set up
   */
  public static BounceServer start(
      BounceSettings settings, MemberEvents events, Counters counters, Log log) throws IOException {
    var server = new BounceServer(settings, events, counters, log);
    server.listener.start();
    return server;
  }

  /** The address that was bound. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  /** What was counted so far. */
  public Counters counters() {
    return counters;
  }

  @Override
  public List<MemberView> members() {
    return members.views();
  }

  @Override
  public boolean isEchoOn() {
    return lives.isEchoOn();
  }

  @Override
  public void setEcho(boolean on) {
    lives.setEcho(on);
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

  /** How many groups have a member now. */
  int groups() {
    return groups.size();
  }

  /** How many large buffers are in use now. */
  int borrowedBuffers() {
    return pool.borrowed();
  }

  /**
   * Stops accepting and lets the members that have others finish; who is alone, or gets so, is
   * ended.
   *
   * @param limit how long it waits for them at the most
   * @return whether all of them did
   */
  public boolean drain(Duration limit) {
    listener.close();
    handler.drain();
    return handler.awaitGone(limit);
  }

  /** Stops accepting and ends every member. */
  @Override
  public void close() {
    listener.close();
    handler.endAll();
    handler.awaitGone(CLOSE_LIMIT);
    deadlines.close();
  }
}
