package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.Backoff;
import culvert.net.CancellablePause;
import culvert.net.Cancellation;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.OpenSet;
import culvert.observe.LimitedLog;
import culvert.observe.LogEvent;
import culvert.observe.OutageLog;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Keeps a session at each address of a name. It looks the name up in rounds: after each {@code
 * --retry-max}, and sooner when a session was lost. A new address gets a {@link SessionLoop}; one
 * that the name has lost keeps its session, and its loop makes no attempt after that.
 */
final class AddressRounds implements RemoteMembers.Member, LoopOwner {

  /** A lost session starts a round only if the last one is at least this old. */
  private static final Duration MIN_AGE = Duration.ofSeconds(1);

  /** Lines about the addresses in a period: the resolver decides how often they change. */
  private static final int MAX_LINES = 10;

  private final RoleParts role;
  private final RemoteAddress.AllOf name;
  private final Function<RemoteAddress.Direct, RemotePeer> peers;
  private final Dialer dialer;
  private final RemoteMembers members;
  private final Backoff backoff;
  private final OutageLog outages;
  private final LimitedLog<String> lines;
  private final CancellablePause pause = new CancellablePause();

  /** At most the lookup in progress; none is added once the set was ended. */
  private final OpenSet<Cancellation> lookups = new OpenSet<>();

  private final AddressTable addresses = new AddressTable();

  /**
   * The remote proxies at addresses of the last rounds: an address that comes back requests the
   * ports of its services again. Confined to the thread of {@link #run}, as is the next field.
   */
  private final SequencedMap<HostPort, RemotePeer> known = new LinkedHashMap<>();

  /** Addresses without a place at the last round. */
  private int leftOut;

  /** Whether the last lookup succeeded. */
  private volatile boolean isResolved;

  private volatile long lookedUpNanos = System.nanoTime();
  private volatile boolean isStopping;

  /**
   * Creates rounds that do nothing before {@link #run}.
   *
   * @param peers returns the remote proxy at an address
   * @param members receives the loops
   */
  AddressRounds(
      RoleParts role,
      RemoteAddress.AllOf name,
      Function<RemoteAddress.Direct, RemotePeer> peers,
      Dialer dialer,
      RemoteMembers members) {
    this.role = role;
    this.name = name;
    this.peers = peers;
    this.dialer = dialer;
    this.members = members;
    OriginSettings first = role.settings();
    this.backoff = new Backoff(first.retryMax(), ThreadLocalRandom.current());
    this.outages = new OutageLog(role.log(), role.counters());
    this.lines =
        new LimitedLog<>(role.log(), role.counters(), MAX_LINES, first.timeouts().logPeriod());
  }

  @Override
  public String name() {
    return name.toString();
  }

  @Override
  public boolean isName() {
    return true;
  }

  @Override
  public RemoteMembers.Member root(SessionLoop loop) {
    return this;
  }

  @Override
  public boolean canHaveTwins() {
    return true;
  }

  @Override
  public void run() {
    while (!isStopping) {
      pause(round());
    }
  }

  /** Looks the name up and uses the result; returns the pause before the next round. */
  private Duration round() {
    // Requests from now on are about the result of this round.
    pause.prepare();
    isResolved = false;
    try {
      List<HostPort> found = lookUp();
      isResolved = true;
      backoff.reset();
      outages.restored();
      return update(found);
    } catch (IOException e) {
      return isStopping ? Duration.ZERO : failed(e);
    } catch (RuntimeException | Error e) {
      role.log().bug(event("internal error in lookup").with(SessionLoop.REMOTE_PROXY, name), e);
      return nextPause();
    } finally {
      lookedUpNanos = System.nanoTime();
    }
  }

  private void pause(Duration length) {
    if (!isStopping && !pause.await(length)) {
      close();
    }
  }

  private List<HostPort> lookUp() throws IOException {
    var lookup = new Cancellation();
    if (!lookups.add(lookup)) {
      throw new IOException("stopping");
    }
    try {
      Duration limit = role.settings().connectTimeout();
      return dialer.addresses(name.dialled(), limit, lookup).stream()
          .map(HostPort::of)
          .distinct()
          .toList();
    } finally {
      lookups.remove(lookup);
    }
  }

  /** A name that has never had an address counts as a remote proxy that cannot be reached. */
  private Duration failed(IOException cause) {
    boolean isLast =
        role.settings().failFast()
            && addresses.isEmpty()
            && members.failed(this, OriginProxy.End.UNREACHABLE);
    if (isLast) {
      isStopping = true;
      role.log().error(line(cause));
      members.end();
      return Duration.ZERO;
    }
    Duration length = nextPause();
    outages.failed(cause.getMessage(), line(cause).with("again_in", Durations.ofPause(length)));
    return length;
  }

  private Duration nextPause() {
    return backoff.nextPause(System.nanoTime(), Duration.ZERO);
  }

  private LogEvent line(IOException cause) {
    return event("name not resolved")
        .with(SessionLoop.REMOTE_PROXY, name)
        .with("cause", cause.getMessage());
  }

  /** Returns the pause before the next round. */
  private Duration update(List<HostPort> found) {
    // In between, the loops that end are not the last ones.
    members.recovered(this);
    if (addresses.list(Set.copyOf(found))) {
      log(found);
    }
    // Those without a session end soon, which makes room for others in the next round.
    List<SessionLoop> unlisted = addresses.unlisted();
    unlisted.forEach(SessionLoop::tryNow);
    boolean isRoomNeeded = start(found);
    members.abstain(this);
    return isRoomNeeded && !unlisted.isEmpty() ? MIN_AGE : role.settings().retryMax();
  }

  private void log(List<HostPort> found) {
    String all =
        found.stream()
            .map(HostPort::toString)
            .sorted()
            .limit(OriginSettings.MAX_REMOTES)
            .collect(Collectors.joining(","));
    lines.info(
        "addresses",
        event("name resolved").with(SessionLoop.REMOTE_PROXY, name).with("addresses", all));
  }

  /** Returns whether more addresses are left out than in the last round. */
  private boolean start(List<HostPort> found) {
    int without = 0;
    for (HostPort address : found) {
      Optional<SessionLoop> added = addresses.add(address, this::loop);
      RemoteMembers.Start started =
          added.map(members::startAddress).orElse(RemoteMembers.Start.STARTED);
      if (started != RemoteMembers.Start.STARTED) {
        addresses.remove(address);
      }
      if (started == RemoteMembers.Start.NO_PLACE) {
        without++;
      }
    }
    boolean isMore = without > leftOut;
    if (isMore) {
      lines.warn(
          "places",
          event("addresses left out")
              .with(SessionLoop.REMOTE_PROXY, name)
              .with("count", without)
              .with("max_remote_proxies", OriginSettings.MAX_REMOTES));
    }
    leftOut = without;
    return isMore;
  }

  private SessionLoop loop(HostPort address) {
    RemotePeer peer =
        Optional.ofNullable(known.remove(address))
            .orElseGet(() -> peers.apply(new RemoteAddress.Direct(address)));
    known.putLast(address, peer);
    if (known.size() > OriginSettings.MAX_REMOTES) {
      known.pollFirstEntry();
    }
    return new SessionLoop(role, peer, members, this);
  }

  @Override
  public boolean retain(SessionLoop loop) {
    HostPort address = loop.peer().address().dialled();
    if (!addresses.retain(address)) {
      lines.info(
          "unlisted",
          event("address no longer listed")
              .with(SessionLoop.REMOTE_PROXY, address)
              .with("of", name));
      return false;
    }
    if (members.isOverfull()) {
      // The next round reports it.
      addresses.remove(address);
      return false;
    }
    return true;
  }

  /** Starts a round, unless the last one is recent or has to be repeated anyway. */
  @Override
  public void attemptFailed() {
    if (isResolved && System.nanoTime() - lookedUpNanos >= MIN_AGE.toNanos()) {
      pause.end();
    }
  }

  /** Starts the next round; the loops are members of their own. */
  @Override
  public void tryNow() {
    pause.end();
  }

  /** Does nothing: the loops are members of their own. */
  @Override
  public void servicesChanged() {}

  /** Does nothing, as {@link #servicesChanged}. */
  @Override
  public void healthChanged(String service) {}

  /** Starts no further round. */
  @Override
  public void drain(Duration limit) {
    close();
  }

  @Override
  public void close() {
    isStopping = true;
    lookups.closeAll(Cancellation::cancel);
    pause.end();
  }
}
